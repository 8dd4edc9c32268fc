import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";

/** What happens to an item that comes while the buffer is full. */
export type Overflow = "drop-oldest" | "drop-newest" | "error";

/** How much may wait to be read. */
export interface BufferOptions {
  /** How many items may wait (default 1024). */
  readonly buffer?: number | undefined;
  /** What happens to one that comes while the buffer is full; `"error"` ends the reading with `overflow`. */
  readonly overflow?: Overflow | undefined;
}

const OVERFLOWS: ReadonlySet<unknown> = new Set(["drop-oldest", "drop-newest", "error"]);

/** What has come and waits to be read, one by one, and those who wait for more to come. */
export class ReadBuffer<Item> implements AsyncIterableIterator<Item> {
  readonly #what: string;
  readonly #left: (() => void) | undefined;
  readonly #size: number;
  readonly #overflow: Overflow;
  #items: (Item | undefined)[] = [];
  /** How many of the items have been taken out. */
  #taken = 0;
  #readers: { resolve(result: IteratorResult<Item>): void; reject(error: unknown): void }[] = [];
  #ended: { readonly error: unknown } | undefined;
  #dropped = 0;

  /**
   * @param what What is read, for error texts.
   * @param options How much may wait, and what happens to more.
   * @param left Told when the reader reads no further (default nothing).
   * @throws {WampError} `invalid_argument` when an option is wrong.
   */
  constructor(what: string, { buffer = 1024, overflow = "drop-oldest" }: BufferOptions, left?: () => void) {
    if (!(Number.isInteger(buffer) && buffer > 0) || !OVERFLOWS.has(overflow)) {
      throw new WampError(
        "invalid_argument",
        `Cannot iterate over ${what} with buffer ${describe(buffer)} and overflow ${describe(overflow)}: ` +
          `expected a whole number above 0, and "drop-oldest", "drop-newest" or "error"`,
      );
    }
    this.#what = what;
    this.#left = left;
    this.#size = buffer;
    this.#overflow = overflow;
  }

  /** How many items were dropped because the buffer was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many items wait to be read. */
  get waiting(): number {
    return this.#items.length - this.#taken;
  }

  /** Whether nothing comes any more; items may still wait. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Takes an item that has come.
   *
   * @param item The item; ignored after the end.
   * @returns The error that has ended the reading, when the item was one too many.
   */
  push(item: Item): WampError | undefined {
    if (this.ended) return undefined;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ value: item, done: false });
      return undefined;
    }
    if (this.waiting < this.#size) {
      this.#items.push(item);
      return undefined;
    }
    if (this.#overflow === "error") {
      const text = `${this.#size} ${this.#what} wait to be read; read faster or raise the option buffer`;
      const error = new WampError("overflow", text);
      this.end(error);
      return error;
    }
    this.#dropped += 1;
    if (this.#overflow === "drop-newest") return undefined;
    this.#take();
    this.#items.push(item);
    return undefined;
  }

  /**
   * Reads an item, waiting for it if none has come.
   *
   * @returns The item; the end, when everything was read. Rejects once with the error that ended it.
   */
  next(): Promise<IteratorResult<Item>> {
    if (this.waiting > 0) return Promise.resolve({ value: this.#take(), done: false });
    if (this.#ended === undefined) return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    const { error } = this.#ended;
    this.#ended = { error: undefined };
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }

  /**
   * Nothing comes any more; what has come can still be read. Harmless a second time.
   *
   * @param error What the reader gets after the last item; undefined for the end.
   */
  end(error: unknown): void {
    if (this.ended) return;
    const [first, ...others] = this.#readers;
    this.#readers = [];
    this.#ended = { error: first === undefined ? error : undefined };
    if (error === undefined) first?.resolve({ value: undefined, done: true });
    else first?.reject(error);
    for (const { resolve } of others) resolve({ value: undefined, done: true });
  }

  /** Drops what waits to be read, and what was to be told at the end. */
  clear(): void {
    this.#items = [];
    this.#taken = 0;
    if (this.ended) this.#ended = { error: undefined };
  }

  /** Reads no further: drops what waits, and whatever still comes. */
  return(): Promise<IteratorResult<Item>> {
    this.end(undefined);
    this.clear();
    this.#left?.();
    return this.next();
  }

  /** Reads this very buffer: there is one position, however many loops. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Takes out the oldest item. Moving up all the others each time would take long where many wait. */
  #take(): Item {
    const item = this.#items[this.#taken] as Item;
    this.#items[this.#taken++] = undefined;
    if (this.#taken * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}
