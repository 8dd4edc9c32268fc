import { WampError } from "../wire/errors.ts";
import type { Args, Dict } from "../wire/values.ts";
import { describe } from "./arguments.ts";
import type { SubscribeOptions, Subscription } from "./handles.ts";
import type { TopicEvent } from "./topic_event.ts";

/** What happens to an event that comes while the buffer is full. */
export type Overflow = "drop-oldest" | "drop-newest" | "error";

/** What can be said of an iteration over events. */
export interface EventsOptions extends SubscribeOptions {
  /** How many events may wait to be read (default 1024). */
  readonly buffer?: number | undefined;
  /** What happens to an event that comes while the buffer is full (default `"drop-oldest"`); `"error"` ends the iteration with `overflow`. */
  readonly overflow?: Overflow | undefined;
}

/** What an event stream needs of the client. */
export interface EventSource {
  /** Subscribes; `revoked` is called when the router ends the subscription by itself. */
  subscribe(receive: (event: TopicEvent) => void, revoked: (error: WampError) => void): Promise<Subscription>;
}

const OVERFLOWS: ReadonlySet<unknown> = new Set(["drop-oldest", "drop-newest", "error"]);

/** The events of a topic, to be read one by one; leaving the loop unsubscribes. */
export class EventStream<A extends readonly unknown[] = Args, K extends object = Dict>
  implements AsyncIterableIterator<TopicEvent<A, K>> {
  /** Resolves when the router has confirmed the subscription; nothing is missed if it is not waited for. */
  readonly ready: Promise<void>;

  readonly #size: number;
  readonly #overflow: Overflow;
  readonly #closed: () => void;
  #buffer: TopicEvent<A, K>[] = [];
  #readers: { resolve(result: IteratorResult<TopicEvent<A, K>>): void; reject(error: unknown): void }[] = [];
  #subscription: Subscription | undefined;
  #ended: { readonly error: unknown } | undefined;
  #dropped = 0;

  /**
   * @internal
   * @param source Where the events come from.
   * @param options The buffer, and what happens when it is full.
   * @param closed Told when the stream has ended.
   */
  constructor(source: EventSource, options: EventsOptions, closed: () => void) {
    const { buffer = 1024, overflow = "drop-oldest" } = options;
    if (!(Number.isInteger(buffer) && buffer > 0) || !OVERFLOWS.has(overflow)) {
      throw new WampError(
        "invalid_argument",
        `Cannot iterate over events with buffer ${describe(buffer)} and overflow ${describe(overflow)}: ` +
          `expected a whole number above 0, and "drop-oldest", "drop-newest" or "error"`,
      );
    }
    this.#size = buffer;
    this.#overflow = overflow;
    this.#closed = closed;
    this.ready = source.subscribe(
      (event) => this.#receive(event as unknown as TopicEvent<A, K>),
      (error) => this.end(error),
    ).then((subscription) => {
      this.#subscription = subscription;
      if (this.#ended !== undefined) return this.#unsubscribe();
    });
    this.ready.catch((error) => this.end(error));
  }

  /** How many events were dropped because the buffer was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many events wait to be read. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /**
   * Reads an event, waiting for it if none has come.
   *
   * @returns The event; the end, when the stream was closed and everything was read.
   * @throws {WampError} Once: when the subscription was refused or `revoked`, the buffer overflowed, or the client came to its end without being closed.
   */
  next(): Promise<IteratorResult<TopicEvent<A, K>>> {
    const event = this.#buffer.shift();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    const ended = this.#ended;
    if (ended !== undefined) {
      const { error } = ended;
      this.#ended = { error: undefined };
      return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Unsubscribes and drops what was not read. */
  async return(): Promise<IteratorResult<TopicEvent<A, K>>> {
    this.#buffer = [];
    await this.close();
    return { value: undefined, done: true };
  }

  /** Unsubscribes; what has come already can still be read. */
  async close(): Promise<void> {
    this.end(undefined);
    await this.#unsubscribe();
  }

  /**
   * Ends the stream without unsubscribing.
   *
   * @param error What the reader gets after the last event; undefined for the end.
   */
  end(error: unknown): void {
    if (this.#ended !== undefined) return;
    const [first, ...others] = this.#readers;
    this.#readers = [];
    this.#ended = { error: first === undefined ? error : undefined };
    if (error === undefined) first?.resolve({ value: undefined, done: true });
    else first?.reject(error);
    for (const { resolve } of others) resolve({ value: undefined, done: true });
    this.#closed();
  }

  /** Reads this very stream: there is one position, however many loops. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Unsubscribes and drops what was not read. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #receive(event: TopicEvent<A, K>): void {
    if (this.#ended !== undefined) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ value: event, done: false });
    if (this.#buffer.length < this.#size) return void this.#buffer.push(event);
    if (this.#overflow === "error") {
      this.end(
        new WampError(
          "overflow",
          `${this.#size} events of "${event.topic}" wait to be read; read faster or raise the option buffer`,
        ),
      );
      this.#unsubscribe().catch(() => {});
      return;
    }
    this.#dropped += 1;
    if (this.#overflow === "drop-newest") return;
    this.#buffer.shift();
    this.#buffer.push(event);
  }

  async #unsubscribe(): Promise<void> {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.unsubscribe();
  }
}
