import type { Args, Dict, WampValue } from "../wire/values.ts";
import { isEmptyDict } from "../wire/values.ts";
import { joinBytes, LENGTH_PREFIX, lengthAt, splitBytes } from "./batch.ts";
import { budget, CROWDED_BYTES, tooMuch } from "./containers.ts";
import type { CodecCore, Header } from "./core.ts";
import { Flag, ROW, Slot } from "./core.ts";
import { faultError } from "./fault.ts";
import * as Fault from "./fault_code.ts";
import { fillHead } from "./fill_head.ts";
import { Head, isOpaqueAllowed } from "./head.ts";
import { Materializer } from "./materialize.ts";
import type { MapKeys } from "./materialize.ts";
import { Payload } from "./payload.ts";
import { PayloadInFrame } from "./payload_in_frame.ts";
import type { EncodedPayload } from "./payload.ts";
import { Encoded } from "./serializer.ts";
import type { Frame, HeaderElement, Serializer } from "./serializer.ts";
import { readText } from "./utf8.ts";
import type { ValueEncoder } from "./value_encoder.ts";
import { violation } from "./violation.ts";

/** One binary format. */
export interface BinaryFormat {
  /** Its name on the wire. */
  readonly name: "msgpack" | "cbor";
  /** Its name for people. */
  readonly label: string;
  /** Encodes values and messages. */
  readonly values: ValueEncoder;
}

/**
 * Makes a serializer for a binary format.
 *
 * @param format The format, and how it writes.
 * @param core How it reads.
 * @param mapKeys What becomes of a dictionary with keys that are not strings.
 * @returns The serializer.
 */
export function binarySerializer(format: BinaryFormat, core: CodecCore, mapKeys: MapKeys): Serializer {
  const materializer = new Materializer(mapKeys);

  function scan(frame: Frame): Head {
    const bytes = asBytes(format, frame);
    return scanPart(bytes, 0, bytes.length);
  }

  function scanPart(bytes: Uint8Array<ArrayBuffer>, start: number, end: number): Head {
    const header = core.scan(bytes, start, end);
    const { words } = header;
    const code = words[Slot.fault] as number;
    if (code !== 0) throw fail(bytes, end, code, words[Slot.faultAt] as number, words[Slot.type]);
    return headOf(bytes, header, 0);
  }

  /** Makes the head of what has been scanned, from its row. */
  function headOf(bytes: Uint8Array<ArrayBuffer>, header: Header, row: number): Head {
    const { words } = header;
    const at = row * ROW;
    const head = new Head(serializer, bytes);
    fillHead(head, header, row);
    const flags = words[at + Slot.flags] as number;
    const uriEnd = words[at + Slot.uriEnd] as number;
    if (uriEnd !== 0) {
      const uriStart = words[at + Slot.uriStart] as number;
      const uriSlot = words[at + Slot.uriSlot] as number;
      if (uriSlot !== 0) head.uri = core.uris[uriSlot] as string;
      else if ((flags & Flag.chunkedUri) === 0) head.uri = readText(bytes, uriStart, uriEnd);
      else head.uri = decode(bytes, uriStart, uriEnd) as string;
    }
    const argsStart = words[at + Slot.argsStart] as number;
    const argsEnd = words[at + Slot.argsEnd] as number;
    const kwargsStart = words[at + Slot.kwargsStart] as number;
    if ((flags & Flag.opaque) !== 0) head.payload = opaque(bytes, head, argsStart, argsEnd);
    else if (argsStart >= 0 || kwargsStart >= 0) {
      const kwargsEnd = words[at + Slot.kwargsEnd] as number;
      const start = words[at + Slot.start] as number;
      head.payload = Payload.received(
        new PayloadInFrame(serializer, bytes, argsStart, argsEnd, kwargsStart, kwargsEnd, argsStart - start),
      );
    }
    return head;
  }

  function* scanBatch(batch: Frame): Generator<Head, void> {
    const bytes = asBytes(format, batch);
    for (let at = 0; at < bytes.length || at === 0;) {
      const heads = scanSome(bytes, at);
      for (const head of heads) {
        at += LENGTH_PREFIX + head.size;
        yield head;
      }
    }
  }

  /** Scans one message of a batch or more; what is wrong with a message is said when it is the first. */
  function scanSome(bytes: Uint8Array<ArrayBuffer>, at: number): Head[] {
    const header = core.scanBatch(bytes, at, bytes.length);
    if (header.count === 0) {
      const start = at + LENGTH_PREFIX;
      return [scanPart(bytes, start, start + lengthAt(format.label, bytes, at))];
    }
    const heads: Head[] = [];
    try {
      for (let row = 0; row < header.count; row++) heads.push(headOf(bytes, header, row));
    } catch (error) {
      if (heads.length === 0) throw error;
    }
    return heads;
  }

  function opaque(frame: Frame, head: Head, start: number, end: number): Payload {
    if (isOpaqueAllowed(head.options)) return Payload.received(new PayloadInFrame(serializer, frame, start, end), true);
    throw violation(format.label, start, "args (a list), since options name no enc_algo");
  }

  function decode(frame: Frame, start: number, end: number): WampValue {
    const bytes = asBytes(format, frame);
    const tape = core.decode(bytes, start, end);
    if (tape.fault !== 0) throw fail(bytes, end, tape.fault, tape.faultAt);
    try {
      return materializer.make(tape, bytes);
    } catch (error) {
      if (error instanceof TypeError) throw violation(format.label, start, "text in UTF-8");
      throw error;
    }
  }

  function fail(bytes: Uint8Array, end: number, code: number, at: number, type?: number): Error {
    return faultError(format.label, bytes, end, code, at, type);
  }

  function encode(elements: readonly HeaderElement[], payload?: Payload): Frame {
    const frame = write(elements, payload);
    if (frame.length >= CROWDED_BYTES && payload?.isAsItCame(serializer) !== true && isCrowded(frame)) {
      throw tooMuch(format.label);
    }
    return frame;
  }

  /** What was written here is passed over as whoever receives it does. */
  function isCrowded(frame: Uint8Array): boolean {
    budget.isOurs = true;
    try {
      return core.scan(frame, 0, frame.length).words[Slot.fault] === Fault.tooMuch;
    } finally {
      budget.isOurs = false;
    }
  }

  function write(elements: readonly HeaderElement[], payload?: Payload): Uint8Array<ArrayBuffer> {
    if (payload === undefined || payload.isEmpty) return format.values.encodeMessage(elements, undefined);
    if (payload.isFresh) {
      const { args, kwargs } = payload;
      const whole = format.values.encodeWhole(elements, args, isEmptyDict(kwargs) ? undefined : kwargs);
      if (whole !== undefined) return payload.remember(serializer, whole).data as Uint8Array<ArrayBuffer>;
    }
    return format.values.encodeMessage(elements, payload.encodedBy(serializer));
  }

  function encodePayload(args: Args, kwargs: Dict): EncodedPayload {
    const withKwargs = !isEmptyDict(kwargs);
    if (args.length === 0 && !withKwargs) return { data: "", start: 0, end: 0, count: 0 };
    return format.values.encodeBoth(args, withKwargs ? kwargs : undefined);
  }

  const serializer: Serializer = {
    name: format.name,
    subprotocol: `wamp.2.${format.name}`,
    batchedSubprotocol: `wamp.2.${format.name}.batched`,
    scan,
    decode,
    encode,
    encodeValue: (value) => new Encoded(format.values.encode(value, "value")),
    encodePayload,
    joinBatch: (frames) => joinBytes(frames as readonly Uint8Array[]),
    scanBatch,
    splitBatch: (batch) => splitBytes(format.label, asBytes(format, batch)),
    sizeOf: (frame) => (frame as Uint8Array).length,
  };
  return serializer;
}

function asBytes(format: BinaryFormat, frame: Frame): Uint8Array<ArrayBuffer> {
  if (frame instanceof Uint8Array) return frame;
  throw violation(format.label, 0, "binary", "a text frame");
}
