import { CborCore } from "../../src/codec/cbor_core.ts";
import { Id, ROW, Slot } from "../../src/codec/core.ts";
import type { CodecCore } from "../../src/codec/core.ts";
import { Extension } from "../../src/codec/extension.ts";
import { Materializer } from "../../src/codec/materialize.ts";
import { MsgpackCore } from "../../src/codec/msgpack_core.ts";
import { WasmCore } from "../../src/codec/wasm_core.ts";
import type { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { WasmUris } from "../../src/codec/wasm_routing.ts";
import { damage, diceOf, wildMessage, wildValue } from "./wild_bytes.ts";

/** How many messages of a batch the core takes at once, and how many bytes. */
const MOST_ROWS = 64;
const LARGEST_BATCH = 8192;
/** How many URIs the core has room for before it takes more memory. */
const URIS_BEFORE_GROWTH = 4096;

/** Both halves of the codec for one format, side by side. */
export class Pair {
  readonly format: "msgpack" | "cbor";
  readonly #twin: CodecCore;
  readonly #core: CodecCore;
  readonly #materializer = new Materializer("stringify");

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
    const twinHead = scan(this.#twin, bytes, start, end);
    const coreHead = scan(this.#core, bytes, start, end);
    if (twinHead !== coreHead) return `scan: twin ${twinHead}, core ${coreHead}`;
    const twinValue = this.#decode(this.#twin, bytes, start, end);
    const coreValue = this.#decode(this.#core, bytes, start, end);
    return twinValue === coreValue ? undefined : `decode: twin ${twinValue}, core ${coreValue}`;
  }

  /**
   * Scans a batch by the core, as much as it takes at once, and its messages one by one by the twin.
   *
   * @param messages The messages.
   * @returns What they say differently; undefined when they agree.
   */
  batchDifference(messages: readonly (readonly number[])[]): string | undefined {
    const bytes = new Uint8Array(
      messages.flatMap((message) => [0, 0, message.length >> 8, message.length & 255, ...message]),
    );
    const { words, numbers, count } = this.#core.scanBatch(bytes, 0, bytes.length);
    const rows = Array.from({ length: count }, (_, row) => rowText(words, numbers, row));
    let at = 0;
    for (const [index, { length }] of messages.entries()) {
      at += 4;
      const expected = length === 0 ? "fault" : scan(this.#twin, bytes, at, at + length);
      const found = rows[index];
      const isLast = expected.startsWith("fault") || index === MOST_ROWS || at + length > LARGEST_BATCH;
      if (found === undefined && isLast) return undefined;
      if (found !== expected) return `message ${index}: twin ${expected}, core ${found}`;
      at += length;
    }
    return undefined;
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

function scan(core: CodecCore, bytes: Uint8Array, start: number, end: number): string {
  const { words, numbers } = core.scan(bytes, start, end);
  if (words[Slot.fault] !== 0) {
    return `fault ${words[Slot.fault]} at ${words[Slot.faultAt]}, type ${words[Slot.type]}`;
  }
  return rowText(words, numbers, 0);
}

function rowText(words: Int32Array, numbers: Float64Array, row: number): string {
  const found = words.slice(row * ROW, row * ROW + Slot.patterns);
  found[Slot.uriSlot] = 0; // the twin knows none
  return [...found, ...numbers.slice(row * ROW / 2 + Id.first, row * ROW / 2 + Id.second + 1)].join();
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

/**
 * Makes the memory of a core grow: puts in more URIs than there is room for, and takes them out again.
 *
 * @param memory The instance, with no URIs in it.
 */
export function grow(memory: WasmMemory): void {
  const known = new WasmUris(memory);
  const uris = Array.from({ length: URIS_BEFORE_GROWTH + 1 }, (_, index) => `com.example.uri${index}`);
  for (const uri of uris) known.add(uri, "exact");
  for (const uri of uris) known.remove(uri, "exact");
}

/** What a case holds: a value or a message, whole or damaged, or nothing but chance. */
export const caseKinds = ["message", "value", "damaged message", "damaged value", "noise"] as const;

/**
 * Makes the messages of a batch: up to a hundred, some with nothing in them, the last ones possibly damaged.
 *
 * @param format The format.
 * @param seed Chance.
 * @returns The bytes of each.
 */
export function makeBatch(format: "msgpack" | "cbor", seed: number): number[][] {
  const dice = diceOf(seed);
  const most = dice() < 0.1 ? 100 : 6;
  const messages = Array.from({ length: Math.floor(dice() * most) }, () => wildMessage(format, dice));
  if (dice() < 0.2) messages.push([]);
  if (dice() < 0.3) messages.push(damage(wildMessage(format, dice), dice), wildMessage(format, dice));
  return messages.filter(({ length }) => length < 0x10000);
}

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
