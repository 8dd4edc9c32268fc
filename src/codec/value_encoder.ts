import type { Args, Dict } from "../wire/values.ts";
import type { EncodedPayload } from "./payload.ts";
import { Encoded } from "./serializer.ts";
import type { HeaderElement } from "./serializer.ts";
import { LIST, LONGEST_HEAD, NO_ROOM, NOT_PLAIN, PlainWriter } from "./plain_writer.ts";

/** Small enough that an event which is kept, and its slab with it, does no harm. */
const SLAB_SIZE = 16 * 1024;
/** Where less is left a new slab is begun at once. */
const LEAST_ROOM = 512;
/** Larger messages are arrays of their own. */
const LARGEST_CARVED = 4 * 1024;
/** So much is left before a large payload for the header of its message. */
const HEADER_ROOM = 256;
/** Up to this length a loop copies faster than the call that copies natively. */
const SHORT_COPY = 48;
/** The largest scratch memory that is kept for the next value. */
const LARGEST_KEPT = 1024 * 1024;

/** What encodes any value, and says what is wrong with one that it cannot encode. */
export interface AnyEncoder {
  /**
   * Encodes a value.
   *
   * @param value The value.
   * @param name What it is called in error texts.
   * @returns The bytes, in an array of their own.
   * @throws {WampError} `unserializable`
   */
  encode(value: unknown, name: string): Uint8Array<ArrayBuffer>;
}

/** Encodes values in a binary format: plain ones by a {@linkcode PlainWriter} straight into slabs, each byte used once, others by what can do all. */
export class ValueEncoder implements AnyEncoder {
  readonly #isCbor: boolean;
  readonly #any: AnyEncoder;
  readonly #levels: number;
  #idle: PlainWriter | undefined;
  #slab: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #used = 0;
  #scratch: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #wasLarge = false;

  /**
   * @param isCbor Whether the format is CBOR, not MessagePack.
   * @param levels How many levels of lists and dictionaries a value may have.
   * @param any What encodes the other values.
   */
  constructor(isCbor: boolean, levels: number, any: AnyEncoder) {
    this.#isCbor = isCbor;
    this.#levels = levels;
    this.#any = any;
    this.#idle = new PlainWriter(isCbor);
  }

  encode(value: unknown, name: string): Uint8Array<ArrayBuffer> {
    const { data, start, end } = this.encodeHere(value, name);
    return (data as Uint8Array<ArrayBuffer>).slice(start, end);
  }

  /**
   * Encodes a value that is not kept: what is around it may be much larger.
   *
   * @param value The value.
   * @param name What it is called in error texts.
   * @returns The bytes.
   * @throws {WampError} `unserializable`
   */
  encodeHere(value: unknown, name: string): EncodedPayload {
    return this.#writePlain(value, undefined, 1) ?? whole(this.#any.encode(value, name), 1);
  }

  /**
   * Encodes args, and kwargs if they are given.
   *
   * @param args Positional arguments.
   * @param kwargs Keyword arguments.
   * @returns Both, one behind the other.
   * @throws {WampError} `unserializable`
   */
  encodeBoth(args: Args, kwargs: Dict | undefined): EncodedPayload {
    const plain = this.#writePlain(args, kwargs, kwargs === undefined ? 1 : 2);
    if (plain !== undefined) return plain;
    const first = this.#any.encode(args, "args");
    if (kwargs === undefined) return whole(first, 1);
    const second = this.#any.encode(kwargs, "kwargs");
    const data = new Uint8Array(first.length + second.length);
    data.set(first);
    data.set(second, first.length);
    return whole(data, 2);
  }

  /**
   * Writes a message.
   *
   * @param elements The type code and the elements before the payload.
   * @param payload The payload, if there is one.
   * @returns The frame.
   * @throws {WampError} `unserializable`
   */
  encodeMessage(elements: readonly HeaderElement[], payload: EncodedPayload | undefined): Uint8Array<ArrayBuffer> {
    return this.#encodePlain(elements, payload) ?? this.#encodeAny(elements, payload);
  }

  /**
   * Writes a message and its payload in one pass, which takes less than to put a payload behind a header.
   *
   * @param elements The type code and the elements before the payload.
   * @param args Positional arguments.
   * @param kwargs Keyword arguments, if there are any.
   * @returns The payload, whose `data` is the frame; undefined when something is not plain, or may be long: the other ways can do it.
   */
  encodeWhole(elements: readonly HeaderElement[], args: Args, kwargs: Dict | undefined): EncodedPayload | undefined {
    const writer = this.#wasLarge ? undefined : this.#claim();
    if (writer === undefined) return undefined;
    try {
      const slab = this.#slabFor(LEAST_ROOM);
      const first = this.#used;
      const count = kwargs === undefined ? 1 : 2;
      const start = this.#writeHeader(writer, slab, first, elements, count);
      if (start < 0) return undefined;
      const end = this.#write(writer, slab, start, args, kwargs);
      // What has no room here need not be tried once more.
      this.#wasLarge = end === NO_ROOM;
      if (end < 0) return undefined;
      this.#used = end;
      return { data: new Uint8Array(slab.buffer, first, end - first), start: start - first, end: end - first, count };
    } catch {
      // A getter, or a proxy. Whatever it is, the other way tells.
      return undefined;
    } finally {
      this.#idle = writer;
    }
  }

  /** Takes the writer, to be put back into `#idle`; undefined where the other way has to be gone. */
  #claim(): PlainWriter | undefined {
    // What somebody has added to all objects would be taken for an entry of each.
    for (const _ in Object.prototype) return undefined;
    const writer = this.#idle;
    // There is none while a getter encodes a message of its own.
    this.#idle = undefined;
    return writer;
  }

  /** Gives undefined when the header is not plain, or long. */
  #encodePlain(
    elements: readonly HeaderElement[],
    payload: EncodedPayload | undefined,
  ): Uint8Array<ArrayBuffer> | undefined {
    const size = payload === undefined ? 0 : payload.end - payload.start;
    const isLarge = size > LARGEST_CARVED;
    const writer = this.#claim();
    if (writer === undefined) return undefined;
    try {
      const slab = this.#slabFor(LEAST_ROOM + (isLarge ? 0 : size));
      let at = this.#writeHeader(writer, slab, this.#used, elements, payload === undefined ? 0 : payload.count);
      if (isLarge) return at < 0 ? undefined : putBefore(slab, this.#used, at, payload as EncodedPayload);
      if (at < 0 || at + size > slab.length) return undefined;
      if (payload !== undefined) at = copyPart(payload, slab, at);
      const frame = new Uint8Array(slab.buffer, this.#used, at - this.#used);
      this.#used = at;
      return frame;
    } catch {
      return undefined;
    } finally {
      this.#idle = writer;
    }
  }

  /** Writes all before the payload, of `count` elements; returns where that ends, or as the writer does. */
  #writeHeader(
    writer: PlainWriter,
    slab: Uint8Array<ArrayBuffer>,
    start: number,
    elements: readonly HeaderElement[],
    count: number,
  ): number {
    writer.aim(slab);
    let at = writer.head(start, LIST, elements.length + count);
    for (let index = 0; index < elements.length && at >= 0; index++) {
      const element = elements[index] as HeaderElement;
      if (typeof element === "number" && at + LONGEST_HEAD <= slab.length) at = writer.integer(at, element);
      else if (element instanceof Encoded) at = copyWhole(element.data as Uint8Array, slab, at);
      else at = writer.write(at, element, this.#levels);
    }
    return at;
  }

  /** Writes a message into an array of its own. */
  #encodeAny(elements: readonly HeaderElement[], payload: EncodedPayload | undefined): Uint8Array<ArrayBuffer> {
    // Whatever runs code of the application comes first: it may encode another message.
    const dicts = elements.map((element) =>
      typeof element !== "object"
        ? undefined
        : element instanceof Encoded
        ? whole(element.data as Uint8Array<ArrayBuffer>, 1)
        : this.encodeHere(element, "options")
    );
    let size = LONGEST_HEAD + (payload === undefined ? 0 : payload.end - payload.start);
    elements.forEach((element, index) => {
      const dict = dicts[index];
      if (dict !== undefined) size += dict.end - dict.start;
      else size += LONGEST_HEAD + (typeof element === "string" ? element.length * 3 : 0);
    });
    const bytes = new Uint8Array(size);
    const writer = this.#idle ?? new PlainWriter(this.#isCbor);
    writer.aim(bytes);
    let at = writer.head(0, LIST, elements.length + (payload?.count ?? 0));
    elements.forEach((element, index) => {
      const dict = dicts[index];
      if (dict !== undefined) at = copyPart(dict, bytes, at);
      else if (typeof element === "number") at = writer.integer(at, element);
      else at = writer.write(at, element, 0);
    });
    if (payload !== undefined) at = copyPart(payload, bytes, at);
    writer.aim(this.#slab); // it shall not keep the frame
    return new Uint8Array(bytes.buffer, 0, at);
  }

  /** Gives undefined for what is not plain. */
  #writePlain(first: unknown, second: unknown, count: 1 | 2): EncodedPayload | undefined {
    const writer = this.#claim();
    if (writer === undefined) return undefined;
    try {
      if (this.#wasLarge) return this.#writeToScratch(writer, first, second, count);
      const slab = this.#slabFor(LEAST_ROOM);
      const start = this.#used;
      const end = this.#write(writer, slab, start, first, second);
      if (end === NO_ROOM) return this.#writeToScratch(writer, first, second, count);
      if (end === NOT_PLAIN) return undefined;
      this.#used = end;
      return { data: slab, start, end, count };
    } catch {
      // A getter, or a proxy. Whatever it is, the other way tells.
      return undefined;
    } finally {
      writer.aim(this.#slab); // it shall not keep a large scratch
      this.#idle = writer;
    }
  }

  /** Writes what did not fit into the slab, and after a large value the next one at once. */
  #writeToScratch(writer: PlainWriter, first: unknown, second: unknown, count: 1 | 2): EncodedPayload | undefined {
    const end = this.#write(writer, this.#scratch, HEADER_ROOM, first, second, true);
    const scratch = writer.bytes;
    this.#scratch = scratch.length > LARGEST_KEPT ? new Uint8Array(0) : scratch;
    this.#wasLarge = end > SLAB_SIZE;
    // What was small did not fit into the rest of the slab.
    if (!this.#wasLarge) this.#used = this.#slab.length;
    if (end === NOT_PLAIN) return undefined;
    // To copy from an array takes less than to make one of zeros and fill it.
    const data = new Uint8Array(scratch.subarray(0, end));
    return { data, start: HEADER_ROOM, end, count, room: HEADER_ROOM };
  }

  #write(
    writer: PlainWriter,
    bytes: Uint8Array<ArrayBuffer>,
    at: number,
    first: unknown,
    second: unknown,
    grows?: boolean,
  ): number {
    writer.aim(bytes, grows);
    const end = writer.write(at, first, this.#levels);
    return end < 0 || second === undefined ? end : writer.write(end, second, this.#levels);
  }

  /** Gives the slab, or a new one where less room is left. */
  #slabFor(room: number): Uint8Array<ArrayBuffer> {
    if (this.#slab.length - this.#used < room) {
      this.#slab = new Uint8Array(SLAB_SIZE);
      this.#used = 0;
    }
    return this.#slab;
  }
}

/** Puts a header before a large payload: where there is room for it, once, or else before a copy of the payload. */
function putBefore(from: Uint8Array, start: number, end: number, payload: EncodedPayload): Uint8Array<ArrayBuffer> {
  const size = end - start;
  const header = from.subarray(start, end);
  const data = payload.data as Uint8Array<ArrayBuffer>;
  if (size <= (payload.room ?? 0)) {
    payload.room = 0;
    const first = payload.start - size;
    data.set(header, first);
    return new Uint8Array(data.buffer, data.byteOffset + first, size + payload.end - payload.start);
  }
  const first = payload.start - size;
  if (first >= 0) {
    // To copy what happens to lie before the payload, too, takes less than to make an array of zeros and fill it.
    const copy = new Uint8Array(data.subarray(first, payload.end));
    copy.set(header);
    return copy;
  }
  const frame = new Uint8Array(size + payload.end - payload.start);
  frame.set(header);
  frame.set(data.subarray(payload.start, payload.end), size);
  return frame;
}

/** Gives `NO_ROOM`, or where the copy ends. */
function copyWhole(from: Uint8Array, to: Uint8Array, at: number): number {
  if (at + from.length > to.length) return NO_ROOM;
  to.set(from, at);
  return at + from.length;
}

function copyPart({ data, start, end }: EncodedPayload, to: Uint8Array, at: number): number {
  const from = data as Uint8Array;
  const size = end - start;
  if (size <= SHORT_COPY) { for (let index = 0; index < size; index++) to[at + index] = from[start + index] as number; }
  else if (from === to) to.copyWithin(at, start, end);
  else to.set(from.subarray(start, end), at);
  return at + size;
}

/**
 * Puts bytes that are an array of their own as a payload.
 *
 * @param data The bytes.
 * @param count How many elements they are.
 * @returns All of them.
 */
export function whole(data: Uint8Array<ArrayBuffer>, count: 1 | 2): EncodedPayload {
  return { data, start: 0, end: data.length, count };
}
