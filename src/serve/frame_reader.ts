import { Buffer, isUtf8 } from "node:buffer";
import { maySend } from "../transport/close_arguments.ts";
import { CloseCode, FINAL, Opcode } from "./frame_format.ts";
import { unmask } from "./unmask.ts";

/** Who is told what was read. */
export interface FrameHandler {
  /** A message came; its memory is used for nothing else later. */
  message(data: string | Uint8Array<ArrayBuffer>): void;
  /** A ping came, to be answered with its data. */
  pinged(data: Uint8Array): void;
  /** The client closes; nothing more is read. */
  concluded(code: number, reason: string): void;
  /** What came is no WebSocket frame, or too large; nothing more is read. The code says which. */
  failed(code: number): void;
}

/** A message that is gathered begins with so much room at most; more is made as it comes, not as it is announced. */
const FIRST_ROOM = 32 * 1024;
/** And with so much where its first frame does not say how long it will be. */
const FIRST_ROOM_IN_FRAGMENTS = 512;
const MASK_SIZE = 4;
const RESERVED = 0x70;
const MASKED = 0x80;

/**
 * Reads the frames of a client out of the chunks of a socket.
 *
 * A message that lies whole in a chunk is unmasked where it lies; one that does not is gathered in memory of its own, which grows with what has come. So what
 * a client announces costs nothing, and tiny fragments little more than their bytes.
 *
 * @see RFC 6455, section 5
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #maxMessageSize: number;
  /** What came of a frame's head, or of a control frame, that is not all there. */
  #rest: Buffer | undefined;
  /** The kind of the message that is being gathered; 0 while there is none. */
  #opcode = 0;
  #message: Buffer | undefined;
  /** Bytes of the message that have come. */
  #size = 0;
  /** Bytes of its current frame that have not; that frame's mask, rotated to the next of them, and whether it is the last. */
  #missing = 0;
  #mask = 0;
  #final = false;
  #ended = false;

  /**
   * @param handler Who is told.
   * @param maxMessageSize The size in bytes that a message may have.
   */
  constructor(handler: FrameHandler, maxMessageSize: number) {
    this.#handler = handler;
    this.#maxMessageSize = maxMessageSize;
  }

  /**
   * Reads a chunk.
   *
   * @param chunk What came; it is unmasked in place.
   */
  read(chunk: Buffer): void {
    if (this.#ended) return;
    let bytes = chunk;
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    let at = this.#missing > 0 ? this.#gather(bytes, 0) : 0;
    if (this.#ended) return;
    while (at < bytes.length) {
      const end = this.#frame(bytes, at);
      if (this.#ended) return;
      if (end === at) {
        // A copy, as the chunk is large.
        this.#rest = Buffer.from(bytes.subarray(at));
        return;
      }
      at = end;
    }
  }

  /** Reads one frame, and returns where it ends; where it begins, if too little of it is there. */
  #frame(bytes: Buffer, at: number): number {
    const there = bytes.length - at;
    if (there < 2) return at;
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    const opcode = first & 15;
    if (!this.#legal(first, second)) return this.#fail(CloseCode.protocolError, at);
    let size = second & 127;
    let start = at + 2;
    if (size === 126) {
      if (there < 4) return at;
      size = bytes[at + 2]! << 8 | bytes[at + 3]!;
      start = at + 4;
    } else if (size === 127) {
      if (there < 10) return at;
      size = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
      start = at + 10;
    }
    if (opcode < Opcode.close && this.#size + size > this.#maxMessageSize) return this.#fail(CloseCode.tooLarge, at);
    if (bytes.length < start + MASK_SIZE) return at;
    const mask = bytes.readInt32BE(start);
    start += MASK_SIZE;
    const end = start + size;
    if (opcode >= Opcode.close) {
      if (bytes.length < end) return at;
      unmask(bytes, start, end, mask);
      this.#control(opcode, bytes.subarray(start, end));
      return end;
    }
    if (first >= FINAL && opcode !== Opcode.continuation && bytes.length >= end) {
      unmask(bytes, start, end, mask);
      this.#deliver(opcode, bytes, start, end);
      return end;
    }
    if (opcode !== Opcode.continuation) this.#opcode = opcode;
    this.#final = first >= FINAL;
    this.#mask = mask;
    this.#missing = size;
    return this.#gather(bytes, start);
  }

  #legal(first: number, second: number): boolean {
    if ((first & RESERVED) !== 0 || second < MASKED) return false;
    switch (first & 15) {
      case Opcode.text:
      case Opcode.binary:
        return this.#opcode === 0;
      case Opcode.continuation:
        return this.#opcode !== 0;
      case Opcode.close:
      case Opcode.ping:
      case Opcode.pong:
        return first >= FINAL && (second & 127) < 126;
      default:
        return false;
    }
  }

  /** Takes what has come of the current frame, and returns where that ends. */
  #gather(bytes: Buffer, at: number): number {
    const size = Math.min(this.#missing, bytes.length - at);
    if (size > 0) {
      const from = this.#size;
      const to = from + size;
      const message = this.#room(to);
      message.set(bytes.subarray(at, at + size), from);
      this.#mask = unmask(message, from, to, this.#mask);
      this.#size = to;
      this.#missing -= size;
    }
    if (this.#missing === 0 && this.#final) {
      const [opcode, message, end] = [this.#opcode, this.#fitting(), this.#size];
      this.#message = undefined;
      this.#opcode = this.#size = 0;
      this.#deliver(opcode, message, 0, end);
    }
    return at + size;
  }

  /** The message in memory of about its size, as who keeps it keeps all of that. */
  #fitting(): Buffer {
    const message = this.#message;
    if (message !== undefined && message.length <= 2 * this.#size) return message;
    const copy = Buffer.allocUnsafeSlow(this.#size);
    message?.copy(copy);
    return copy;
  }

  #room(size: number): Buffer {
    const old = this.#message;
    if (old !== undefined && old.length >= size) return old;
    const announced = this.#size + this.#missing;
    const room = Math.max(size, 2 * (old?.length ?? 0), this.#final ? FIRST_ROOM : FIRST_ROOM_IN_FRAGMENTS);
    const message = Buffer.allocUnsafeSlow(this.#final ? Math.min(room, announced) : room);
    if (old !== undefined) message.set(old.subarray(0, this.#size));
    return this.#message = message;
  }

  #deliver(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === Opcode.binary) {
      // A plain view, since a Buffer's `slice` and `toJSON` differ from a Uint8Array's.
      const { buffer, byteOffset } = bytes as Buffer<ArrayBuffer>;
      return this.#handler.message(new Uint8Array(buffer, byteOffset + start, end - start));
    }
    const text = bytes.toString("utf8", start, end);
    // What is no UTF-8 becomes this character, which few texts have.
    if (text.includes("\ufffd") && !isUtf8(bytes.subarray(start, end))) this.#fail(CloseCode.notUtf8, 0);
    else this.#handler.message(text);
  }

  #control(opcode: number, data: Buffer): void {
    if (opcode === Opcode.ping) this.#handler.pinged(data);
    else if (opcode === Opcode.close) this.#conclude(data);
  }

  #conclude(data: Buffer): void {
    if (data.length === 1) return void this.#fail(CloseCode.protocolError, 0);
    const code = data.length === 0 ? CloseCode.none : data.readUInt16BE(0);
    if (data.length > 0 && !maySend(code)) return void this.#fail(CloseCode.protocolError, 0);
    const reason = data.subarray(2);
    if (!isUtf8(reason)) return void this.#fail(CloseCode.notUtf8, 0);
    this.#ended = true;
    this.#handler.concluded(code, reason.toString());
  }

  #fail(code: number, at: number): number {
    this.#ended = true;
    this.#message = undefined;
    this.#handler.failed(code);
    return at;
  }
}
