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

/** What the module exports. */
export interface WasmExports {
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
  /** The calls into it. */
  readonly exports: WasmExports;
  /** Where frames are put. */
  input!: Uint8Array;
  /** What scans write. */
  readonly header: WasmHeader = new WasmHeader();
  /** The text of each URI and pattern that scans find by its bytes, by its slot. */
  readonly uris: string[] = [];
  #buffer!: ArrayBufferLike;
  #result!: Int32Array;
  #keyLengths!: Uint8Array;
  #keyBytes!: Uint8Array;
  readonly #keys: string[] = [];
  readonly #tape: WasmTape = new WasmTape(this.#keys);
  #forgotten = 0;

  /**
   * @param module The compiled core.
   * @throws {Error} When it cannot run, or is another module.
   */
  constructor(module: WebAssembly.Module) {
    const exports = new WebAssembly.Instance(module).exports as unknown as WasmExports;
    if (exports.LAYOUT?.value !== LAYOUT) throw new Error("not this version of the WASM core");
    this.exports = exports;
    this.view();
    const table = new Uint8Array(this.#buffer, PLANS);
    plans.forEach((plan, type) => {
      if (plan === undefined) return;
      table.set([plan.kinds.length, plan.required, plan.payload ? 1 : 0, 1, ...plan.kinds], type * 8);
    });
  }

  /** See `CodecCore.scan`; there must be no more than `INPUT_SIZE` bytes. */
  scan(isCbor: boolean, bytes: Uint8Array, start: number, end: number, maxDepth: number): Header {
    const base = this.#copyIn(bytes, start, end);
    this.exports.scan(isCbor ? 1 : 0, start - base, end - base, maxDepth, base);
    return this.header;
  }

  /** See `CodecCore.scanBatch`; there must be no more than `INPUT_SIZE` bytes. */
  scanBatch(isCbor: boolean, bytes: Uint8Array, start: number, end: number, maxDepth: number): Header {
    const base = this.#copyIn(bytes, start, end);
    this.header.count = this.exports.scanBatch(isCbor ? 1 : 0, start - base, end - base, maxDepth, base);
    return this.header;
  }

  /** See `CodecCore.decode`; there must be no more than `INPUT_SIZE` bytes. */
  decode(isCbor: boolean, bytes: Uint8Array, start: number, end: number, maxDepth: number): Tape {
    const base = this.#copyIn(bytes, start, end);
    const used = this.exports.decode(isCbor ? 1 : 0, start - base, end - base, maxDepth, base);
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

  /** Looks at the memory, for the first time or if it has grown: views of it that are kept are empty then. All that are kept are made here or dropped. */
  view(): void {
    const { buffer } = this.exports.memory;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.input = new Uint8Array(buffer, INPUT, INPUT_SIZE);
    this.#result = new Int32Array(buffer, RESULT, 4);
    this.#keyLengths = new Uint8Array(buffer, KEY_LENGTHS);
    this.#keyBytes = new Uint8Array(buffer, KEYS);
    this.header.view(buffer);
    this.#tape.view(buffer);
  }

  /** Returns which of the bytes is the first in the input. */
  #copyIn(bytes: Uint8Array, start: number, end: number): number {
    if (bytes.length <= SMALL || start === 0 && end === bytes.length) {
      this.input.set(bytes);
      return 0;
    }
    this.input.set(bytes.subarray(start, end));
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

export class WasmHeader implements Header {
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
  views!: (Uint8Array | undefined)[];
  readonly keys: readonly string[];
  textsEnd = 0;
  fault = 0;
  faultAt = 0;

  constructor(keys: readonly string[]) {
    this.keys = keys;
  }

  release(): void {}

  view(buffer: ArrayBufferLike): void {
    this.words = new Int32Array(buffer, TAPE);
    this.numbers = new Float64Array(buffer, TAPE);
    this.texts = new Uint8Array(buffer, TEXTS);
    this.views = [];
  }
}
