import type { Head } from "../codec/head.ts";
import { MessageType } from "../wire/message_type.ts";
import { actionOf, allowed, isPromise } from "./authorization.ts";
import type { Decision } from "./authorization.ts";
import { decideInTime } from "./decide_in_time.ts";
import type { Judged, Rules } from "./decide_in_time.ts";

/** Whose requests come to a gate, and who is told what it lets through. */
export interface GateKeeper extends Judged {
  /** Whether a request is sound and to be decided on; if not, it has been dealt with. */
  admits(head: Head): boolean;
  /** The authorizer has decided; acts on the request or refuses it. */
  decided(head: Head, decision: Decision): void;
  /** Acting on a request failed. */
  broken(error: unknown): void;
  /** The queue has become longer or shorter. */
  queued(length: number, bytes: number): void;
}

/** What options that wait may take in memory for each of their bytes, since they have been decoded. */
const DECODED = 32;

/** A request that the authorizer has been asked about; without its head when it was withdrawn. */
interface Asked {
  head: Head | undefined;
}

/** The requests that wait, and those of them that are a CALL, by their id. */
interface Waiting {
  readonly queue: Set<Head>;
  readonly calls: Map<number, Head[]>;
}

/**
 * Keeps one session's requests in order: behind one whose authorization is pending the others wait.
 *
 * CALL, PUBLISH, (UN)REGISTER and (UN)SUBSCRIBE go through it; a decision that is at hand costs neither a promise nor a queue.
 */
export class RequestGate {
  readonly #keeper: GateKeeper;
  readonly #rules: Rules;
  #asked: Asked | undefined;
  /** There from the first request on that has to wait: most sessions never have one. */
  #waiting: Waiting | undefined;
  #bytes = 0;
  #closed = false;

  /**
   * @param keeper Whose requests they are, and who acts on them.
   * @param rules Who decides.
   */
  constructor(keeper: GateKeeper, rules: Rules) {
    this.#keeper = keeper;
    this.#rules = rules;
  }

  /**
   * Takes a request.
   *
   * @param head The request.
   */
  submit(head: Head): void {
    if (this.#asked === undefined) return this.#pass(head);
    const waiting = this.#waiting ??= { queue: new Set(), calls: new Map() };
    waiting.queue.add(head);
    this.#bytes += weightOf(head);
    if (head.type === MessageType.CALL) note(waiting, head);
    this.#tell();
  }

  /**
   * Withdraws what has not passed yet of a call: one CALL, or as many as carry it on.
   *
   * @param request Its request id.
   * @returns The last CALL of it, if there was any; none of them will ever pass.
   */
  withdraw(request: number): Head | undefined {
    let last = this.#withdrawAsked(request);
    while (last === undefined || last.options.progress === true) {
      const next = this.#waiting?.calls.get(request)?.[0];
      if (next === undefined) break;
      this.#remove(next);
      last = next;
    }
    this.#tell();
    return last;
  }

  #withdrawAsked(request: number): Head | undefined {
    const head = this.#asked?.head;
    if (head?.type !== MessageType.CALL || head.firstId !== request) return undefined;
    this.#asked!.head = undefined;
    return head;
  }

  /** Forgets what waits; nothing passes any more. */
  close(): void {
    this.#closed = true;
    this.#waiting?.queue.clear();
    this.#waiting?.calls.clear();
  }

  #pass(head: Head): void {
    if (!this.#keeper.admits(head)) return;
    const action = this.#rules.authorizer === undefined ? undefined : actionOf(head.type);
    if (action === undefined) return this.#keeper.decided(head, allowed);
    const decision = decideInTime(this.#rules, this.#keeper, action, head.uri, head.options);
    // An authorizer may have ended the session.
    if (this.#closed) return;
    if (!isPromise(decision)) return this.#keeper.decided(head, decision);
    const asked: Asked = this.#asked = { head };
    void decision.then((made) => this.#resume(asked, made));
  }

  #resume(asked: Asked, decision: Decision): void {
    if (this.#asked !== asked) return;
    this.#asked = undefined;
    if (this.#closed) return;
    try {
      if (asked.head !== undefined) this.#keeper.decided(asked.head, decision);
      const queue = this.#waiting?.queue;
      if (queue === undefined) return;
      const { size } = queue;
      for (const next of queue) {
        this.#remove(next);
        this.#pass(next);
        if (this.#asked !== undefined) break;
      }
      if (!this.#closed && queue.size < size) this.#tell();
    } catch (error) {
      this.#keeper.broken(error);
    }
  }

  #remove(head: Head): void {
    const { queue, calls } = this.#waiting!;
    queue.delete(head);
    this.#bytes -= weightOf(head);
    const same = head.type === MessageType.CALL ? calls.get(head.firstId) : undefined;
    // What passes or is withdrawn is always the first of them.
    if (same !== undefined && same.length > 1) same.shift();
    else if (same !== undefined) calls.delete(head.firstId);
  }

  #tell(): void {
    this.#keeper.queued(this.#waiting?.queue.size ?? 0, this.#bytes);
  }
}

function note({ calls }: Waiting, head: Head): void {
  const same = calls.get(head.firstId);
  if (same === undefined) calls.set(head.firstId, [head]);
  else same.push(head);
}

/**
 * Tells how much a request counts while it waits.
 *
 * @param head The request.
 * @returns Its size in bytes, and more for its options.
 */
export function weightOf({ size, optionsStart, optionsEnd }: Head): number {
  return size + DECODED * (optionsEnd - optionsStart);
}
