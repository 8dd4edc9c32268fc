import type { CodecCore, Tape } from "./core.ts";
import { INPUT_SIZE } from "./wasm_memory.ts";
import type { WasmMemory } from "./wasm_memory.ts";

/** The WASM half of the codec for one format. What it is not made for goes to the TypeScript half. */
export class WasmCore implements CodecCore {
  readonly format: "msgpack" | "cbor";
  readonly backend = "wasm";
  readonly #memory: WasmMemory;
  readonly #twin: CodecCore;
  readonly #isCbor: boolean;
  readonly #maxDepth: number;

  /**
   * @param memory The instance; any number of cores may share it.
   * @param twin The TypeScript half for the same format and depth.
   * @param maxDepth How many levels of lists and dictionaries a message may have, at most 1,000.
   */
  constructor(memory: WasmMemory, twin: CodecCore, maxDepth: number) {
    this.format = twin.format;
    this.#memory = memory;
    this.#twin = twin;
    this.#isCbor = twin.format === "cbor";
    this.#maxDepth = maxDepth;
  }

  scan(bytes: Uint8Array, start: number, end: number, header: Float64Array): void {
    if (end - start > INPUT_SIZE) this.#twin.scan(bytes, start, end, header);
    else this.#memory.scan(this.#isCbor, bytes, start, end, this.#maxDepth, header);
  }

  decode(bytes: Uint8Array, start: number, end: number): Tape {
    return end - start > INPUT_SIZE
      ? this.#twin.decode(bytes, start, end)
      : this.#memory.decode(this.#isCbor, bytes, start, end, this.#maxDepth);
  }
}
