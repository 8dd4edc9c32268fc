import { CborCore } from "../../src/codec/cbor_core.ts";
import { Slot } from "../../src/codec/core.ts";
import type { CodecCore } from "../../src/codec/core.ts";
import { Extension } from "../../src/codec/extension.ts";
import { Materializer } from "../../src/codec/materialize.ts";
import { MsgpackCore } from "../../src/codec/msgpack_core.ts";
import { WasmCore } from "../../src/codec/wasm_core.ts";
import type { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { damage, diceOf, wildMessage, wildValue } from "./wild_bytes.ts";

/** Both halves of the codec for one format, side by side. */
export class Pair {
  readonly format: "msgpack" | "cbor";
  readonly #twin: CodecCore;
  readonly #core: CodecCore;
  readonly #materializer = new Materializer("stringify");
  readonly #twinHeader = new Float64Array(Slot.count);
  readonly #coreHeader = new Float64Array(Slot.count);

  /**
   * @param format The format.
   * @param memory The instance of the WASM core.
   * @param maxDepth The limit of depth.
   */
  constructor(format: "msgpack" | "cbor", memory: WasmMemory, maxDepth: number) {
    this.format = format;
    this.#twin = format === "cbor" ? new CborCore(maxDepth) : new MsgpackCore(maxDepth);
    this.#core = new WasmCore(memory, this.#twin, maxDepth);
  }

  /**
   * Scans and decodes by both halves.
   *
   * @param bytes What a message or value lies in.
   * @param start Where it begins.
   * @param end Where it ends.
   * @returns What they say differently; undefined when they agree.
   */
  difference(bytes: Uint8Array<ArrayBuffer>, start: number, end: number): string | undefined {
    const twinHead = scan(this.#twin, bytes, start, end, this.#twinHeader);
    const coreHead = scan(this.#core, bytes, start, end, this.#coreHeader);
    if (twinHead !== coreHead) return `scan: twin ${twinHead}, core ${coreHead}`;
    const twinValue = this.#decode(this.#twin, bytes, start, end);
    const coreValue = this.#decode(this.#core, bytes, start, end);
    return twinValue === coreValue ? undefined : `decode: twin ${twinValue}, core ${coreValue}`;
  }

  #decode(core: CodecCore, bytes: Uint8Array<ArrayBuffer>, start: number, end: number): string {
    const tape = core.decode(bytes, start, end);
    if (tape.fault !== 0) return `fault ${tape.fault} at ${tape.faultAt}`;
    try {
      return describe(this.#materializer.make(tape, bytes));
    } catch (error) {
      if (error instanceof TypeError) return "not UTF-8";
      throw error;
    }
  }
}

function scan(core: CodecCore, bytes: Uint8Array, start: number, end: number, header: Float64Array): string {
  header.fill(-7);
  core.scan(bytes, start, end, header);
  if (header[Slot.fault] !== 0) {
    return `fault ${header[Slot.fault]} at ${header[Slot.faultAt]}, type ${header[Slot.type]}`;
  }
  return header.subarray(0, Slot.flags + 1).join();
}

/**
 * Writes a value so that different values never look the same.
 *
 * @param value The value.
 * @returns Its text.
 */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(describe).join()}]`;
  if (value instanceof Uint8Array) return `bytes(${value.join()})`;
  if (value instanceof Date) return `date(${value.getTime()})`;
  if (value instanceof Extension) return `extension(${value.type},${value.data.join()})`;
  if (value instanceof Map) {
    return `map(${[...value].map(([key, item]) => `${describe(key)}:${describe(item)}`).join()})`;
  }
  return `{${
    Object.keys(value).map((key) => `${JSON.stringify(key)}:${describe((value as Record<string, unknown>)[key])}`)
  }}`;
}

/** What a case holds: a value or a message, whole or damaged, or nothing but chance. */
export const caseKinds = ["message", "value", "damaged message", "damaged value", "noise"] as const;

/**
 * Makes the bytes of a case, somewhere within other bytes.
 *
 * @param format The format.
 * @param kind What they hold.
 * @param seed Chance.
 * @returns The bytes, and where the case begins and ends in them.
 */
export function makeCase(
  format: "msgpack" | "cbor",
  kind: typeof caseKinds[number],
  seed: number,
): { bytes: Uint8Array<ArrayBuffer>; start: number; end: number } {
  const dice = diceOf(seed);
  const noise = (length: number) => Array.from({ length }, () => Math.floor(dice() * 256));
  let content: number[];
  if (kind === "noise") content = noise(Math.floor(dice() * 40));
  else {
    content = kind.endsWith("message") ? wildMessage(format, dice) : wildValue(format, dice);
    if (kind.startsWith("damaged")) content = damage(content, dice);
  }
  const start = Math.floor(dice() * 5);
  const bytes = new Uint8Array([...noise(start), ...content, ...noise(Math.floor(dice() * 5))]);
  return { bytes, start, end: start + content.length };
}
