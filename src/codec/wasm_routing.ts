// What only routers want of the WASM core; a client's bundle is without it.
import type { MatchPolicy } from "../wire/uri.ts";
import type { Header } from "./core.ts";
import { INPUT_SIZE } from "./wasm_memory.ts";
import type { WasmMemory } from "./wasm_memory.ts";

/** Longer ones are found by their text. */
const LONGEST_URI = 64;

/** How the core calls the ways to match. */
const kinds = { exact: 0, prefix: 1, wildcard: 2 } as const;

const textEncoder = new TextEncoder();

interface UriSlot {
  readonly slot: number;
  uses: number;
}

/** The URIs and patterns that scans of an instance of the core find by their bytes. */
export class WasmUris {
  readonly #memory: WasmMemory;
  readonly #slots: Readonly<Record<MatchPolicy, Map<string, UriSlot>>> = {
    exact: new Map(),
    prefix: new Map(),
    wildcard: new Map(),
  };

  /** @param memory The instance, with no URIs in it. */
  constructor(memory: WasmMemory) {
    this.#memory = memory;
  }

  /** See `Header.version`. */
  get version(): number {
    return this.#memory.header.version;
  }

  /**
   * Tells which slot a URI or pattern has.
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   * @returns Its slot; 0 when it has not been put in.
   */
  slotOf(uri: string, match: MatchPolicy): number {
    return this.#slots[match].get(uri)?.slot ?? 0;
  }

  /**
   * Puts in a URI or pattern, if there is room for it.
   *
   * @param uri The URI or pattern; to be taken out as often as it is put in.
   * @param match How it matches.
   * @returns Its slot; 0 when there is no room, or it is long.
   */
  add(uri: string, match: MatchPolicy): number {
    const slots = this.#slots[match];
    const known = slots.get(uri);
    if (known !== undefined) {
      known.uses++;
      return known.slot;
    }
    // What is half of a pair has no bytes of its own.
    if (uri.length > LONGEST_URI || /[\ud800-\udfff]/.test(uri)) return 0;
    const memory = this.#memory;
    const { read, written } = textEncoder.encodeInto(uri, memory.input.subarray(0, LONGEST_URI));
    const slot = read === uri.length ? memory.exports.addUri(written, kinds[match]) : 0;
    memory.view();
    if (slot === 0) return 0;
    if (match !== "exact") memory.header.version++;
    memory.uris[slot] = uri;
    slots.set(uri, { slot, uses: 1 });
    return slot;
  }

  /**
   * Takes a URI or pattern out again.
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   */
  remove(uri: string, match: MatchPolicy): void {
    const slots = this.#slots[match];
    const known = slots.get(uri);
    if (known === undefined || --known.uses > 0) return;
    slots.delete(uri);
    const memory = this.#memory;
    memory.header.version++;
    memory.uris[known.slot] = "";
    memory.exports.removeUri(known.slot);
  }
}

/**
 * Scans a message in JSON.
 *
 * @param memory The instance of the core.
 * @param text The message.
 * @param maxDepth How many levels of lists and dictionaries it may have.
 * @returns What it found, offsets being those of the text; undefined for what is long or not plain to see.
 */
export function scanText(memory: WasmMemory, text: string, maxDepth: number): Header | undefined {
  const units = text.length;
  if (units > INPUT_SIZE) return undefined;
  const { read, written } = textEncoder.encodeInto(text, memory.input);
  return read === units && memory.exports.scanText(written, units, maxDepth) !== 0 ? memory.header : undefined;
}
