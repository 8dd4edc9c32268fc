import fc from "fast-check";
import { expect, test } from "vitest";
import { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { codecWasmModule } from "../support/wasm_module.ts";
import { caseKinds, makeCase, Pair } from "./differential.ts";

const memory = new WasmMemory(codecWasmModule());
const pairs = (["msgpack", "cbor"] as const).flatMap((format) =>
  [12, 128].map((depth) => new Pair(format, memory, depth))
);

test.each(caseKinds)("both halves read the same from a %s", (kind) => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(...pairs), (seed, pair) => {
      const { bytes, start, end } = makeCase(pair.format, kind, seed);
      expect(pair.difference(bytes, start, end)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

test("both halves read the same from arbitrary bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...pairs), (bytes, pair) => {
      expect(pair.difference(bytes, 0, bytes.length)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});
