import { Buffer } from "node:buffer";

/** The procedure that is called. */
export const PROCEDURE = "com.example.bench.echo";

/** The serializers that are measured. */
export type Format = "json" | "msgpack" | "cbor";

/** The topic that is published to. */
export const TOPIC = "com.example.bench.news";

/** Stands for the request id in a template: a field of fixed width, patched in place. */
export const ID: unique symbol = Symbol("id");

/** The same for ids beyond 32 bits, which routers may choose for invocations. */
const WIDE_ID: unique symbol = Symbol("wide id");

/** What a message of the load is made of. */
export type Value = number | string | typeof ID | typeof WIDE_ID | readonly Value[] | { readonly [key: string]: Value };

/** A message, encoded once, with a field for its request id. */
export interface Template {
  /** The message as it goes into a frame. */
  readonly bytes: Buffer;
  /** Where the field begins; 0 or 1 when there is none. */
  readonly idAt: number;
  /** How many bytes it has. */
  readonly idSize: number;
}

/** The messages of the load in one format. */
export interface Messages {
  readonly format: Format;
  readonly realm: string;
  readonly subprotocol: string;
  readonly binary: boolean;
  readonly hello: Template;
  readonly register: Template;
  readonly call: Template;
  readonly yield: Template;
  /** For ids beyond 32 bits. */
  readonly wideYield: Template;
  readonly subscribe: Template;
  readonly publish: Template;
  /** Encodes any other message. */
  template(value: Value): Template;
  /** Where the request id begins in what the router sends. */
  readonly replyIdAt: number;
  /** The same of an ERROR that answers a CALL. */
  readonly errorIdAt: number;
}

/** What a peer of the load announces. */
export const ROLES: Value = { caller: {}, callee: {}, publisher: {}, subscriber: {} };

/** JSON has no leading zeros, but white space: ids are aligned right in this many characters. */
const JSON_ID_SIZE = 10;
const JSON_WIDE_ID_SIZE = 16;

/**
 * Encodes the messages of the load.
 *
 * @param format In which format.
 * @param realm The realm to join.
 * @param payload The text that every call carries.
 * @returns The messages.
 */
export function messagesOf(format: Format, realm: string, payload: string): Messages {
  const encode = (value: Value): Template => {
    const parts: Buffer[] = [];
    encoders[format](value, parts);
    const narrow = parts.indexOf(idField[format]);
    const at = Math.max(narrow, parts.indexOf(wideIdField[format]));
    const idAt = parts.slice(0, Math.max(at, 0)).reduce((sum, part) => sum + part.length, 0);
    // In the binary formats a byte that tells the type comes before the bytes of the id.
    const before = format === "json" ? 0 : 1;
    const idSize = (narrow >= 0 ? idField : wideIdField)[format].length - before;
    return { bytes: Buffer.concat(parts), idAt: idAt + before, idSize };
  };
  return {
    format,
    realm,
    subprotocol: `wamp.2.${format}`,
    binary: format !== "json",
    hello: encode([1, realm, { roles: ROLES }]),
    register: encode([64, ID, {}, PROCEDURE]),
    call: encode([48, ID, {}, PROCEDURE, [payload]]),
    yield: encode([70, ID, {}, [payload]]),
    wideYield: encode([70, WIDE_ID, {}, [payload]]),
    subscribe: encode([32, ID, {}, TOPIC]),
    publish: encode([16, ID, {}, TOPIC, [payload]]),
    template: encode,
    replyIdAt: { json: 4, msgpack: 2, cbor: 3 }[format],
    errorIdAt: { json: 6, msgpack: 3, cbor: 4 }[format],
  };
}

const idField: Record<Format, Buffer> = {
  json: Buffer.from("0".padStart(JSON_ID_SIZE)),
  msgpack: Buffer.from([0xce, 0, 0, 0, 0]),
  cbor: Buffer.from([0x1a, 0, 0, 0, 0]),
};

const wideIdField: Record<Format, Buffer> = {
  json: Buffer.from("0".padStart(JSON_WIDE_ID_SIZE)),
  msgpack: Buffer.from([0xcf, 0, 0, 0, 0, 0, 0, 0, 0]),
  cbor: Buffer.from([0x1b, 0, 0, 0, 0, 0, 0, 0, 0]),
};

/** The head of a value: what says that it is short, or the code before one, two or four bytes that say how long it is. */
function headOf(length: number, short: number, longest: number, codes: readonly [number, number, number]): Buffer {
  if (length < longest) return Buffer.from([short | length]);
  if (length < 1 << 8) return Buffer.from([codes[0], length]);
  if (length < 1 << 16) return Buffer.from([codes[1], length >> 8, length & 255]);
  return Buffer.from([codes[2], length >>> 24, length >> 16 & 255, length >> 8 & 255, length & 255]);
}

const encoders: Record<Format, (value: Value, into: Buffer[]) => void> = {
  json(value, into) {
    if (value === ID) into.push(idField.json);
    else if (value === WIDE_ID) into.push(wideIdField.json);
    else if (isList(value)) {
      value.forEach((one, i) => {
        into.push(Buffer.from(i === 0 ? "[" : ","));
        encoders.json(one, into);
      });
      into.push(Buffer.from(value.length === 0 ? "[]" : "]"));
    } else into.push(Buffer.from(JSON.stringify(value)));
  },
  msgpack(value, into) {
    if (value === ID) into.push(idField.msgpack);
    else if (value === WIDE_ID) into.push(wideIdField.msgpack);
    else if (typeof value === "number") into.push(Buffer.from([value]));
    else if (typeof value === "string") {
      const text = Buffer.from(value);
      into.push(headOf(text.length, 0xa0, 32, [0xd9, 0xda, 0xdb]), text);
    } else if (isList(value)) {
      into.push(Buffer.from([0x90 | value.length]));
      for (const one of value) encoders.msgpack(one, into);
    } else {
      into.push(Buffer.from([0x80 | Object.keys(value).length]));
      for (const entry of Object.entries(value)) for (const one of entry) encoders.msgpack(one, into);
    }
  },
  cbor(value, into) {
    const head = (major: number, count: number): Buffer =>
      headOf(count, major << 5, 24, [major << 5 | 24, major << 5 | 25, major << 5 | 26]);
    if (value === ID) into.push(idField.cbor);
    else if (value === WIDE_ID) into.push(wideIdField.cbor);
    else if (typeof value === "number") into.push(head(0, value));
    else if (typeof value === "string") {
      const text = Buffer.from(value);
      into.push(head(3, text.length), text);
    } else if (isList(value)) {
      into.push(head(4, value.length));
      for (const one of value) encoders.cbor(one, into);
    } else {
      into.push(head(5, Object.keys(value).length));
      for (const entry of Object.entries(value)) for (const one of entry) encoders.cbor(one, into);
    }
  },
};

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/**
 * Writes a request id into a template's field.
 *
 * @param format The format of the message.
 * @param into Where the message is.
 * @param at Where the field is.
 * @param size How many bytes the field has.
 * @param id The request id.
 */
export function writeId(format: Format, into: Buffer, at: number, size: number, id: number): void {
  if (format !== "json") {
    into.writeUInt32BE(id >>> 0, at + size - 4);
    if (size === 8) into.writeUInt32BE(Math.floor(id / 2 ** 32), at);
    return;
  }
  let rest = id;
  for (let i = at + size - 1; i >= at; i--) {
    into[i] = rest === 0 && id !== 0 && i < at + size - 1 ? 0x20 : 0x30 + rest % 10;
    rest = Math.floor(rest / 10);
  }
}

/**
 * Reads the request id of a message that the router sent.
 *
 * @param format The format of the message.
 * @param bytes Where the message is.
 * @param at Where the id begins.
 * @returns The id.
 */
export function readId(format: Format, bytes: Buffer, at: number): number {
  if (format === "json") {
    let id = 0;
    for (let i = at; bytes[i] !== 0x2c; i++) {
      if (bytes[i] !== 0x20) id = id * 10 + (bytes[i]! - 0x30);
    }
    return id;
  }
  const first = bytes[at]!;
  if (format === "msgpack") {
    if (first < 128) return first;
    if (first === 0xcc) return bytes[at + 1]!;
    if (first === 0xcd) return bytes.readUInt16BE(at + 1);
    if (first === 0xce) return bytes.readUInt32BE(at + 1);
    if (first === 0xcf) return bytes.readUInt32BE(at + 1) * 2 ** 32 + bytes.readUInt32BE(at + 5);
  } else {
    if (first < 24) return first;
    if (first === 0x18) return bytes[at + 1]!;
    if (first === 0x19) return bytes.readUInt16BE(at + 1);
    if (first === 0x1a) return bytes.readUInt32BE(at + 1);
    if (first === 0x1b) return bytes.readUInt32BE(at + 1) * 2 ** 32 + bytes.readUInt32BE(at + 5);
  }
  throw new Error(`Cannot read an id at ${at} of ${bytes.toString("hex")}`);
}

/**
 * Reads the type code of a message that the router sent.
 *
 * @param format The format of the message.
 * @param bytes Where the message is.
 * @param at Where it begins.
 * @returns The type code.
 */
export function readType(format: Format, bytes: Buffer, at: number): number {
  if (format === "msgpack") return bytes[at + 1]!;
  if (format === "cbor") return bytes[at + 1] === 0x18 ? bytes[at + 2]! : bytes[at + 1]!;
  const second = bytes[at + 2]!;
  return second === 0x2c ? bytes[at + 1]! - 0x30 : (bytes[at + 1]! - 0x30) * 10 + second - 0x30;
}
