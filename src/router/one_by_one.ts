import type { Connection } from "../transport/connection.ts";
import { nextTurn } from "../transport/next_turn.ts";

/** Makes the large answers of one session one after the other: each in a turn of its own, and once most of what is on its way has left. */
export class OneByOne {
  readonly #connection: Connection;
  #last: Promise<void> = Promise.resolve();
  #room: PromiseWithResolvers<void> | undefined;
  #closed = false;

  /** @param connection Where the answers go. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Makes an answer when it is its turn.
   *
   * @param make Makes it.
   * @returns The answer; undefined when the session is over before.
   */
  async answer<Answer>(make: () => Answer | Promise<Answer>): Promise<Answer | undefined> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    try {
      await before;
      while (!this.#closed && !this.#connection.writable) {
        await (this.#room ??= Promise.withResolvers()).promise;
      }
      return this.#closed ? undefined : await make();
    } finally {
      nextTurn(resolve);
    }
  }

  /** The connection may be writable again. */
  drained(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** The session is over. */
  close(): void {
    this.#closed = true;
    this.drained();
  }
}
