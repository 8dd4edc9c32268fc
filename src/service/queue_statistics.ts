/** How long something took, over many times; in milliseconds. */
export interface Durations {
  /** On average; 0 when it never happened. */
  readonly average: number;
  /** At most. */
  readonly longest: number;
}

/** What a queue has done and is doing. */
export interface QueueStatistics {
  /** The queue. */
  readonly name: string;
  /** How many run now. */
  readonly running: number;
  /** How many wait now. */
  readonly waiting: number;
  /** How many may run at once; Infinity for any number. */
  readonly limit: number;
  /** How many were begun, since `since`, as all that follows. */
  readonly started: number;
  /** How many came to their end. */
  readonly finished: number;
  /** How many of these failed. */
  readonly failed: number;
  /** How many had to wait before they began. */
  readonly waited: number;
  /** How many were refused: the waiting list was full, or they waited too long. */
  readonly rejected: number;
  /** How many were given up by their callers while they waited. */
  readonly abandoned: number;
  /** How many waited at once, at most. */
  readonly mostWaiting: number;
  /** How long those that began had waited. */
  readonly waitTime: Durations;
  /** How long those that ended had run. */
  readonly runTime: Durations;
  /** Since when it is counted, in milliseconds since 1970. */
  readonly since: number;
}

/** Adds up durations. */
export class DurationSum {
  #count = 0;
  #total = 0;
  #longest = 0;

  /** @param milliseconds How long it took once more. */
  add(milliseconds: number): void {
    this.#count += 1;
    this.#total += milliseconds;
    this.#longest = Math.max(this.#longest, milliseconds);
  }

  /** What it came to. */
  get durations(): Durations {
    return { average: this.#count === 0 ? 0 : this.#total / this.#count, longest: this.#longest };
  }
}

/** What a queue counts. */
export class QueueCounters {
  /** How many were begun. */
  started = 0;
  /** How many came to their end. */
  finished = 0;
  /** How many of these failed. */
  failed = 0;
  /** How many had to wait. */
  waited = 0;
  /** How many were refused. */
  rejected = 0;
  /** How many were given up while they waited. */
  abandoned = 0;
  /** How many waited at once, at most. */
  mostWaiting = 0;
  /** How long they waited. */
  readonly waitTime: DurationSum = new DurationSum();
  /** How long they ran. */
  readonly runTime: DurationSum = new DurationSum();
  /** Since when it is counted. */
  readonly since: number;

  /** @param since Since when it is counted. */
  constructor(since: number) {
    this.since = since;
  }
}
