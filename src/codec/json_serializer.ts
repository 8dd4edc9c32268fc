import type { Args, Dict, WampValue } from "../wire/values.ts";
import { emptyDict, isEmptyDict } from "../wire/values.ts";
import { joinTexts, splitTexts } from "./batch.ts";
import { CROWDED_TEXT, tooMuch, tooMuchAt } from "./containers.ts";
import type { Head } from "./head.ts";
import { isPlain, parseJson, stringifyJson } from "./json_values.ts";
import type { EncodedPayload, Payload } from "./payload.ts";
import { Encoded } from "./serializer.ts";
import type { Frame, HeaderElement, Serializer } from "./serializer.ts";
import { violation } from "./violation.ts";

/** What is no longer than this is not worth keeping for another message with the same payload. */
const SHORT = 512;

/** What a JSON serializer can be told. */
export interface JsonOptions {
  /** How many levels of lists and dictionaries a message may have, itself counted (default 128, at most 1,000). */
  readonly maxDepth?: number;
}

/**
 * Reads the head of a JSON message and checks all of it.
 *
 * @param serializer The serializer, for decoding on demand.
 * @param text The frame.
 * @param maxDepth How many levels of lists and dictionaries a message may have.
 * @returns The head.
 * @throws {ProtocolViolation} When the text is not a WAMP message.
 */
export type JsonScan = (serializer: Serializer, text: string, maxDepth: number) => Head;

/**
 * Makes a serializer for JSON.
 *
 * @param maxDepth How many levels of lists and dictionaries a message may have.
 * @param scan What reads heads.
 * @param eager The same format for those who read all that comes, if that is another.
 * @returns The serializer.
 *
 * @see WAMP advanced profile, "Binary support in JSON" and "Message Batching"
 */
export function jsonSerializer(maxDepth: number, scan: JsonScan, eager?: Serializer): Serializer {
  const inner = maxDepth - 1;

  function writeElement(element: HeaderElement): string {
    if (typeof element === "number") return String(element);
    if (typeof element === "string") return JSON.stringify(element);
    if (element instanceof Encoded) return element.data as string;
    return element === emptyDict ? "{}" : stringifyJson(element, "options", inner);
  }

  function writeMessage(header: readonly HeaderElement[], payload: string | undefined): string {
    const [type, first, second, third] = header as readonly [number, HeaderElement, HeaderElement, HeaderElement];
    // A text of one template takes JavaScriptCore 160 ns to make and to flatten, one of piece after piece 210; V8 150 and 180. These are what is routed.
    if (payload !== undefined && header.length === 3) {
      return `[${type},${writeElement(first)},${writeElement(second)},${payload}]`;
    }
    if (payload !== undefined && header.length === 4) {
      return `[${type},${writeElement(first)},${writeElement(second)},${writeElement(third)},${payload}]`;
    }
    let text = `[${type}`;
    for (let at = 1; at < header.length; at++) text += `,${writeElement(header[at] as HeaderElement)}`;
    return payload === undefined ? `${text}]` : `${text},${payload}]`;
  }

  /** To write a message at once takes half the time on Node, a third on Bun; undefined where not all of it is plain. */
  function writeWhole(header: readonly HeaderElement[], payload: Payload): string | undefined {
    const { args, kwargs } = payload;
    if (!header.every(isPlainElement) || !isPlain(args, inner) || !isPlain(kwargs, inner)) return undefined;
    const count = isEmptyDict(kwargs) ? 1 : 2;
    const text = JSON.stringify(count === 1 ? [...header, args] : [...header, args, kwargs]);
    if (text.length > SHORT) {
      payload.remember(json, { data: text, start: JSON.stringify(header).length, end: text.length - 1, count });
    }
    return text;
  }

  function write(header: readonly HeaderElement[], payload?: Payload): string {
    if (payload?.isFresh && !payload.isEmpty) {
      const whole = writeWhole(header, payload);
      if (whole !== undefined) return whole;
    }
    const encoded = payload?.encodedBy(json);
    if (encoded === undefined || encoded.count === 0) return writeMessage(header, undefined);
    return writeMessage(header, (encoded.data as string).slice(encoded.start, encoded.end));
  }

  const json: Serializer = {
    name: "json",
    subprotocol: "wamp.2.json",
    batchedSubprotocol: "wamp.2.json.batched",
    eager,
    scan: (frame) => scan(json, asText(frame), maxDepth),
    decode: (frame, start, end) => parseJson(asText(frame).slice(start, end)),
    encode(header, payload) {
      const text = write(header, payload);
      if (text.length >= CROWDED_TEXT && payload?.isAsItCame(json) !== true && tooMuchAt(text, maxDepth) >= 0) {
        throw tooMuch("JSON");
      }
      return text;
    },
    encodeValue: (value: WampValue) => new Encoded(stringifyJson(value, "value", inner)),
    encodePayload(args: Args, kwargs: Dict): EncodedPayload {
      const withKwargs = !isEmptyDict(kwargs);
      if (args.length === 0 && !withKwargs) return { data: "", start: 0, end: 0, count: 0 };
      const first = stringifyJson(args, "args", inner);
      const data = withKwargs ? `${first},${stringifyJson(kwargs, "kwargs", inner)}` : first;
      return { data, start: 0, end: data.length, count: withKwargs ? 2 : 1 };
    },
    joinBatch: (frames, separator) => joinTexts(frames as readonly string[], separator),
    *scanBatch(batch) {
      for (const text of splitTexts(asText(batch))) yield scan(json, text, maxDepth);
    },
    splitBatch: (batch) => splitTexts(asText(batch)),
    sizeOf: (frame) => (frame as string).length,
  };
  return json;
}

function isPlainElement(element: HeaderElement): boolean {
  return typeof element !== "object" || element === emptyDict;
}

function asText(frame: Frame): string {
  if (typeof frame === "string") return frame;
  throw violation("JSON", 0, "text", "a binary frame");
}
