import type { Clock, Timer } from "../wire/clock.ts";

interface Item {
  readonly due: number;
  readonly bytes: number;
  readonly leave: () => void;
}

/** One direction of a connection: what enters leaves in order, each not before its time. */
export class Lane {
  readonly #clock: Clock;
  readonly #drained: () => void;
  #items: Item[] = [];
  #timer: Timer | undefined;
  #stalled = false;
  #bytes = 0;

  /**
   * @param clock Where time comes from.
   * @param drained Told when nothing waits any more.
   */
  constructor(clock: Clock, drained: () => void = () => {}) {
    this.#clock = clock;
    this.#drained = drained;
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether something waits, or would. */
  get isStuck(): boolean {
    return this.#stalled || this.#items.length > 0;
  }

  /**
   * Lets something in.
   *
   * @param wait How many milliseconds it takes, at the least.
   * @param bytes How large it is.
   * @param leave Called when it leaves.
   */
  add(wait: number, bytes: number, leave: () => void): void {
    this.#items.push({ due: this.#clock.now() + wait, bytes, leave });
    this.#bytes += bytes;
    if (this.#items.length === 1) this.#move();
  }

  /** Lets nothing leave. */
  stall(): void {
    this.#stalled = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Lets leave what waits. */
  resume(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    this.#move();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#items = [];
    this.#bytes = 0;
  }

  #move(): void {
    if (this.#stalled || this.#timer !== undefined) return;
    const waited = this.#items.length > 1;
    for (;;) {
      const [first] = this.#items;
      if (first === undefined) break;
      const left = first.due - this.#clock.now();
      if (left > 0) {
        this.#timer = this.#clock.timer(left, () => {
          this.#timer = undefined;
          this.#move();
          if (this.#items.length === 0) this.#drained();
        });
        return;
      }
      this.#items.shift();
      this.#bytes -= first.bytes;
      first.leave();
    }
    if (waited) this.#drained();
  }
}
