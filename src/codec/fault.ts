import type { ProtocolViolation } from "../wire/errors.ts";
import { FEWER_CONTAINERS } from "./containers.ts";
import * as Fault from "./fault_code.ts";
import { elementCounts, Kind, kindNames, plans } from "./plan.ts";
import { FEWER_LEVELS, violation } from "./violation.ts";

/** Room for the offset of a fault beside its code in one integer that a double holds exactly. */
const CODES = 32;

/**
 * Packs a fault into what a scanner returns in place of the next position.
 *
 * @param code One of `Fault`.
 * @param at Where it is.
 * @returns A negative integer.
 */
export function fault(code: number, at: number): number {
  return -(at * CODES + code);
}

/**
 * Takes the code out of a packed fault.
 *
 * @param packed What `fault` returned.
 * @returns One of `Fault`.
 */
export function faultCode(packed: number): number {
  return -packed % CODES;
}

/**
 * Takes the place out of a packed fault.
 *
 * @param packed What `fault` returned.
 * @returns The offset.
 */
export function faultOffset(packed: number): number {
  return Math.floor(-packed / CODES);
}

const expectations: { readonly [code: number]: string } = {
  [Fault.truncated]: "the rest of a value",
  [Fault.badByte]: "a value",
  [Fault.tooDeep]: FEWER_LEVELS,
  [Fault.badText]: "text in UTF-8",
  [Fault.tooMany]: "no more elements than bytes are left",
  [Fault.trailing]: "the end of the frame",
  [Fault.badChunk]: "a chunk of the same string, of definite length",
  [Fault.noList]: "a list",
  [Fault.badType]: "a known message type",
  [Fault.noId]: kindNames[Kind.id] as string,
  [Fault.noRequestType]: kindNames[Kind.type] as string,
  [Fault.noText]: kindNames[Kind.text] as string,
  [Fault.noDict]: kindNames[Kind.dict] as string,
  [Fault.noArgs]: "args (a list)",
  [Fault.noKwargs]: "kwargs (a dictionary)",
  [Fault.tooMuch]: FEWER_CONTAINERS,
};

/**
 * Makes the error that a fault stands for.
 *
 * @param format The format, for people, such as `CBOR`.
 * @param bytes The frame.
 * @param end Where the frame or value ends.
 * @param code One of `Fault`.
 * @param at Where it is.
 * @param type The message type, where it is known.
 * @returns The error, to be thrown.
 */
export function faultError(
  format: string,
  bytes: Uint8Array,
  end: number,
  code: number,
  at: number,
  type = 0,
): ProtocolViolation {
  const plan = plans[type];
  const expected = code === Fault.wrongCount && plan !== undefined ? elementCounts(plan) : expectations[code];
  const byte = at < end ? bytes[at] : undefined;
  const found = byte === undefined ? "the end" : `byte 0x${byte.toString(16).padStart(2, "0")}`;
  return violation(format, at, expected ?? "a WAMP message", found);
}
