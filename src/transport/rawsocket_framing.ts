import { ProtocolViolation } from "../wire/errors.ts";

/** The octets of a handshake, and of what stands before each frame. */
export const PREFIX_SIZE = 4;
/** The smallest limit that a side can ask for, in bytes. */
export const SMALLEST_LIMIT = 512;
/** The largest limit that a side can ask for, in bytes. */
export const LARGEST_LIMIT: number = 16 * 1024 * 1024;

/** What a frame is for. */
export const FrameKind = { message: 0, ping: 1, pong: 2 } as const;

/** Why a router refuses a handshake. */
export const HandshakeError = {
  serializerUnsupported: 1,
  lengthUnacceptable: 2,
  reservedBits: 3,
  connectionLimit: 4,
} as const;

const MAGIC = 0x7f;
const FIRST_BUFFER = 64 * 1024;

/** The serializers that have a number on the wire, by their WebSocket subprotocols. */
const serializerNumbers: { readonly [subprotocol: string]: number } = {
  "wamp.2.json": 1,
  "wamp.2.msgpack": 2,
  "wamp.2.cbor": 3,
};

/** What a handshake says. */
export interface Handshake {
  /** The largest frame, in bytes, that its sender takes. */
  readonly limit: number;
  /** The number of the serializer; 0 in a refusal. */
  readonly serializer: number;
  /** In a refusal, why; otherwise 0. */
  readonly error: number;
}

/**
 * Finds the number of a serializer.
 *
 * @param subprotocol Its WebSocket subprotocol, unbatched.
 * @returns The number; undefined where it has none.
 *
 * @see WAMP advanced profile, "RawSocket Transport"
 */
export function serializerNumber(subprotocol: string): number | undefined {
  return serializerNumbers[subprotocol];
}

/**
 * Finds the serializer that a number means.
 *
 * @param number The number.
 * @returns Its WebSocket subprotocol; undefined for one that is reserved or not spoken here.
 */
export function subprotocolOf(number: number): string | undefined {
  return Object.keys(serializerNumbers).find((subprotocol) => serializerNumbers[subprotocol] === number);
}

/**
 * Tells whether a size can be asked for as a limit.
 *
 * @param size A size in bytes.
 * @returns Whether it is a power of two from 512 to 16 MiB.
 */
export function isLimit(size: number): boolean {
  return size >= SMALLEST_LIMIT && size <= LARGEST_LIMIT && Number.isInteger(Math.log2(size));
}

/**
 * Writes a handshake, or the answer that accepts one.
 *
 * @param limit The largest frame, in bytes, that is taken here; a power of two from 512 to 16 MiB.
 * @param serializer The number of the serializer.
 * @returns The four octets.
 */
export function writeHandshake(limit: number, serializer: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(MAGIC, (Math.log2(limit) - 9) << 4 | serializer, 0, 0);
}

/**
 * Writes the answer that refuses a handshake.
 *
 * @param error Why.
 * @returns The four octets.
 */
export function writeRefusal(error: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(MAGIC, error << 4, 0, 0);
}

/**
 * Reads a handshake or its answer. The reserved octets may be anything: routers in use take it so.
 *
 * @param octets The first four octets; of fewer, only the first is looked at.
 * @returns What it says; undefined as long as it is not complete.
 * @throws {ProtocolViolation} When it cannot become a handshake.
 */
export function readHandshake(octets: Uint8Array): Handshake | undefined {
  const [magic, second = 0] = octets;
  if (magic !== undefined && magic !== MAGIC) {
    throw new ProtocolViolation(
      `Cannot take a connection that begins with ${hex(magic)}: RawSocket begins with ${hex(MAGIC)}`,
    );
  }
  if (octets.length < PREFIX_SIZE) return undefined;
  const serializer = second & 15;
  const high = second >> 4;
  return { limit: SMALLEST_LIMIT << high, serializer, error: serializer === 0 ? high : 0 };
}

/**
 * Writes what stands before a frame.
 *
 * @param into Where to.
 * @param at Where there.
 * @param kind What the frame is for.
 * @param size Its size in bytes, at most 16 MiB.
 */
export function writePrefix(into: Uint8Array, at: number, kind: number, size: number): void {
  // The fourth bit of the first octet is the 25th of the length, so that 16 MiB can be said.
  into[at] = (size >>> 24) << 3 | kind;
  into[at + 1] = size >>> 16;
  into[at + 2] = size >>> 8;
  into[at + 3] = size;
}

/** Puts frames together from what a stream hands over in pieces of any size. */
export class FrameReader {
  readonly #limit: number;
  readonly #frame: (kind: number, bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #prefix: Uint8Array = new Uint8Array(PREFIX_SIZE);
  #prefixFilled = 0;
  #kind = 0;
  /** How long the frame is that is being put together. */
  #size = 0;
  #body: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #bodyFilled = 0;

  /**
   * @param limit The largest frame, in bytes, that is taken.
   * @param frame Called for each frame; its bytes may be a part of a piece that was handed over.
   */
  constructor(limit: number, frame: (kind: number, bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#limit = limit;
    this.#frame = frame;
  }

  /** Whether something of a frame has come and its end has not. */
  get midway(): boolean {
    return this.#prefixFilled > 0;
  }

  /**
   * Takes what came.
   *
   * @param piece The bytes; they must not change afterwards.
   * @throws {ProtocolViolation} When a frame is too large, or no frame; the stream is of no use then.
   */
  take(piece: Uint8Array<ArrayBuffer>): void {
    let at = 0;
    for (;;) {
      if (this.#prefixFilled < PREFIX_SIZE) {
        at += this.#takePrefix(piece, at);
        if (this.#prefixFilled < PREFIX_SIZE) return;
      }
      const missing = this.#size - this.#bodyFilled;
      if (this.#bodyFilled === 0 && piece.length - at >= missing) {
        this.#finish(piece.subarray(at, at + missing));
      } else {
        const part = piece.subarray(at, at + missing);
        this.#append(part);
        if (part.length < missing) return;
        this.#finish(this.#body.subarray(0, this.#size));
      }
      at += missing;
    }
  }

  #takePrefix(piece: Uint8Array, at: number): number {
    const part = piece.subarray(at, at + PREFIX_SIZE - this.#prefixFilled);
    this.#prefix.set(part, this.#prefixFilled);
    this.#prefixFilled += part.length;
    if (this.#prefixFilled === PREFIX_SIZE) this.#readPrefix();
    return part.length;
  }

  #readPrefix(): void {
    const [first = 0, high = 0, middle = 0, low = 0] = this.#prefix;
    const kind = first & 7;
    const size = (first & 8) * 0x20_0000 + (high << 16) + (middle << 8) + low;
    if (first > 15 || kind > FrameKind.pong) {
      throw new ProtocolViolation(`Cannot take a frame that begins with ${hex(first)}: it is of no known kind`);
    }
    if (size > this.#limit) {
      const text = `Cannot take a frame of ${size} bytes: the limit is ${this.#limit}`;
      throw new ProtocolViolation(text, { limit: "messageSize" });
    }
    this.#kind = kind;
    this.#size = size;
  }

  // Grows with what has come: a length that is only announced costs nothing.
  #append(part: Uint8Array): void {
    const filled = this.#bodyFilled + part.length;
    if (filled > this.#body.length) {
      const larger = new Uint8Array(Math.min(this.#size, Math.max(filled, 2 * this.#body.length, FIRST_BUFFER)));
      larger.set(this.#body.subarray(0, this.#bodyFilled));
      this.#body = larger;
    }
    this.#body.set(part, this.#bodyFilled);
    this.#bodyFilled = filled;
  }

  #finish(bytes: Uint8Array<ArrayBuffer>): void {
    this.#prefixFilled = 0;
    this.#bodyFilled = 0;
    this.#body = new Uint8Array(0);
    this.#frame(this.#kind, bytes);
  }
}

function hex(octet: number): string {
  return `0x${octet.toString(16).padStart(2, "0")}`;
}
