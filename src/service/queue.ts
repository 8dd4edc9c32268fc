import type { InvocationQueue, JobOptions, Slot } from "../client/invocation_queue.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import { queueOptions } from "./queue_options.ts";
import type { AllQueueOptions, QueueOptions } from "./queue_options.ts";
import { QueueCounters } from "./queue_statistics.ts";
import type { QueueStatistics } from "./queue_statistics.ts";
import { WaitingList } from "./waiting_list.ts";

interface Waiter {
  readonly since: number;
  admit(): void;
  refuse(error: unknown): void;
}

/**
 * Lets a limited number of jobs run at once; the others wait their turn, callers alternating.
 *
 * It needs no client: what uses the same queue shares its limit.
 *
 * @example
 * ```ts
 * import { ConcurrencyQueue } from "@izaber/wamp/service";
 *
 * const reports = new ConcurrencyQueue("reports", { limit: 2, waiting: 100 });
 * const names = ["a", "b", "c"];
 * const made = await Promise.all(names.map((name) => reports.run(() => Promise.resolve(`report ${name}`))));
 * if (made[2] !== "report c" || reports.statistics.waited !== 1) throw new Error("unexpected");
 * reports.configure({ limit: 5 });
 * ```
 */
export class ConcurrencyQueue implements InvocationQueue {
  /** What it is called. */
  readonly name: string;

  readonly #clock: Clock;
  readonly #waiting = new WaitingList<Waiter>();
  #options: AllQueueOptions;
  #counters: QueueCounters;
  #running = 0;

  /**
   * @param name What it is called.
   * @param options What it goes by (default: any number may run).
   * @param clock Where time comes from (default the runtime's clock).
   * @throws {WampError} `invalid_argument` when an option is wrong; the message names it.
   */
  constructor(name: string, options: QueueOptions = {}, clock: Clock = systemClock) {
    this.name = name;
    this.#clock = clock;
    this.#options = queueOptions(name, options);
    this.#counters = new QueueCounters(clock.now());
  }

  /** What it goes by now. */
  get options(): AllQueueOptions {
    return this.#options;
  }

  /** What it has done and is doing. */
  get statistics(): QueueStatistics {
    const { waitTime, runTime, ...counts } = this.#counters;
    return {
      name: this.name,
      running: this.#running,
      waiting: this.#waiting.size,
      limit: this.#options.limit,
      ...counts,
      waitTime: waitTime.durations,
      runTime: runTime.durations,
    };
  }

  /** Counts anew from here on; what runs and waits goes on. */
  resetStatistics(): void {
    this.#counters = new QueueCounters(this.#clock.now());
  }

  /**
   * Changes what it goes by. What runs goes on, even if it is more than the new limit; more may begin at once, and who no longer has a place in the
   * waiting list is refused. How long one may wait holds for those that come from here on.
   *
   * @param options What is to change; the rest stays.
   * @throws {WampError} `invalid_argument` when an option is wrong; nothing changes then.
   */
  configure(options: QueueOptions): void {
    this.#options = queueOptions(this.name, options, this.#options);
    this.#admit();
    this.#trim();
  }

  /**
   * Runs a job when there is a place.
   *
   * @param job The job.
   * @param options On whose behalf, and until when it is wanted.
   * @returns What the job comes to.
   * @throws {WampError} `overflow` when the waiting list is full, `timeout` when it waited too long; it did not begin then.
   * @throws What the job throws, or the signal's reason when it was aborted before the job began.
   */
  async run<T>(job: () => T | Promise<T>, options: JobOptions = {}): Promise<T> {
    const slot = await this.enter(options);
    let failed = true;
    try {
      const value = await job();
      failed = false;
      return value;
    } finally {
      slot.release(failed);
    }
  }

  /**
   * Takes a place among those that run, when there is one: for work that is no single function.
   *
   * @param options On whose behalf, and until when it is wanted.
   * @returns The place; it has to be given back.
   * @throws {WampError} As {@linkcode run}.
   */
  enter(options: JobOptions = {}): Promise<Slot> {
    const { caller, signal } = options;
    if (signal?.aborted) {
      this.#counters.abandoned += 1;
      return Promise.reject(signal.reason);
    }
    if (this.#running < this.#options.limit) return Promise.resolve(this.#begin(0));
    const { waiting, reject: policy, maxWait } = this.#options;
    if (this.#waiting.size >= waiting) {
      const oldest = policy === "oldest" ? this.#waiting.oldest : undefined;
      if (oldest === undefined) {
        this.#counters.rejected += 1;
        return Promise.reject(this.#full());
      }
      this.#refuse(oldest, this.#full());
    }
    return new Promise((resolve, reject) => {
      const since = this.#clock.now();
      let timer: Timer | undefined;
      const done = () => {
        timer?.cancel();
        signal?.removeEventListener("abort", abandon);
      };
      const waiter: Waiter = {
        since,
        admit: () => {
          done();
          resolve(this.#begin(this.#clock.now() - since));
        },
        refuse: (error) => {
          done();
          reject(error);
        },
      };
      const abandon = () => {
        this.#waiting.delete(waiter);
        this.#counters.abandoned += 1;
        waiter.refuse(signal?.reason);
      };
      signal?.addEventListener("abort", abandon);
      if (maxWait !== Infinity) timer = this.#clock.timer(maxWait, () => this.#timeOut(waiter));
      this.#counters.waited += 1;
      this.#waiting.add(waiter, caller);
      this.#counters.mostWaiting = Math.max(this.#counters.mostWaiting, this.#waiting.size);
    });
  }

  #begin(waited: number): Slot {
    const started = this.#clock.now();
    this.#counters.started += 1;
    this.#counters.waitTime.add(waited);
    this.#running += 1;
    let held = true;
    return {
      release: (failed = false) => {
        if (!held) return;
        held = false;
        this.#running -= 1;
        this.#counters.finished += 1;
        if (failed) this.#counters.failed += 1;
        this.#counters.runTime.add(this.#clock.now() - started);
        this.#admit();
      },
    };
  }

  #admit(): void {
    while (this.#running < this.#options.limit) {
      const next = this.#waiting.take(this.#options.fair);
      if (next === undefined) return;
      next.admit();
    }
  }

  /** Refuses who no longer has a place in the waiting list. */
  #trim(): void {
    const { waiting, reject } = this.#options;
    const excess = this.#waiting.size - waiting;
    if (excess <= 0) return;
    const waiters = [...this.#waiting];
    for (const waiter of reject === "oldest" ? waiters.slice(0, excess) : waiters.slice(waiting)) {
      this.#refuse(waiter, this.#full());
    }
  }

  #full(): WampError {
    const { limit, waiting } = this.#options;
    return new WampError(
      "overflow",
      `The queue "${this.name}" is full: ${limit} run and ${waiting} wait; try again later`,
    );
  }

  #timeOut(waiter: Waiter): void {
    const waited = this.#clock.now() - waiter.since;
    this.#refuse(
      waiter,
      new WampError("timeout", `There was no place in the queue "${this.name}" for ${waited} ms; try again later`),
    );
  }

  #refuse(waiter: Waiter, error: WampError): void {
    this.#waiting.delete(waiter);
    this.#counters.rejected += 1;
    waiter.refuse(error);
  }
}
