import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Frame } from "../codec/serializer.ts";
import { FrameKind, PREFIX_SIZE, writePrefix } from "./rawsocket_framing.ts";

const SLAB_SIZE = 64 * 1024;
/** From this length on a frame is handed to the socket as it is instead of being copied behind the others. */
const LARGE = 8 * 1024;

/** Writes a turn's frames to a socket: small ones side by side into one piece of memory, large ones uncopied. */
export class RawSocketWriter {
  readonly #socket: Socket;
  #slab: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** @param socket Where to. */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Writes messages.
   *
   * @param frames The messages, at least one.
   * @param written Called when the socket has handed them on.
   */
  write(frames: readonly Frame[], written: () => void): void {
    const last = frames.length - 1;
    // Small frames are one write as it is, and a cork more than halves what Bun can do.
    const corked = frames.some((frame) => (frame as string | Uint8Array).length >= LARGE);
    if (corked) this.#socket.cork();
    for (const [index, frame] of (frames as readonly (string | Uint8Array)[]).entries()) {
      const told = index === last ? written : undefined;
      if (frame.length >= LARGE) this.#large(typeof frame === "string" ? Buffer.from(frame) : frame, told);
      else if (typeof frame === "string") this.#text(frame);
      else this.#bytes(FrameKind.message, frame);
    }
    this.#flush(written);
    if (corked) this.#socket.uncork();
  }

  /**
   * Writes a frame that is no message.
   *
   * @param kind What it is for.
   * @param bytes What it carries.
   * @param written Called when the socket has handed it on.
   */
  writeControl(kind: number, bytes: Uint8Array, written: () => void): void {
    if (bytes.length >= LARGE) return this.#large(bytes, written, kind);
    this.#bytes(kind, bytes);
    this.#flush(written);
  }

  #text(text: string): void {
    this.#reserve(PREFIX_SIZE + 3 * text.length);
    const size = this.#slab.write(text, this.#end + PREFIX_SIZE);
    writePrefix(this.#slab, this.#end, FrameKind.message, size);
    this.#end += PREFIX_SIZE + size;
  }

  #bytes(kind: number, bytes: Uint8Array): void {
    this.#reserve(PREFIX_SIZE + bytes.length);
    writePrefix(this.#slab, this.#end, kind, bytes.length);
    this.#slab.set(bytes, this.#end + PREFIX_SIZE);
    this.#end += PREFIX_SIZE + bytes.length;
  }

  #large(bytes: Uint8Array, written: (() => void) | undefined, kind: number = FrameKind.message): void {
    this.#reserve(PREFIX_SIZE);
    writePrefix(this.#slab, this.#end, kind, bytes.length);
    this.#end += PREFIX_SIZE;
    this.#flush();
    this.#socket.write(bytes, written);
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#slab.length) return;
    this.#flush();
    // The socket may still hold the old slab, so it is left to it.
    this.#slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    this.#start = this.#end = 0;
  }

  #flush(written?: () => void): void {
    if (this.#start === this.#end) return;
    this.#socket.write(this.#slab.subarray(this.#start, this.#end), written);
    this.#start = this.#end;
  }
}
