import type { Frame } from "../codec/serializer.ts";
import { takeBody } from "../transport/concat.ts";
import { Delivery } from "../transport/delivery.ts";
import { nextTurn } from "../transport/next_turn.ts";
import type { CloseInfo, PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import type { Watched } from "./keep_alive.ts";

/** What a client is answered that asks for messages: some, or none yet, or why there will be none. */
export type Polled = { readonly frame?: Frame } | { readonly ended: string };

const nothing: Polled = {};

/** What a long-poll transport is made with. */
export interface LongPollTransportOptions {
  /** What is known of the client. */
  readonly peer: PeerInfo;
  /** Whether frames are batches, which go together. */
  readonly batched: boolean;
  /** How many bytes of batches one answer carries at most. */
  readonly answerSize: number;
  /** How many milliseconds a client is kept waiting while there is nothing for it. */
  readonly holdTime: number;
  /** After how many milliseconds without a request for messages a client counts as gone. */
  readonly sessionTimeout: number;
  /** How many milliseconds a client has to fetch what is queued when the transport closes. */
  readonly closeTimeout: number;
  /** Where time comes from. */
  readonly clock: Clock;
  /** How much a frame counts. */
  readonly sizeOf: (frame: Frame) => number;
  /** Called when it is gone. */
  readonly ended: () => void;
}

/** A client that waits for messages. */
interface Waiting {
  readonly answer: (polled: Polled) => void;
  readonly timer: Timer;
}

/**
 * Frames over HTTP requests: the client asks for those that are for it, and waits for an answer while there are none.
 *
 * @see WAMP advanced profile, "HTTP Longpoll Transport"
 */
export class LongPollTransport implements Transport, Watched {
  readonly peer: PeerInfo;
  readonly activity = 0;
  /** It is for the client to ask, and its own timer that ends a client which does not. */
  readonly excused = true;
  readonly #options: LongPollTransportOptions;
  readonly #delivery = new Delivery();
  #queue: Frame[] = [];
  #queuedBytes = 0;
  #waiting: Waiting | undefined;
  #idle: Timer | undefined;
  #paused: PromiseWithResolvers<void> | undefined;
  #closing: Omit<CloseInfo, "local"> | undefined;
  #deadline: Timer | undefined;

  /** @param options What was agreed on, and limits. */
  constructor(options: LongPollTransportOptions) {
    this.#options = options;
    this.peer = options.peer;
    this.#expectPoll();
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Settles when the transport is read; at once, mostly. */
  get readable(): Promise<void> | undefined {
    return this.#paused?.promise;
  }

  /** Whether it takes frames from the client. */
  get open(): boolean {
    return this.#closing === undefined && !this.#delivery.ended;
  }

  start(handler: TransportHandler): void {
    this.#delivery.start(handler);
  }

  turn(flush: () => void): void {
    nextTurn(flush);
  }

  write(frames: readonly Frame[]): void {
    if (!this.open) return;
    for (const frame of frames) {
      this.#queue.push(frame);
      this.#queuedBytes += this.#options.sizeOf(frame);
    }
    this.#serve();
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  close(code?: number, reason = ""): void {
    if (!this.open) return;
    this.#closing = { reason, ...code !== undefined && { code } };
    const { clock, closeTimeout } = this.#options;
    this.#deadline = clock.timer(closeTimeout, () => this.#end(true), { background: true });
    this.resume();
    this.#finish();
  }

  terminate(): void {
    this.#closing ??= { reason: "" };
    this.#end(true);
  }

  /** It is never asked for a sign of life. */
  ping(): void {}

  /** @param frame What the client sent. */
  received(frame: Frame): void {
    this.#delivery.frame(frame);
  }

  /**
   * The client asks for messages; whoever asked before is answered that there are none.
   *
   * @param gone Hands over what to call when the client does not wait for the answer.
   * @returns What there is, as soon as there is something.
   */
  poll(gone: (leave: () => void) => void): Promise<Polled> {
    if (this.#delivery.ended) return Promise.resolve({ ended: this.#closing?.reason ?? "" });
    this.#answer(nothing);
    this.#idle?.cancel();
    const { promise, resolve } = Promise.withResolvers<Polled>();
    const { clock, holdTime } = this.#options;
    const timer = clock.timer(holdTime, () => this.#answer(nothing), { background: true });
    const waiting = { answer: resolve, timer };
    this.#waiting = waiting;
    gone(() => this.#waiting === waiting && this.#answer(nothing));
    this.#serve();
    return promise;
  }

  /**
   * The client has closed, or is of no use any more.
   *
   * @param reason What is said of it.
   * @param tooLarge Whether it sent a message that is larger than is taken.
   */
  left(reason: string, tooLarge = false): void {
    this.#closing ??= { reason, ...tooLarge && { tooLarge } };
    this.#end(false);
  }

  #serve(): void {
    if (this.#waiting === undefined || this.#queue.length === 0) return;
    const { body, bytes } = takeBody(this.#queue, this.#options, this.#options.answerSize);
    this.#queuedBytes -= bytes;
    this.#answer({ frame: body });
    this.#delivery.drained();
    this.#finish();
  }

  #answer(polled: Polled): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    waiting.timer.cancel();
    this.#expectPoll();
    waiting.answer(polled);
  }

  #expectPoll(): void {
    const { clock, sessionTimeout } = this.#options;
    this.#idle?.cancel();
    this.#idle = clock.timer(sessionTimeout, () => {
      this.left(`the client asked for no messages within ${sessionTimeout} ms`);
    }, { background: true });
  }

  #finish(): void {
    if (this.#closing !== undefined && this.#queue.length === 0) this.#end(true);
  }

  #end(local: boolean): void {
    if (this.#delivery.ended) return;
    const closing = this.#closing ?? { reason: "" };
    this.#answer({ ended: closing.reason });
    this.#idle?.cancel();
    this.#deadline?.cancel();
    this.resume();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#options.ended();
    // Whoever closes is told after the call that closes.
    queueMicrotask(() => this.#delivery.end({ local, ...closing }));
  }
}
