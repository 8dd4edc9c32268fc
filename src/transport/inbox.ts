import type { Head } from "../codec/head.ts";
import type { Frame, Serializer } from "../codec/serializer.ts";
import { ProtocolViolation } from "../wire/errors.ts";
import { FIRST_EXTENSION_TYPE } from "../wire/message_shape.ts";
import { nextTurn } from "./next_turn.ts";
import type { Transport } from "./transport.ts";

/** How many messages that waited are delivered in one turn of the event loop. */
const MESSAGES_PER_TURN = 1000;
/**
 * From how many bytes of them on a later turn goes on. A batch of 35 to 60 MB of calls or events to be passed on in another format held a router for
 * 290 to 510 ms, and holds it for 170 to 280 now. With 1 or 4 MiB it is 50 to 150, but for a subscriber to whom the turn before has not left events are
 * dropped: of 12 MB in one batch up to a third, which arrive whole as they do here.
 */
const BYTES_PER_TURN = 16 * 1024 * 1024;
/** Taking frames off the front of a long list one by one would move the rest each time. */
const SHIFT_TOGETHER = 256;

/** Who is told what came. */
export interface InboxHandler {
  /** A message came. */
  message(head: Head): void;
  /** Something came that is not a WAMP message; what came with it and behind it is dropped. */
  violation(error: ProtocolViolation): void;
}

/**
 * Takes frames apart into messages and delivers them, in order.
 *
 * A batch may hold millions of messages: it is taken apart no faster than it is delivered, and a turn delivers so many of it, and so much, at most.
 * Meanwhile the transport does not read on, where it can stop.
 */
export class Inbox {
  readonly #transport: Transport;
  readonly #serializer: Serializer;
  readonly #batched: boolean;
  readonly #limit: number;
  #handler: InboxHandler | undefined;
  /** The batch that is being read. */
  #batch: Iterator<Head> | undefined;
  /** What came behind it, or while nothing is delivered; what is before `#next` is done with. */
  #waiting: Frame[] = [];
  #next = 0;
  #waitingBytes = 0;
  /** Whether a later turn goes on. */
  #due = false;
  #working = false;
  #paused = false;
  #reading = true;
  #stopped = false;
  #onEmpty: (() => void) | undefined;

  /**
   * @param transport Who is told to read on or not.
   * @param serializer Whose frames come.
   * @param batched Whether a frame is a batch of messages.
   * @param limit The size in bytes from which on a frame, or all that wait together, are refused.
   */
  constructor(transport: Transport, serializer: Serializer, batched: boolean, limit: number) {
    this.#transport = transport;
    this.#serializer = serializer;
    this.#batched = batched;
    this.#limit = limit;
  }

  /** @param handler Who is told, from now on. */
  deliverTo(handler: InboxHandler): void {
    this.#handler = handler;
  }

  /**
   * Takes what the transport hands over.
   *
   * @param frame A frame.
   */
  receive(frame: Frame): void {
    if (this.#stopped) return;
    const size = this.#serializer.sizeOf(frame);
    if (size > this.#limit) {
      const text = `Cannot take a message of ${size} bytes: the limit is ${this.#limit}`;
      return this.#refuse(new ProtocolViolation(text, { limit: "messageSize" }));
    }
    if (!this.#batched && !this.#paused && !this.#due) return this.#scan(frame);
    if (this.#waitingBytes + size > this.#limit) {
      const bytes = this.#waitingBytes + size;
      return this.#refuse(new ProtocolViolation(`Cannot keep ${bytes} bytes of messages: the limit is ${this.#limit}`));
    }
    this.#waitingBytes += size;
    this.#waiting.push(frame);
    if (!this.#due && !this.#working) this.#work();
  }

  /** Delivers nothing more until `resume`. */
  pause(): void {
    if (this.#stopped) return;
    this.#paused = true;
    this.#read(false);
  }

  /** Delivers what waits, from the next turn on. */
  resume(): void {
    this.#paused = false;
    if (this.#isEmpty()) this.#read(true);
    else this.#continueLater();
  }

  /** Drops what waits, and whatever comes. */
  stop(): void {
    this.#stopped = true;
    this.#clear();
    // What the other side says of the end is still to be read.
    this.#read(true);
  }

  /**
   * The transport is gone: nothing more will come.
   *
   * @param tell Called when all that came has been delivered; at once where nothing waits or nobody takes it.
   */
  end(tell: () => void): void {
    this.#onEmpty = tell;
    if (!this.#working && !this.#due) this.#finish();
  }

  readonly #work = (): void => {
    this.#due = false;
    this.#working = true;
    try {
      let bytes = BYTES_PER_TURN;
      for (let left = MESSAGES_PER_TURN; left > 0 && bytes > 0 && !this.#paused && !this.#stopped; left--) {
        const head = this.#take();
        if (head === undefined) break;
        bytes -= head.size;
        this.#deliver(head);
      }
    } finally {
      this.#working = false;
      this.#afterWork();
    }
  };

  #afterWork(): void {
    if (this.#isEmpty()) {
      if (!this.#paused) this.#read(true);
    } else if (!this.#paused) {
      this.#read(false);
      this.#continueLater();
    }
    if (!this.#due) this.#finish();
  }

  #take(): Head | undefined {
    for (;;) {
      try {
        const step = this.#batch?.next();
        if (step !== undefined && step.done !== true) return step.value;
        this.#batch = undefined;
        const frame = this.#shift();
        if (frame === undefined) return undefined;
        if (!this.#batched) return this.#serializer.scan(frame);
        this.#batch = this.#serializer.scanBatch(frame)[Symbol.iterator]();
      } catch (error) {
        this.#refuse(error);
        return undefined;
      }
    }
  }

  #shift(): Frame | undefined {
    const frame = this.#waiting[this.#next++];
    if (frame === undefined) {
      this.#clear();
      return undefined;
    }
    if (this.#next === SHIFT_TOGETHER) {
      this.#waiting.splice(0, SHIFT_TOGETHER);
      this.#next = 0;
    }
    this.#waitingBytes -= this.#serializer.sizeOf(frame);
    return frame;
  }

  #scan(frame: Frame): void {
    let head: Head;
    try {
      head = this.#serializer.scan(frame);
    } catch (error) {
      return this.#refuse(error);
    }
    this.#deliver(head);
  }

  #deliver(head: Head): void {
    if (head.type < FIRST_EXTENSION_TYPE) this.#handler?.message(head);
  }

  #refuse(error: unknown): void {
    this.#clear();
    if (!(error instanceof ProtocolViolation)) throw error;
    this.#handler?.violation(error);
  }

  #isEmpty(): boolean {
    return this.#batch === undefined && this.#next === this.#waiting.length;
  }

  #clear(): void {
    this.#batch = undefined;
    this.#waiting = [];
    this.#next = 0;
    this.#waitingBytes = 0;
  }

  #continueLater(): void {
    if (this.#due || this.#working) return;
    this.#due = true;
    nextTurn(this.#work);
  }

  #read(reading: boolean): void {
    if (this.#reading === reading) return;
    this.#reading = reading;
    if (reading) this.#transport.resume?.();
    else this.#transport.pause?.();
  }

  #finish(): void {
    const tell = this.#onEmpty;
    this.#onEmpty = undefined;
    if (tell === undefined) return;
    this.stop();
    tell();
  }
}
