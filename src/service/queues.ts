import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import { ConcurrencyQueue } from "./queue.ts";
import type { QueueOptions } from "./queue_options.ts";
import type { QueueStatistics } from "./queue_statistics.ts";

/**
 * Queues by their names.
 *
 * @example
 * ```ts
 * import { Queues } from "@izaber/wamp/service";
 *
 * const queues = new Queues({ reports: { limit: 2, waiting: 100 }, mails: { limit: 1 } });
 * queues.get("mails").configure({ limit: 4 });
 * if (queues.statistics[1]?.limit !== 4) throw new Error("unexpected");
 * ```
 */
export class Queues implements Iterable<ConcurrencyQueue> {
  readonly #queues = new Map<string, ConcurrencyQueue>();

  /**
   * @param queues What each goes by, under its name.
   * @param clock Where time comes from (default the runtime's clock).
   * @throws {WampError} `invalid_argument` when an option is wrong; the message names queue and option.
   */
  constructor(queues: Readonly<Record<string, QueueOptions>>, clock: Clock = systemClock) {
    for (const [name, options] of Object.entries(queues)) {
      this.#queues.set(name, new ConcurrencyQueue(name, options, clock));
    }
  }

  /**
   * Finds a queue.
   *
   * @param name Its name.
   * @returns The queue.
   * @throws {WampError} `invalid_argument` when there is none; the message names those that there are.
   */
  get(name: string): ConcurrencyQueue {
    const queue = this.#queues.get(name);
    if (queue !== undefined) return queue;
    const names = [...this.#queues.keys()].join(", ");
    throw new WampError(
      "invalid_argument",
      `There is no queue "${name}"${names === "" ? "" : `; there are ${names}`}: name it where the queues are made`,
    );
  }

  /** What each has done and is doing. */
  get statistics(): readonly QueueStatistics[] {
    return [...this].map((queue) => queue.statistics);
  }

  /** @returns The queues. */
  [Symbol.iterator](): Iterator<ConcurrencyQueue> {
    return this.#queues.values();
  }
}
