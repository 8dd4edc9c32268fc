import type { MatchPolicy } from "../wire/uri.ts";
import type { Header, Tape } from "./core.ts";
import { ROW } from "./core.ts";
import { plans } from "./plan.ts";

// The layout of the core's memory, as codec-wasm/assembly/layout.ts has it.
const RESULT = 0x1000;
const PLANS = 0x1100;
const HEADER = 0x4000;
const ROWS = 64;
const KEY_LENGTHS = 0x6800;
const KEYS = 0x7000;
const LONGEST_KEY = 32;
const MATCHES = 0xb000;
const MATCHES_COUNT = 0x400;
const INPUT = 0x10000;
const TAPE = 0x30000;
const TEXTS = 0x1b0000;

/** How long a frame may be, or a value in one, that the core can take. */
export const INPUT_SIZE = 0x18000;

/** Up to this length all of the bytes are copied in even if a part is wanted: to cut that out takes longer, 50 ns against 20. */
const SMALL = 1024;

const LAYOUT = 5;
/** Longer ones are found by their text. */
const LONGEST_URI = 64;

/** How the core calls the ways to match. */
const kinds = { exact: 0, prefix: 1, wildcard: 2 } as const;

const textEncoder = new TextEncoder();

interface Exports {
  readonly LAYOUT: WebAssembly.Global;
  readonly memory: WebAssembly.Memory;
  scan(cbor: number, start: number, end: number, maxDepth: number, base: number): void;
  scanBatch(cbor: number, start: number, end: number, maxDepth: number, base: number): number;
  scanText(length: number, units: number, maxDepth: number): number;
  addUri(length: number, kind: number): number;
  removeUri(slot: number): void;
  decode(cbor: number, start: number, end: number, maxDepth: number, base: number): number;
}

/** An instance of the WASM core, its memory and the calls into it. Nothing of the memory outlives the synchronous work on a frame. */
export class WasmMemory {
  readonly #exports: Exports;
  #buffer!: ArrayBufferLike;
  #input!: Uint8Array;
  #result!: Int32Array;
  #keyLengths!: Uint8Array;
  #keyBytes!: Uint8Array;
  readonly #header: WasmHeader = new WasmHeader();
  readonly #keys: string[] = [];
  readonly #uris: string[] = [];
  readonly #uriSlots: Readonly<Record<MatchPolicy, Map<string, UriSlot>>> = {
    exact: new Map(),
    prefix: new Map(),
    wildcard: new Map(),
  };
  readonly #tape: WasmTape = new WasmTape(this.#keys);
  #forgotten = 0;

  /**
   * @param module The compiled core.
   * @throws {Error} When it cannot run, or is another module.
   */
  constructor(module: WebAssembly.Module) {
    const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    if (exports.LAYOUT?.value !== LAYOUT) throw new Error("not this version of the WASM core");
    this.#exports = exports;
    this.#view();
    const table = new Uint8Array(this.#buffer, PLANS);
    plans.forEach((plan, type) => {
      if (plan === undefined) return;
      table.set([plan.kinds.length, plan.required, plan.payload ? 1 : 0, 1, ...plan.kinds], type * 8);
    });
  }

  /** See `CodecCore.scan`; there must be no more than `INPUT_SIZE` bytes. */
  scan(isCbor: boolean, bytes: Uint8Array, start: number, end: number, maxDepth: number): Header {
    const base = this.#copyIn(bytes, start, end);
    this.#exports.scan(isCbor ? 1 : 0, start - base, end - base, maxDepth, base);
    return this.#header;
  }

  /** See `CodecCore.scanBatch`; there must be no more than `INPUT_SIZE` bytes. */
  scanBatch(isCbor: boolean, bytes: Uint8Array, start: number, end: number, maxDepth: number): Header {
    const base = this.#copyIn(bytes, start, end);
    this.#header.count = this.#exports.scanBatch(isCbor ? 1 : 0, start - base, end - base, maxDepth, base);
    return this.#header;
  }

  /**
   * Scans a message in JSON.
   *
   * @param text The message.
   * @param maxDepth How many levels of lists and dictionaries it may have.
   * @returns What it found, offsets being those of the text; undefined for what is long or not plain to see.
   */
  scanText(text: string, maxDepth: number): Header | undefined {
    const units = text.length;
    if (units > INPUT_SIZE) return undefined;
    const { read, written } = textEncoder.encodeInto(text, this.#input);
    return read === units && this.#exports.scanText(written, units, maxDepth) !== 0 ? this.#header : undefined;
  }

  /** See `CodecCore.decode`; there must be no more than `INPUT_SIZE` bytes. */
  decode(isCbor: boolean, bytes: Uint8Array, start: number, end: number, maxDepth: number): Tape {
    const base = this.#copyIn(bytes, start, end);
    const used = this.#exports.decode(isCbor ? 1 : 0, start - base, end - base, maxDepth, base);
    const tape = this.#tape;
    const result = this.#result;
    if (used < 0) {
      tape.fault = result[0] as number;
      tape.faultAt = result[1] as number;
      return tape;
    }
    tape.fault = 0;
    tape.textsEnd = result[3] as number;
    if (used !== this.#keys.length || result[2] !== this.#forgotten) this.#learnKeys(used);
    return tape;
  }

  /** The text of each URI and pattern that has been put in, by its slot. */
  get uris(): readonly string[] {
    return this.#uris;
  }

  /** See `Header.version`. */
  get version(): number {
    return this.#header.version;
  }

  /**
   * Tells which slot a URI or pattern has.
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   * @returns Its slot; 0 when it has not been put in.
   */
  slotOf(uri: string, match: MatchPolicy): number {
    return this.#uriSlots[match].get(uri)?.slot ?? 0;
  }

  /**
   * Makes scans find a URI or pattern by its bytes, if there is room for it.
   *
   * @param uri The URI or pattern; to be taken out as often as it is put in.
   * @param match How it matches.
   * @returns Its slot; 0 when there is no room, or it is long.
   */
  addUri(uri: string, match: MatchPolicy): number {
    const slots = this.#uriSlots[match];
    const known = slots.get(uri);
    if (known !== undefined) {
      known.uses++;
      return known.slot;
    }
    // What is half of a pair has no bytes of its own.
    if (uri.length > LONGEST_URI || /[\ud800-\udfff]/.test(uri)) return 0;
    const { read, written } = textEncoder.encodeInto(uri, this.#input.subarray(0, LONGEST_URI));
    const slot = read === uri.length ? this.#exports.addUri(written, kinds[match]) : 0;
    if (this.#buffer !== this.#exports.memory.buffer) this.#view();
    if (slot === 0) return 0;
    if (match !== "exact") this.#header.version++;
    this.#uris[slot] = uri;
    slots.set(uri, { slot, uses: 1 });
    return slot;
  }

  /**
   * Takes a URI or pattern out again.
   *
   * @param uri The URI or pattern.
   * @param match How it matches.
   */
  removeUri(uri: string, match: MatchPolicy): void {
    const slots = this.#uriSlots[match];
    const known = slots.get(uri);
    if (known === undefined || --known.uses > 0) return;
    slots.delete(uri);
    this.#header.version++;
    this.#uris[known.slot] = "";
    this.#exports.removeUri(known.slot);
  }

  /** Looks at the memory, for the first time or since it has grown. */
  #view(): void {
    const { buffer } = this.#exports.memory;
    this.#buffer = buffer;
    this.#input = new Uint8Array(buffer, INPUT, INPUT_SIZE);
    this.#result = new Int32Array(buffer, RESULT, 4);
    this.#keyLengths = new Uint8Array(buffer, KEY_LENGTHS);
    this.#keyBytes = new Uint8Array(buffer, KEYS);
    this.#header.view(buffer);
    this.#tape.view(buffer);
  }

  /** Returns which of the bytes is the first in the input. */
  #copyIn(bytes: Uint8Array, start: number, end: number): number {
    if (bytes.length <= SMALL || start === 0 && end === bytes.length) {
      this.#input.set(bytes);
      return 0;
    }
    this.#input.set(bytes.subarray(start, end));
    return start;
  }

  #learnKeys(used: number): void {
    const forgotten = this.#result[2] as number;
    if (forgotten !== this.#forgotten) this.#keys.length = 0;
    this.#forgotten = forgotten;
    for (let slot = this.#keys.length; slot < used; slot++) {
      const at = slot * LONGEST_KEY;
      this.#keys.push(String.fromCharCode(...this.#keyBytes.subarray(at, at + (this.#keyLengths[slot] as number))));
    }
  }
}

interface UriSlot {
  readonly slot: number;
  uses: number;
}

class WasmHeader implements Header {
  words!: Int32Array;
  numbers!: Float64Array;
  patterns!: Uint32Array;
  count = 0;
  version = 0;

  view(buffer: ArrayBufferLike): void {
    this.words = new Int32Array(buffer, HEADER, ROWS * ROW);
    this.numbers = new Float64Array(buffer, HEADER, ROWS * ROW / 2);
    this.patterns = new Uint32Array(buffer, MATCHES, MATCHES_COUNT);
  }
}

class WasmTape implements Tape {
  words!: Int32Array;
  numbers!: Float64Array;
  texts!: Uint8Array;
  readonly keys: readonly string[];
  textsEnd = 0;
  fault = 0;
  faultAt = 0;

  constructor(keys: readonly string[]) {
    this.keys = keys;
  }

  view(buffer: ArrayBufferLike): void {
    this.words = new Int32Array(buffer, TAPE);
    this.numbers = new Float64Array(buffer, TAPE);
    this.texts = new Uint8Array(buffer, TEXTS);
  }
}
