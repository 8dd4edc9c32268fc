import type { CodecCore, Header, Tape } from "./core.ts";
import { readUint16, readUint32 } from "./big_endian.ts";
import { INPUT_SIZE } from "./wasm_memory.ts";
import type { WasmMemory } from "./wasm_memory.ts";

/** Up to this length copying costs nothing to speak of. */
const SMALL = 4096;
/** So much of a batch is copied in at once; what is longer than that is scanned by itself. */
const BATCH_WINDOW = 8192;
/** How far into a frame a large piece is looked for. */
const NEAR = 96;

/** The WASM half of the codec for one format. What it is not made for goes to the TypeScript half. */
export class WasmCore implements CodecCore {
  readonly format: "msgpack" | "cbor";
  readonly backend = "wasm";
  readonly uris: readonly string[];
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
    this.uris = memory.uris;
    this.#memory = memory;
    this.#twin = twin;
    this.#isCbor = twin.format === "cbor";
    this.#maxDepth = maxDepth;
  }

  scan(bytes: Uint8Array, start: number, end: number): Header {
    return end - start > SMALL && this.#isForTwin(bytes, start, end)
      ? this.#twin.scan(bytes, start, end)
      : this.#memory.scan(this.#isCbor, bytes, start, end, this.#maxDepth);
  }

  scanBatch(bytes: Uint8Array, start: number, end: number): Header {
    return this.#memory.scanBatch(this.#isCbor, bytes, start, Math.min(end, start + BATCH_WINDOW), this.#maxDepth);
  }

  decode(bytes: Uint8Array, start: number, end: number): Tape {
    return end - start > SMALL && this.#isForTwin(bytes, start, end)
      ? this.#twin.decode(bytes, start, end)
      : this.#memory.decode(this.#isCbor, bytes, start, end, this.#maxDepth);
  }

  /** Whether the frame is too large for the core, or soon comes to a text or a piece of binary that is most of it: copying that is all the work. */
  #isForTwin(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > INPUT_SIZE) return true;
    const least = (end - start) >> 1;
    const wide = this.#isCbor ? 0x5a : 0xc6;
    const narrow = this.#isCbor ? 0x59 : 0xc5;
    const toText = this.#isCbor ? 0x20 : 0x15;
    for (let at = start; at < start + NEAR; at++) {
      const byte = bytes[at] as number;
      const isWide = byte === wide || byte === wide + toText;
      if (!isWide && byte !== narrow && byte !== narrow + toText) continue;
      const length = isWide ? readUint32(bytes, at + 1) : readUint16(bytes, at + 1);
      if (length > least && at + length < end) return true;
    }
    return false;
  }
}
