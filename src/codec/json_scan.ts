import { FIRST_EXTENSION_TYPE, LAST_EXTENSION_TYPE } from "../wire/message_shape.ts";
import { checkContainers } from "./containers.ts";
import { Head, isOpaqueAllowed } from "./head.ts";
import { skipBlanks, skipDict, skipList, skipNumber, skipString, skipValue, unexpected } from "./json_text.ts";
import { Payload } from "./payload.ts";
import { PayloadInFrame } from "./payload_in_frame.ts";
import { elementCounts, Kind, kindNames, plans } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { Serializer } from "./serializer.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;

/**
 * Reads the head of a JSON message and checks all of it.
 *
 * @param serializer The serializer, for decoding on demand.
 * @param text The frame.
 * @param maxDepth How many levels of lists and dictionaries a message may have.
 * @returns The head.
 * @throws {ProtocolViolation} When the text is not a WAMP message.
 */
export function scanJson(serializer: Serializer, text: string, maxDepth: number): Head {
  checkContainers(text, maxDepth);
  let at = skipBlanks(text, 0);
  if (text.charCodeAt(at) !== OPEN_LIST) throw unexpected(text, at, "a list");
  const typeAt = skipBlanks(text, at + 1);
  at = skipInteger(text, typeAt, "a message type");
  const type = Number(text.slice(typeAt, at));
  const head = new Head(serializer, text);
  head.type = type;
  head.size = text.length;
  const plan = plans[type];
  const end = plan === undefined
    ? skipExtension(text, at, typeAt, type, maxDepth)
    : scanElements(serializer, text, at, plan, head, maxDepth);
  if (end !== text.length && skipBlanks(text, end) !== text.length) {
    throw unexpected(text, skipBlanks(text, end), "the end of the message");
  }
  return head;
}

function skipExtension(text: string, at: number, typeAt: number, type: number, maxDepth: number): number {
  if (type < FIRST_EXTENSION_TYPE || type > LAST_EXTENSION_TYPE) throw unexpected(text, typeAt, "a known message type");
  for (let next = nextElement(text, at); next >= 0; next = nextElement(text, at)) {
    at = skipValue(text, next, maxDepth - 1);
  }
  return endOfList(text, at);
}

function scanElements(
  serializer: Serializer,
  text: string,
  at: number,
  plan: Plan,
  head: Head,
  maxDepth: number,
): number {
  const { kinds } = plan;
  for (let index = 0; index < kinds.length; index++) {
    const start = nextElement(text, at);
    if (start < 0) {
      if (index < plan.required) throw unexpected(text, skipBlanks(text, at), elementCounts(plan));
      return endOfList(text, at);
    }
    switch (kinds[index]) {
      case Kind.id:
        at = skipIdNumber(text, start);
        head.firstId = readId(text, start, at);
        break;
      case Kind.secondId:
        at = skipIdNumber(text, start);
        head.secondId = readId(text, start, at);
        break;
      case Kind.type:
        at = skipInteger(text, start, kindNames[Kind.type] as string);
        head.requestType = Number(text.slice(start, at));
        if (head.requestType < 1 || head.requestType > LAST_EXTENSION_TYPE) {
          throw unexpected(text, start, kindNames[Kind.type] as string);
        }
        break;
      case Kind.realm:
      case Kind.text:
        // Crossbar's clients leave the choice of the realm to the router with null.
        if (kinds[index] === Kind.realm && text.startsWith("null", start)) {
          at = start + 4;
          break;
        }
        if (text.charCodeAt(start) !== QUOTE) throw unexpected(text, start, kindNames[Kind.text] as string);
        at = skipString(text, start);
        head.uri = readString(text, start, at);
        break;
      default:
        if (text.charCodeAt(start) !== OPEN_DICT) throw unexpected(text, start, kindNames[Kind.dict] as string);
        at = skipDict(text, start, maxDepth - 1);
        head.optionsStart = start;
        head.optionsEnd = isEmptyDict(text, start, at) ? start : at;
    }
  }
  return plan.payload ? scanPayload(serializer, text, at, plan, head, maxDepth) : endOfMessage(text, at, plan);
}

function scanPayload(
  serializer: Serializer,
  text: string,
  at: number,
  plan: Plan,
  head: Head,
  maxDepth: number,
): number {
  const argsStart = nextElement(text, at);
  if (argsStart < 0) return endOfList(text, at);
  const code = text.charCodeAt(argsStart);
  if (code === QUOTE) return scanOpaque(serializer, text, argsStart, plan, head);
  const missing = text.startsWith("null", argsStart);
  if (!missing && code !== OPEN_LIST) throw unexpected(text, argsStart, "args (a list)");
  const argsEnd = missing ? argsStart + 4 : skipList(text, argsStart, maxDepth - 1);
  const start = missing ? -1 : argsStart;
  const end = missing ? -1 : argsEnd;
  const kwargsStart = nextElement(text, argsEnd);
  if (kwargsStart < 0) {
    if (!missing) head.payload = Payload.received(new PayloadInFrame(serializer, text, start, end));
    return endOfList(text, argsEnd);
  }
  if (text.startsWith("null", kwargsStart)) {
    // The router of fox-wamp 0.7.28 leaves kwargs null, whatever stands before them.
    if (!missing) head.payload = Payload.received(new PayloadInFrame(serializer, text, start, end));
    return endOfMessage(text, kwargsStart + 4, plan);
  }
  if (text.charCodeAt(kwargsStart) !== OPEN_DICT) throw unexpected(text, kwargsStart, "kwargs (a dictionary)");
  const kwargsEnd = skipDict(text, kwargsStart, maxDepth - 1);
  head.payload = Payload.received(new PayloadInFrame(serializer, text, start, end, kwargsStart, kwargsEnd));
  return endOfMessage(text, kwargsEnd, plan);
}

function scanOpaque(serializer: Serializer, text: string, start: number, plan: Plan, head: Head): number {
  const end = skipString(text, start);
  if (!isOpaqueAllowed(head.options)) throw unexpected(text, start, "args (a list), since options name no enc_algo");
  head.payload = Payload.received(new PayloadInFrame(serializer, text, start, end), true);
  return endOfMessage(text, end, plan);
}

/** Where the next element of the message begins, or -1 when there is none. */
function nextElement(text: string, at: number): number {
  let code = text.charCodeAt(at);
  if (code <= 0x20) code = text.charCodeAt(at = skipBlanks(text, at));
  if (code === CLOSE_LIST) return -1;
  if (code !== COMMA) throw unexpected(text, at, "a comma or the end of the message");
  return text.charCodeAt(++at) <= 0x20 ? skipBlanks(text, at) : at;
}

function endOfList(text: string, at: number): number {
  return skipBlanks(text, at) + 1;
}

function endOfMessage(text: string, at: number, plan: Plan): number {
  const more = nextElement(text, at);
  if (more >= 0) throw unexpected(text, more, `the end of ${elementCounts(plan)}`);
  return endOfList(text, at);
}

function skipInteger(text: string, at: number, expected: string): number {
  let end = at;
  let code = text.charCodeAt(end);
  while (code >= 0x30 && code <= 0x39) code = text.charCodeAt(++end);
  const isInteger = end > at && code !== 0x2e && code !== 0x45 && code !== 0x65 &&
    (end === at + 1 || text.charCodeAt(at) !== 0x30);
  if (!isInteger) throw unexpected(text, at, expected);
  return end;
}

function skipIdNumber(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return skipNumber(text, at);
  throw unexpected(text, at, kindNames[Kind.id] as string);
}

const LARGEST_ID = "9007199254740992";

function readId(text: string, start: number, end: number): number {
  if (end - start < LARGEST_ID.length) {
    let id = 0;
    for (let at = start; at < end; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) return readFloatId(text, start, end);
      id = id * 10 + digit;
    }
    return id;
  }
  const digits = text.slice(start, end);
  if (!/^\d+$/.test(digits)) return readFloatId(text, start, end);
  if (digits.length === LARGEST_ID.length && digits <= LARGEST_ID) return Number(digits);
  throw unexpected(text, start, kindNames[Kind.id] as string);
}

// JSON does not tell 1.0 from 1, and some runtimes write every number with a point.
function readFloatId(text: string, start: number, end: number): number {
  const id = Number(text.slice(start, end));
  if (Number.isInteger(id) && id <= 2 ** 53) return id;
  throw unexpected(text, start, kindNames[Kind.id] as string);
}

function readString(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes("\\") ? JSON.parse(text.slice(start, end)) as string : inner;
}

function isEmptyDict(text: string, start: number, end: number): boolean {
  return end === start + 2 || skipBlanks(text, start + 1) === end - 1;
}
