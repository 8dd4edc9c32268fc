import type { WampError } from "../wire/errors.ts";
import type { Args, Dict } from "../wire/values.ts";
import { abortedRequest, whenAborted } from "./aborting.ts";
import { checkSignal } from "./call_terms.ts";
import type { SubscribeOptions, Subscription } from "./handles.ts";
import { ReadBuffer } from "./read_buffer.ts";
import type { BufferOptions, Overflow } from "./read_buffer.ts";
import type { TopicEvent } from "./topic_event.ts";

/** What can be said of an iteration over events. */
export interface EventsOptions extends SubscribeOptions, BufferOptions {
  /** What happens to an event that comes while the buffer is full (default `"drop-oldest"`); `"error"` ends the iteration with `overflow`. */
  readonly overflow?: Overflow | undefined;
  /**
   * Ends the iteration when it is aborted, whenever that is: it unsubscribes, and behind what has come the reader gets a `WampError` with code `aborted`,
   * whose cause is the signal's reason.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What an event stream needs of the client. */
export interface EventSource {
  /** The topic, for error texts. */
  readonly topic: string;
  /** Subscribes; `revoked` is called when the router ends the subscription by itself, `signal` gives up waiting for the router. */
  subscribe(
    receive: (event: TopicEvent) => void,
    revoked: (error: WampError) => void,
    signal: AbortSignal,
  ): Promise<Subscription>;
}

/** The events of a topic, to be read one by one; leaving the loop unsubscribes. */
export class EventStream<A extends readonly unknown[] = Args, K extends object = Dict>
  implements AsyncIterableIterator<TopicEvent<A, K>> {
  /** Resolves when the router has confirmed the subscription, and rejects when the stream ends before; nothing is missed if it is not waited for. */
  readonly ready: Promise<void>;

  readonly #buffer: ReadBuffer<TopicEvent<A, K>>;
  readonly #closed: () => void;
  /** Gives up what no router has confirmed. */
  readonly #giveUp = new AbortController();
  #subscription: Subscription | undefined;

  /**
   * @internal
   * @param source Where the events come from.
   * @param options The buffer, and what happens when it is full.
   * @param closed Told when the stream has ended.
   */
  constructor(source: EventSource, options: EventsOptions, closed: () => void) {
    this.#buffer = new ReadBuffer(`events of "${source.topic}"`, options);
    const { signal } = options;
    const usage = { method: "subscribe", uri: source.topic };
    checkSignal(signal, usage);
    const giveUp = () => this.#giveUp.abort(signal?.reason);
    if (signal?.aborted) giveUp();
    const unwatch = whenAborted(signal, () => {
      giveUp();
      this.end(abortedRequest(signal, usage));
      this.#unsubscribe().catch(() => {});
    });
    this.#closed = () => {
      unwatch();
      this.#giveUp.abort();
      closed();
    };
    this.ready = source.subscribe(
      (event) => this.#receive(event as unknown as TopicEvent<A, K>),
      (error) => this.end(error),
      this.#giveUp.signal,
    ).then((subscription) => {
      this.#subscription = subscription;
      if (this.#buffer.ended) return this.#unsubscribe();
    });
    this.ready.catch((error) => this.end(error));
  }

  /** How many events were dropped because the buffer was full. */
  get dropped(): number {
    return this.#buffer.dropped;
  }

  /** How many events wait to be read. */
  get buffered(): number {
    return this.#buffer.waiting;
  }

  /**
   * Reads an event, waiting for it if none has come.
   *
   * @returns The event; the end, when the stream was closed and everything was read.
   * @throws {WampError} Once: when the subscription was refused or `revoked`, its signal was aborted, the buffer overflowed, or the client came to its end without being closed.
   */
  next(): Promise<IteratorResult<TopicEvent<A, K>>> {
    return this.#buffer.next();
  }

  /** Unsubscribes and drops what was not read. */
  async return(): Promise<IteratorResult<TopicEvent<A, K>>> {
    this.#buffer.clear();
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
    if (this.#buffer.ended) return;
    this.#buffer.end(error);
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
    if (this.#buffer.push(event) === undefined) return;
    this.#closed();
    this.#unsubscribe().catch(() => {});
  }

  async #unsubscribe(): Promise<void> {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.unsubscribe();
  }
}
