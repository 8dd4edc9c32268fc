import { bytesOfHex } from "../../src/codec/hex.ts";
import { createCodec } from "../../src/codec/codec.ts";
import { jsonOn } from "../../src/codec/json_core.ts";
import { WASM_HEX } from "../../src/codec/wasm_bytes.ts";
import { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { caseKinds, grow, makeBatch, makeCase, Pair } from "../codec/differential.ts";
import { eagerDifference, jsonDifference } from "../codec/wild_json.ts";
import { patternDifference } from "../support/pattern_pair.ts";

const MOST_FAILURES = 20;
const CASES_A_LINE = 100_000;
const CASES_A_MEMORY = 20_000;

const jsonTwin = createCodec({ backend: "typescript", maxDepth: 6 }).json;
const kinds = [...caseKinds, "batch", "patterns", "JSON"] as const;

/**
 * Lets both halves of the codec read generated, damaged and random bytes, batches too, and match URIs against patterns.
 *
 * @param cases How many.
 * @param seed Where to begin; the same seed gives the same cases.
 * @returns What they read differently, at most 20 times.
 */
export function fuzzCodec(cases: number, seed: number): Promise<string[]> {
  const module = new WebAssembly.Module(bytesOfHex(WASM_HEX));
  let memory!: WasmMemory;
  let pairs: Pair[] = [];
  const failures: string[] = [];
  for (let index = 0; index < cases && failures.length < MOST_FAILURES; index++) {
    // What is kept from one case to the next has to stand the growth of the memory, too.
    if (index % CASES_A_MEMORY === CASES_A_MEMORY / 2) grow(memory);
    else if (index % CASES_A_MEMORY === 0) pairs = pairsOn(memory = new WasmMemory(module));
    const pair = pairs[index % pairs.length]!;
    const kind = kinds[Math.floor(index / pairs.length) % kinds.length]!;
    const difference = differenceOf(kind, pair, memory, seed + index);
    if (difference !== undefined) failures.push(`${pair.format}, ${kind}, seed ${seed + index}: ${difference}`);
    if ((index + 1) % CASES_A_LINE === 0) console.log(`${index + 1} cases, ${failures.length} failed`);
  }
  return Promise.resolve(failures);
}

function pairsOn(memory: WasmMemory): Pair[] {
  return (["msgpack", "cbor"] as const).flatMap((format) =>
    [6, 12, 128].map((depth) => new Pair(format, memory, depth))
  );
}

function differenceOf(kind: typeof kinds[number], pair: Pair, memory: WasmMemory, seed: number): string | undefined {
  if (kind === "batch") return pair.batchDifference(makeBatch(pair.format, seed));
  if (kind === "JSON") {
    return jsonDifference(jsonOn(memory, { maxDepth: 6 }), jsonTwin, seed) ?? eagerDifference(jsonTwin, seed);
  }
  if (kind === "patterns") return patternDifference(memory, seed);
  const { bytes, start, end } = makeCase(pair.format, kind, seed);
  return pair.difference(bytes, start, end);
}
