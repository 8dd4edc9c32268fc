import type { Head } from "../codec/head.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import { MessageType } from "../wire/message_type.ts";
import { allowed } from "./authorization.ts";
import type { Action, Authorizer, Decision, SessionInfo } from "./authorization.ts";

/** Who is told what a gate lets through. */
export interface GateKeeper {
  /** Whether a request is sound; if not, it has been answered. */
  admits(head: Head): boolean;
  /** The authorizer has decided; acts on the request or refuses it. */
  decided(head: Head, decision: Decision): void;
  /** The authorizer failed; the request is refused. */
  failed(error: unknown): void;
  /** Acting on a request failed. */
  broken(error: unknown): void;
  /** The queue has become longer or shorter. */
  queued(length: number): void;
}

const failure: Decision = {
  allow: false,
  error: ErrorUri.authorizationFailed,
  message: "the authorizer failed, so the request is refused",
};

const actions: { readonly [type: number]: Action } = {
  [MessageType.CALL]: "call",
  [MessageType.PUBLISH]: "publish",
  [MessageType.REGISTER]: "register",
  [MessageType.SUBSCRIBE]: "subscribe",
};

/**
 * Keeps one session's requests in order: behind one whose authorization is pending the others wait.
 *
 * CALL, PUBLISH, (UN)REGISTER and (UN)SUBSCRIBE go through it; a decision that is at hand costs neither a promise nor a queue.
 */
export class RequestGate {
  readonly #keeper: GateKeeper;
  readonly #session: SessionInfo;
  readonly #authorizer: Authorizer | undefined;
  #waiting = false;
  #pending: Head | undefined;
  #queue: Head[] = [];
  #closed = false;

  /**
   * @param keeper Who acts on requests.
   * @param session Whose requests they are.
   * @param authorizer Who decides (default: everything is allowed).
   */
  constructor(keeper: GateKeeper, session: SessionInfo, authorizer: Authorizer | undefined) {
    this.#keeper = keeper;
    this.#session = session;
    this.#authorizer = authorizer;
  }

  /**
   * Takes a request.
   *
   * @param head The request.
   */
  submit(head: Head): void {
    if (this.#waiting) this.#keeper.queued(this.#queue.push(head));
    else this.#pass(head);
  }

  /**
   * Withdraws a CALL that has not passed yet.
   *
   * @param request Its request id.
   * @returns Whether there was one; it will never pass.
   */
  withdraw(request: number): boolean {
    if (this.#pending !== undefined && isCall(this.#pending, request)) {
      this.#pending = undefined;
      return true;
    }
    const at = this.#queue.findIndex((head) => isCall(head, request));
    if (at < 0) return false;
    this.#queue.splice(at, 1);
    this.#keeper.queued(this.#queue.length);
    return true;
  }

  /** Forgets what waits; nothing passes any more. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  #pass(head: Head): void {
    if (!this.#keeper.admits(head)) return;
    const action = this.#authorizer === undefined ? undefined : actions[head.type];
    if (action === undefined) return this.#keeper.decided(head, allowed);
    let decision: Decision | Promise<Decision>;
    try {
      decision = this.#authorizer!.authorize(this.#session, action, head.uri, head.options);
    } catch (error) {
      this.#keeper.failed(error);
      decision = failure;
    }
    if (!("then" in decision)) return this.#keeper.decided(head, decision);
    this.#waiting = true;
    this.#pending = head;
    decision
      .catch((error) => {
        this.#keeper.failed(error);
        return failure;
      })
      .then((made) => this.#resume(made))
      .catch((error) => this.#keeper.broken(error));
  }

  #resume(decision: Decision): void {
    const head = this.#pending;
    this.#waiting = false;
    this.#pending = undefined;
    if (this.#closed) return;
    if (head !== undefined) this.#keeper.decided(head, decision);
    let passed = 0;
    while (!this.#waiting && passed < this.#queue.length) this.#pass(this.#queue[passed++]!);
    if (this.#closed || passed === 0) return;
    this.#queue.splice(0, passed);
    this.#keeper.queued(this.#queue.length);
  }
}

function isCall(head: Head, request: number): boolean {
  return head.type === MessageType.CALL && head.firstId === request;
}
