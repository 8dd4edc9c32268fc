import { FIRST_EXTENSION_TYPE, LAST_EXTENSION_TYPE } from "../wire/message_shape.ts";
import { emptyDict } from "../wire/values.ts";
import type { Args, Dict } from "../wire/values.ts";
import { checkContainers } from "./containers.ts";
import { endOfString } from "./end_of_string.ts";
import { Head, isOpaqueAllowed } from "./head.ts";
import { needsReviver, reviveJson } from "./json_values.ts";
import { jsonSerializer } from "./json_serializer.ts";
import type { JsonOptions } from "./json_serializer.ts";
import { depthOf } from "./limits.ts";
import { Payload } from "./payload.ts";
import { elementCounts, Kind, kindNames, plans } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { Serializer } from "./serializer.ts";
import { FEWER_LEVELS, violation } from "./violation.ts";

/**
 * Makes a serializer for JSON that reads each message as a whole: for clients, which want all values anyway. To go through the text first and then
 * to parse its pieces takes twice as long for a call, four times for an event (Node and Bun); it is for routers, which pass most of it on unread.
 *
 * @param options Limits.
 * @returns The serializer; it has no state, so any number of sessions may share it.
 */
export function createEagerJson(options: JsonOptions = {}): Serializer {
  return jsonSerializer(depthOf(options), readMessage);
}

/** JSON, read as a whole, with the default limits. */
export const eagerJson: Serializer = createEagerJson();

function readMessage(serializer: Serializer, text: string, maxDepth: number): Head {
  checkContainers(text, maxDepth);
  const elements = parse(text);
  if (!Array.isArray(elements)) throw violation("JSON", 0, "a list", JSON.stringify(text[0]));
  // What is shorter has too few brackets.
  if (text.length >= 2 * maxDepth) checkDepth(elements, text, maxDepth);
  const [type] = elements;
  const plan = typeof type === "number" ? plans[type] : undefined;
  // Only the values are of more kinds than JSON itself has: texts of the head stay texts.
  const values = needsReviver(text) ? reviveJson(text) as unknown[] : elements;
  const head = plan === undefined
    ? extensionHead(serializer, elements, text)
    : headOf(serializer, elements, values, plan, text);
  head.type = type;
  head.size = text.length;
  return head;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw violation("JSON", 0, "JSON", (error as Error).message);
  }
}

function checkDepth(elements: readonly unknown[], text: string, maxDepth: number): void {
  for (const [index, element] of elements.entries()) {
    if (isDeeper(element, maxDepth - 1)) throw wrong(text, index, FEWER_LEVELS);
  }
}

/** Going through the values takes a tenth of the time that they took to parse, going through the text a third. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const element: unknown = value[at];
      if (typeof element === "object" && isDeeper(element, levels - 1)) return true;
    }
    return false;
  }
  for (const key in value) {
    const element = (value as Record<string, unknown>)[key];
    if (typeof element === "object" && isDeeper(element, levels - 1)) return true;
  }
  return false;
}

function extensionHead(serializer: Serializer, elements: readonly unknown[], text: string): Head {
  const type = elements[0] as number;
  const known = Number.isInteger(type) && type >= FIRST_EXTENSION_TYPE && type <= LAST_EXTENSION_TYPE;
  if (!known) throw wrong(text, 0, "a known message type");
  return new Head(serializer, "", emptyDict);
}

function headOf(
  serializer: Serializer,
  elements: readonly unknown[],
  values: readonly unknown[],
  plan: Plan,
  text: string,
): Head {
  const { kinds } = plan;
  if (elements.length <= plan.required) throw wrong(text, elements.length, elementCounts(plan));
  let firstId = 0;
  let secondId = 0;
  let requestType = 0;
  let uri = "";
  let options: Dict = emptyDict;
  for (let index = 0; index < kinds.length; index++) {
    const at = index + 1;
    if (at === elements.length) break;
    switch (kinds[index]) {
      case Kind.id:
        firstId = idOf(values[at], at, text);
        break;
      case Kind.secondId:
        secondId = idOf(values[at], at, text);
        break;
      case Kind.type:
        requestType = idOf(values[at], at, text, Kind.type);
        if (requestType < 1 || requestType > LAST_EXTENSION_TYPE) throw wrong(text, at, kindNames[Kind.type] as string);
        break;
      case Kind.realm:
      case Kind.text: {
        const element = elements[at];
        if (typeof element === "string") uri = element;
        // Crossbar's clients leave the choice of the realm to the router with null.
        else if (element !== null || kinds[index] !== Kind.realm) throw wrong(text, at, kindNames[Kind.text] as string);
        break;
      }
      default:
        options = dictOf(values[at], at, text, kindNames[Kind.dict] as string);
    }
  }
  const head = new Head(serializer, "", options);
  head.firstId = firstId;
  head.secondId = secondId;
  head.requestType = requestType;
  head.uri = uri;
  const first = kinds.length + 1;
  if (elements.length > first) head.payload = payloadOf(elements, values, first, plan, options, text);
  return head;
}

function payloadOf(
  elements: readonly unknown[],
  values: readonly unknown[],
  first: number,
  plan: Plan,
  options: Dict,
  text: string,
): Payload {
  const isOpaque = typeof elements[first] === "string";
  const most = plan.payload ? first + (isOpaque ? 1 : 2) : first;
  if (elements.length > most) throw wrong(text, most, `the end of ${elementCounts(plan)}`);
  if (isOpaque) {
    if (!isOpaqueAllowed(options)) throw wrong(text, first, "args (a list), since options name no enc_algo");
    return Payload.ofOpaque(values[first] as string | Uint8Array<ArrayBuffer>);
  }
  const args = values[first];
  if (args !== null && !Array.isArray(args)) throw wrong(text, first, "args (a list)");
  // The router of fox-wamp 0.7.28 leaves kwargs null, whatever stands before them.
  const kwargs = values[first + 1] ?? undefined;
  if (kwargs !== undefined) dictOf(kwargs, first + 1, text, "kwargs (a dictionary)");
  return Payload.of(args as Args | null ?? undefined, kwargs as Dict | undefined);
}

function idOf(value: unknown, at: number, text: string, kind: number = Kind.id): number {
  if (typeof value === "number" && value >= 0 && value <= 2 ** 53 && Number.isInteger(value) && !Object.is(value, -0)) {
    return value;
  }
  if (value === 2n ** 53n) return 2 ** 53;
  throw wrong(text, at, kindNames[kind] as string);
}

function dictOf(value: unknown, at: number, text: string, expected: string): Dict {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    return value as Dict;
  }
  throw wrong(text, at, expected);
}

function wrong(text: string, index: number, expected: string): Error {
  const at = offsetOf(text, index);
  return violation("JSON", at, expected, JSON.stringify(text[at]));
}

/** Where an element of a message begins; of one that is missing, where the message ends. */
function offsetOf(text: string, index: number): number {
  let depth = 0;
  let next = 0;
  for (let at = 0;; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === "[" || character === "{") depth++;
    else if ((character === "]" || character === "}") && --depth === 0) return at;
    const begins = depth === 1 && (character === "[" || character === ",");
    if (begins && next++ === index) return at + 1 + text.slice(at + 1).search(/\S/);
  }
}
