import type { MatchPolicy } from "../wire/uri.ts";
import type { WampError } from "../wire/errors.ts";
import type { Usage } from "./arguments.ts";
import { asked } from "./aborting.ts";
import type { Asked } from "./aborting.ts";
import type { EventHandler, ProcedureHandler, RegisterOptions, SubscribeOptions } from "./handles.ts";
import type { Registration, Subscription } from "./handles.ts";
import { Notice } from "./notice.ts";

/** What a session gave for a durable thing. */
export type Attached = Registration | Subscription;

/** Who waits for it with a handler. */
interface Waiting<Handler> {
  readonly handler: Handler;
  readonly asking: Asked<void>;
}

const none: readonly never[] = [];

/** Something made on a client that outlives its sessions. */
export abstract class Durable<
  Handler = unknown,
  Options extends RegisterOptions | SubscribeOptions = RegisterOptions | SubscribeOptions,
> {
  /** The URI, complete. */
  readonly uri: string;
  /** Who serves it or receives its events now. */
  handler: Handler;
  /** What it is made with, each time. */
  readonly options: Options;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** During which run of the join listeners it was made; 0 for outside of any. */
  run = 0;
  /** Whether it is to be restored. */
  wanted = true;
  /** Whether it was ended by whoever made it, and not to let finish what has come; a queue of events asks for it. */
  ended = false;
  /** Whether the router has accepted it once; then it is restored whatever happens. */
  established = false;
  /** Whether a session that was lost has asked for it and had no answer: the router may hold it for that session. */
  unanswered = false;
  /** What the current session gave for it. */
  attached: Attached | undefined;
  /** That the router has ended it by itself. */
  readonly revoked: Notice<WampError> = new Notice();
  /** The attempt under way on the current session. */
  attaching: Promise<void> | undefined;

  /** The handler that nobody waits with. */
  #settled: Handler;
  #waiting: readonly Waiting<Handler>[] = none;
  readonly #release: (durable: Durable) => Promise<void>;

  /**
   * @param uri The URI, complete.
   * @param handler Who serves it or receives its events.
   * @param options What it is made with, each time.
   * @param release Ends it, on the client and the router.
   */
  constructor(uri: string, handler: Handler, options: Options, release: (durable: Durable) => Promise<void>) {
    this.uri = uri;
    this.handler = handler;
    this.#settled = handler;
    this.options = options;
    this.match = options.match ?? "exact";
    this.#release = release;
  }

  /** The router's id for it; undefined while there is none. */
  get id(): number | undefined {
    return this.active ? this.attached?.id : undefined;
  }

  /** Whether it works now. */
  get active(): boolean {
    return this.wanted && this.attached?.active === true;
  }

  /**
   * Resolves when a router has accepted it.
   *
   * @param handler Who serves it or receives its events, at once: what comes in one turn with the answer is for the new one. If it is not accepted, whoever
   * did so before does again.
   * @param signal Gives it up until then, where nobody else waits for it and no router has accepted it before.
   * @param usage What was asked for, for the error text.
   */
  accepted(handler: Handler, signal: AbortSignal | undefined, usage: Usage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.handler = handler;
      if (this.active) {
        this.#settled = handler;
        return resolve();
      }
      const failed = (error: unknown) => {
        reject(error);
        this.#waiting = this.#waiting.filter(({ asking }) => !asking.over);
        const last = this.#waiting.at(-1);
        this.handler = last === undefined ? this.#settled : last.handler;
        if (signal?.aborted && !this.established && last === undefined) void this.release();
      };
      this.#waiting = [...this.#waiting, { handler, asking: asked(resolve, failed, signal, usage) }];
    });
  }

  /** The router has accepted it. */
  accept(attached: Attached): void {
    this.established = true;
    this.attached = attached;
    this.#settled = this.handler;
    for (const { asking } of this.#takeWaiting()) asking.resolve();
  }

  /** It will never be accepted. */
  refuse(error: WampError): void {
    for (const { asking } of this.#takeWaiting()) asking.reject(error);
  }

  #takeWaiting(): readonly Waiting<Handler>[] {
    const waiting = this.#waiting;
    this.#waiting = none;
    return waiting;
  }

  protected release(): Promise<void> {
    this.ended = true;
    return this.#release(this);
  }

  /** Ends it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** A procedure that is served over any number of sessions. */
export class DurableRegistration extends Durable<ProcedureHandler, RegisterOptions> implements Registration {
  get procedure(): string {
    return this.uri;
  }

  unregister(): Promise<void> {
    return this.release();
  }
}

/** A topic that is listened to over any number of sessions. */
export class DurableSubscription extends Durable<EventHandler, SubscribeOptions> implements Subscription {
  get topic(): string {
    return this.uri;
  }

  unsubscribe(): Promise<void> {
    return this.release();
  }
}
