import type { Frame } from "../codec/serializer.ts";
import { takeBody } from "../transport/concat.ts";
import { Delivery } from "../transport/delivery.ts";
import { nextTurn } from "../transport/next_turn.ts";
import type { CloseInfo, PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import type { Watched } from "./keep_alive.ts";

/** An answer with messages, on its way to the client. */
export interface Sending {
  /** Aborts when what of it has not left is to be thrown away, and the client's connection with it. */
  readonly dropped: AbortSignal;

  /**
   * It is on its way no longer; only the first time counts.
   *
   * @param whole Whether all of it has left, as far as the server can tell.
   */
  readonly over: (whole: boolean) => void;
}

/** What a client is answered that asks for messages: some, or none yet, or why there will be none. */
export type Polled =
  | { readonly frame: Frame; readonly sending: Sending }
  | { readonly frame?: undefined }
  | { readonly ended: string };

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
  /** Called when it is gone, and no answer of it is on its way: nothing of it is held any more. */
  readonly released: () => void;
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
  #over = false;
  /** Drops the answer that is on its way: the next one waits behind it, and its bytes count until it has left. */
  #sending: AbortController | undefined;

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
    return this.#closing === undefined && !this.#over;
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
    if (this.#over) return Promise.resolve({ ended: this.#closing?.reason ?? "" });
    this.#answer(nothing);
    if (this.#sending === undefined) this.#idle?.cancel();
    const { promise, resolve } = Promise.withResolvers<Polled>();
    const { clock, holdTime } = this.#options;
    const timer = clock.timer(holdTime, () => this.#answer(nothing), { background: true });
    const waiting = { answer: resolve, timer };
    this.#waiting = waiting;
    this.#serve();
    if (this.#waiting === waiting) gone(() => this.#waiting === waiting && this.#answer(nothing));
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
    if (this.#waiting === undefined || this.#sending !== undefined || this.#queue.length === 0) return;
    const { body, bytes } = takeBody(this.#queue, this.#options, this.#options.answerSize);
    const sending = new AbortController();
    const over = (whole: boolean) => {
      if (this.#sending === sending) this.#sent(bytes, whole);
    };
    this.#answer({ frame: body, sending: { dropped: sending.signal, over } });
    this.#sending = sending;
  }

  #sent(bytes: number, whole: boolean): void {
    this.#sending = undefined;
    if (this.#over) return this.#options.released();
    if (!whole) return this.left("an answer did not reach the client");
    this.#queuedBytes -= bytes;
    if (this.#waiting === undefined) this.#expectPoll();
    else this.#idle?.cancel();
    this.#serve();
    this.#delivery.drained();
    this.#finish();
  }

  #answer(polled: Polled): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    waiting.timer.cancel();
    // Who asks on and on without reading what it was answered is no less gone.
    if (this.#sending === undefined) this.#expectPoll();
    waiting.answer(polled);
  }

  #expectPoll(): void {
    const { clock, sessionTimeout } = this.#options;
    this.#idle?.cancel();
    this.#idle = clock.timer(sessionTimeout, () => {
      const missed = this.#sending === undefined ? "asked for no messages" : "did not read an answer";
      this.left(`the client ${missed} within ${sessionTimeout} ms`);
    }, { background: true });
  }

  #finish(): void {
    if (this.#closing !== undefined && this.#queue.length === 0 && this.#sending === undefined) this.#end(true);
  }

  #end(local: boolean): void {
    if (this.#over) return;
    const closing = this.#closing ?? { reason: "" };
    this.#answer({ ended: closing.reason });
    this.#over = true;
    this.#idle?.cancel();
    this.#deadline?.cancel();
    this.resume();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#options.ended();
    if (this.#sending === undefined) this.#options.released();
    else this.#sending.abort();
    // Whoever closes is told after the call that closes.
    queueMicrotask(() => this.#delivery.end({ local, ...closing }));
  }
}
