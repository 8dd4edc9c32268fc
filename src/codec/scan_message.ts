import { FIRST_EXTENSION_TYPE, LAST_EXTENSION_TYPE } from "../wire/message_shape.ts";
import { budget } from "./containers.ts";
import { Flag, Id, ROW, Slot } from "./core.ts";
import type { Header } from "./core.ts";
import { fault, faultCode, faultOffset } from "./fault.ts";
import * as Fault from "./fault_code.ts";
import { Shape } from "./grammar.ts";
import type { Grammar } from "./grammar.ts";
import { Kind, plans } from "./plan.ts";
import type { Plan } from "./plan.ts";

/** What the TypeScript half finds: one message at a time, and no patterns. */
export class MessageHeader implements Header {
  readonly words: Int32Array = new Int32Array(ROW);
  readonly numbers: Float64Array = new Float64Array(this.words.buffer);
  readonly patterns: Uint32Array = new Uint32Array(0);
  readonly version = 0;
  count = 0;

  /**
   * Begins a message.
   *
   * @param start Where it begins.
   * @param end Where it ends.
   */
  begin(start: number, end: number): void {
    const { words } = this;
    words.fill(0);
    words[Slot.argsStart] =
      words[Slot.argsEnd] =
      words[Slot.kwargsStart] =
      words[Slot.kwargsEnd] =
        -1;
    words[Slot.start] = start;
    words[Slot.end] = end;
    words[Slot.patterns] = -1;
  }
}

/**
 * Fills the header for a message in a binary format.
 *
 * @param grammar The format.
 * @param bytes What the message lies in.
 * @param start Where it begins.
 * @param end Where it ends.
 * @param maxDepth How many levels of lists and dictionaries it may have.
 * @param header Filled, see `CodecCore`.
 */
export function scanMessage(
  grammar: Grammar,
  bytes: Uint8Array,
  start: number,
  end: number,
  maxDepth: number,
  header: MessageHeader,
): void {
  header.begin(start, end);
  budget.renew();
  const { words } = header;
  const last = scanList(grammar, bytes, start, end, maxDepth - 1, header);
  const packed = last >= 0 && last !== end ? fault(Fault.trailing, last) : last;
  if (packed >= 0) return;
  words[Slot.fault] = faultCode(packed);
  words[Slot.faultAt] = faultOffset(packed);
}

function scanList(
  grammar: Grammar,
  bytes: Uint8Array,
  start: number,
  end: number,
  levels: number,
  header: MessageHeader,
): number {
  if (start >= end || grammar.shapeOf(bytes, start) !== Shape.list) return fault(Fault.noList, start);
  const count = grammar.listCount(bytes, start, end);
  if (count < -1) return fault(Fault.truncated, end);
  const typeAt = start + grammar.listHead(bytes, start);
  if (count === 0 || typeAt >= end || grammar.shapeOf(bytes, typeAt) !== Shape.integer) {
    return fault(Fault.badType, typeAt);
  }
  const at = grammar.skip(bytes, typeAt, end, levels);
  if (at < 0) return at;
  const code = grammar.integerAt(bytes, typeAt);
  const type = code > LAST_EXTENSION_TYPE ? -1 : code;
  const plan = plans[type];
  header.words[Slot.type] = type;
  if (plan !== undefined) return scanElements(grammar, bytes, at, end, levels, count - 1, plan, header);
  if (type < FIRST_EXTENSION_TYPE) return fault(Fault.badType, typeAt);
  return skipRest(grammar, bytes, at, end, levels, count - 1);
}

/** Passes over what is left of a list; `left` is below 0 in a list that does not say how many elements it has. */
function skipRest(
  grammar: Grammar,
  bytes: Uint8Array,
  at: number,
  end: number,
  levels: number,
  left: number,
): number {
  for (; left !== 0; left--) {
    if (left < 0 && bytes[at] === grammar.stop && at < end) return at + 1;
    at = grammar.skip(bytes, at, end, levels);
    if (at < 0) return at;
  }
  return at;
}

function scanElements(
  grammar: Grammar,
  bytes: Uint8Array,
  at: number,
  end: number,
  levels: number,
  left: number,
  plan: Plan,
  header: MessageHeader,
): number {
  const { kinds } = plan;
  const most = kinds.length + (plan.payload ? 2 : 0);
  const openEnded = left < 0;
  if (!openEnded && (left < plan.required || left > most)) return fault(Fault.wrongCount, at);
  for (let index = 0;; index++, left--) {
    if (openEnded ? at < end && bytes[at] === grammar.stop : left === 0) {
      return index < plan.required ? fault(Fault.wrongCount, at) : openEnded ? at + 1 : at;
    }
    if (index === most) return fault(Fault.wrongCount, at);
    if (at >= end) return fault(Fault.truncated, at);
    const next = grammar.skip(bytes, at, end, levels);
    if (next < 0) return next;
    const code = index < kinds.length
      ? takeElement(grammar, bytes, at, next, kinds[index] as number, header)
      : index === kinds.length
      ? takeArgs(grammar, bytes, at, next, header)
      : takeKwargs(grammar, bytes, at, next, header);
    if (code !== Fault.none) return fault(code, at);
    at = next;
  }
}

function takeElement(
  grammar: Grammar,
  bytes: Uint8Array,
  at: number,
  next: number,
  kind: number,
  header: MessageHeader,
): number {
  switch (kind) {
    case Kind.id:
    case Kind.secondId: {
      const id = grammar.integerAt(bytes, at);
      if (id < 0) return Fault.noId;
      header.numbers[kind === Kind.id ? Id.first : Id.second] = id;
      return Fault.none;
    }
    case Kind.dict:
      if (grammar.shapeOf(bytes, at) !== Shape.dict) return Fault.noDict;
      header.words[Slot.optionsStart] = at;
      header.words[Slot.optionsEnd] = bytes[at] === grammar.emptyDict ? at : next;
      return Fault.none;
    case Kind.type: {
      const type = grammar.integerAt(bytes, at);
      if (type < 1 || type > LAST_EXTENSION_TYPE) return Fault.noRequestType;
      header.words[Slot.requestType] = type;
      return Fault.none;
    }
    default: {
      const shape = grammar.shapeOf(bytes, at);
      // Crossbar's clients leave the choice of the realm to the router with null.
      if (shape === Shape.null && kind === Kind.realm) return Fault.none;
      if (shape !== Shape.text) return Fault.noText;
      const head = grammar.textHead(bytes, at);
      header.words[Slot.uriStart] = at + head;
      header.words[Slot.uriEnd] = next;
      if (head === 0) header.words[Slot.flags] = Flag.chunkedUri;
      return Fault.none;
    }
  }
}

function takeArgs(grammar: Grammar, bytes: Uint8Array, at: number, next: number, header: MessageHeader): number {
  switch (grammar.shapeOf(bytes, at)) {
    // Autobahn leaves args null when there are kwargs only.
    case Shape.null:
      return Fault.none;
    case Shape.text:
    case Shape.binary:
      header.words[Slot.flags] = (header.words[Slot.flags] as number) | Flag.opaque;
      break;
    case Shape.list:
      break;
    default:
      return Fault.noArgs;
  }
  header.words[Slot.argsStart] = at;
  header.words[Slot.argsEnd] = next;
  return Fault.none;
}

function takeKwargs(grammar: Grammar, bytes: Uint8Array, at: number, next: number, header: MessageHeader): number {
  if (((header.words[Slot.flags] as number) & Flag.opaque) !== 0) return Fault.wrongCount;
  if (grammar.shapeOf(bytes, at) !== Shape.dict) return Fault.noKwargs;
  header.words[Slot.kwargsStart] = at;
  header.words[Slot.kwargsEnd] = next;
  return Fault.none;
}
