import { Decoder, Encoder } from "@msgpack/msgpack";
import * as cbor2 from "cbor2";
import { Encoder as CborX } from "cbor-x";
import { Packr } from "msgpackr";
import { noteUri } from "../../src/codec/backend.ts";
import { createCodec, Payload } from "../../src/codec/mod.ts";
import type { Frame, Head, Serializer } from "../../src/codec/mod.ts";
import { MessageType } from "../../src/wire/mod.ts";
import { messages } from "./messages.ts";
import type { Batch, Message } from "./messages.ts";

/** What is measured. */
export type Operation = "scan" | "decode" | "encode" | "pass-through";

/** All of them, in the order of the results. */
export const OPERATIONS: readonly Operation[] = ["scan", "decode", "encode", "pass-through"];

/** A codec, ready to be measured. */
export interface Contestant {
  readonly name: string;
  readonly format: "msgpack" | "cbor" | "json";
  /** Whether it is of this package. */
  readonly ours: boolean;
  /** Gives the operation on a message, or nothing if it has no such. */
  prepare(operation: Operation, message: Message | Batch): (() => unknown) | undefined;
}

/** A codec of another package: values to bytes and back. */
interface Peer {
  encode(value: unknown): Uint8Array | string;
  decode(frame: never): unknown;
}

const NEW_REQUEST = 424_242;

function valuesOf(message: Message): unknown[] {
  const values: unknown[] = [...message.header, message.args];
  if (Object.keys(message.kwargs).length > 0) values.push(message.kwargs);
  return values;
}

function ours(name: string, serializer: Serializer): Contestant {
  const encode = (message: Message) => serializer.encode(message.header, Payload.of(message.args, message.kwargs));
  const each = (message: Message | Batch): readonly Message[] => "batch" in message ? message.batch : [message];

  const passOn = ({ payload }: Head) => serializer.encode([MessageType.RESULT, NEW_REQUEST, {}], payload);
  const decode = (frame: Frame) => serializer.decode(frame, 0, serializer.sizeOf(frame));

  function onFrame(operation: Operation, frame: Frame): unknown {
    if (operation === "decode") return decode(frame);
    const head = serializer.scan(frame);
    return operation === "scan" ? head : passOn(head);
  }

  function onBatch(operation: Operation, batch: Frame): unknown {
    if (operation === "decode") return Array.from(serializer.splitBatch(batch), decode);
    if (operation === "scan") return Array.from(serializer.scanBatch(batch));
    return serializer.joinBatch(Array.from(serializer.scanBatch(batch), passOn));
  }

  return {
    name,
    format: serializer.name as Contestant["format"],
    ours: true,
    prepare(operation, message) {
      const all = each(message);
      const isBatch = "batch" in message;
      if (operation === "encode") {
        return isBatch ? () => serializer.joinBatch(all.map(encode)) : () => encode(all[0]!);
      }
      const frames = all.map(encode);
      if (!isBatch) return () => onFrame(operation, frames[0]!);
      const joined = serializer.joinBatch(frames);
      return () => onBatch(operation, joined);
    },
  };
}

function peer(name: string, format: Contestant["format"], codec: Peer): Contestant {
  return {
    name,
    format,
    ours: false,
    prepare(operation, message) {
      // Their frames are not put into batches: they get them one by one, which is less to do.
      const all = ("batch" in message ? message.batch : [message]).map(valuesOf);
      if (operation === "scan" || format === "json" && message.name.endsWith("blob")) return undefined;
      if (operation === "encode") {
        return all.length === 1 ? () => codec.encode(all[0]) : () => all.map((values) => codec.encode(values));
      }
      const frames = all.map((values) => copy(codec.encode(values)) as never);
      const work = operation === "decode"
        ? (frame: never) => codec.decode(frame)
        : (frame: never) => codec.encode([MessageType.RESULT, NEW_REQUEST, {}, ...payloadOf(codec.decode(frame))]);
      return frames.length === 1 ? () => work(frames[0]!) : () => frames.map(work);
    },
  };
}

/** What stands behind the last header element of the messages that are measured: args, the first list, and kwargs. */
function payloadOf(message: unknown): unknown[] {
  const values = message as unknown[];
  return values.slice(values.findIndex(Array.isArray));
}

function copy(frame: Uint8Array | string): Uint8Array | string {
  return typeof frame === "string" ? frame : new Uint8Array(frame);
}

/** Everyone, ours first. */
export function contestants(): Contestant[] {
  // As in a router, which takes calls of what is registered.
  for (const message of messages.flatMap((one) => "batch" in one ? one.batch : [one])) {
    if (message.header[0] === MessageType.CALL) noteUri(message.header[3] as string);
  }
  const wasm = createCodec();
  const twin = createCodec({ backend: "typescript" });
  const encoder = new Encoder();
  const decoder = new Decoder();
  const packr = new Packr({ useRecords: false });
  const cborX = new CborX({ useRecords: false, mapsAsObjects: true });
  return [
    ours("msgpack, WASM", wasm.msgpack),
    ours("msgpack, TypeScript", twin.msgpack),
    peer("@msgpack/msgpack", "msgpack", {
      encode: (value) => encoder.encode(value),
      decode: (bytes) => decoder.decode(bytes),
    }),
    peer("msgpackr", "msgpack", { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) }),
    ours("cbor, WASM", wasm.cbor),
    ours("cbor, TypeScript", twin.cbor),
    peer("cbor-x", "cbor", { encode: (value) => cborX.encode(value), decode: (bytes) => cborX.decode(bytes) }),
    peer("cbor2", "cbor", { encode: (value) => cbor2.encode(value), decode: (bytes) => cbor2.decode(bytes) }),
    ours("json, WASM", wasm.json),
    ours("json, TypeScript", twin.json),
    peer("JSON", "json", { encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) }),
  ];
}
