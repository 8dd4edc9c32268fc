import type { Clock, Timer } from "../wire/clock.ts";
import type { WampError } from "../wire/errors.ts";
import type { Offline } from "./options.ts";
import type { Session } from "./session.ts";

interface Waiting {
  /** Sends it; settles the promise that it belongs to. */
  readonly send: (session: Session) => void;
  readonly refuse: (why: string) => void;
  readonly timer: Timer;
}

/** What waits for the next session, in order. */
export class OfflineQueue {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();

  /** @param clock Where time comes from. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How much waits. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Keeps something until there is a session.
   *
   * @param limits For how long, and how much at most.
   * @param send Sends it.
   * @param refused Makes the error when it is refused.
   * @param abort The signal that ends the waiting, and what makes the error then.
   * @returns What `send` gives.
   */
  add<T>(
    limits: Offline,
    send: (session: Session) => Promise<T>,
    refused: (why: string) => WampError,
    abort?: { readonly signal: AbortSignal; readonly error: () => WampError },
  ): Promise<T> {
    if (this.#waiting.size >= limits.max) {
      return Promise.reject(refused(`${this.#waiting.size} requests wait for a session already`));
    }
    if (abort?.signal.aborted) return Promise.reject(abort.error());
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        waiting.timer.cancel();
        abort?.signal.removeEventListener("abort", onAbort);
      };
      const fail = (error: WampError) => {
        leave();
        reject(error);
      };
      const refuse = (why: string) => fail(refused(why));
      const onAbort = () => abort !== undefined && fail(abort.error());
      const waiting: Waiting = {
        send: (session) => {
          leave();
          send(session).then(resolve, reject);
        },
        refuse,
        timer: this.#clock.timer(limits.ttl, () => refuse(`no session came within ${limits.ttl} ms`)),
      };
      abort?.signal.addEventListener("abort", onAbort);
      this.#waiting.add(waiting);
    });
  }

  /** Sends what waits, in order. */
  flush(session: Session): void {
    for (const { send } of [...this.#waiting]) send(session);
  }

  /** Refuses what waits. */
  refuseAll(why: string): void {
    for (const { refuse } of [...this.#waiting]) refuse(why);
  }
}
