import { performance } from "node:perf_hooks";

/** Each bucket is a tenth longer than the one before; the first holds all up to ten microseconds. */
const LEAST = 0.01;
const GROWTH = 1.1;
const BUCKETS = 200;

/** How long rounds took, counted in buckets, so that any number of them takes the same memory. */
export class Latencies {
  readonly #buckets: Float64Array = new Float64Array(BUCKETS);
  #count = 0;

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /**
   * Counts a round that ends now.
   *
   * @param started When it began, by `performance.now()`.
   */
  note(started: number): void {
    this.add(performance.now() - started);
  }

  /**
   * Counts a round.
   *
   * @param milliseconds How long it took.
   */
  add(milliseconds: number): void {
    const bucket = Math.ceil(Math.log(Math.max(milliseconds, LEAST) / LEAST) / Math.log(GROWTH));
    this.#buckets[Math.min(BUCKETS - 1, bucket)]!++;
    this.#count++;
  }

  /**
   * Tells how long all but the slowest took.
   *
   * @param share Which part of them, 0 to 1.
   * @returns Milliseconds, to a tenth of themselves; 0 when there were none.
   */
  at(share: number): number {
    let left = share * this.#count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#buckets[bucket]!;
      if (left <= 0 && this.#count > 0) return LEAST * GROWTH ** bucket;
    }
    return 0;
  }

  /**
   * Draws how they are spread, for a terminal.
   *
   * @param width How long the longest bar is.
   * @returns A line for each range of times that any fell into.
   */
  picture(width: number): string {
    const ranges: { readonly to: number; readonly count: number }[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket += 7) {
      const count = this.#buckets.subarray(bucket, bucket + 7).reduce((sum, one) => sum + one, 0);
      ranges.push({ to: LEAST * GROWTH ** (bucket + 6), count });
    }
    const most = Math.max(...ranges.map(({ count }) => count));
    return ranges.filter(({ count }) => count > 0).map(({ to, count }) => {
      const bar = "#".repeat(Math.max(1, Math.round(width * count / most)));
      return `${`to ${to.toPrecision(2)} ms`.padStart(14)}  ${bar.padEnd(width)}  ${
        (100 * count / this.#count).toFixed(2)
      } %\n`;
    }).join("");
  }
}
