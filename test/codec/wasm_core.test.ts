import type { Serializer } from "@izaber/wamp/codec";
import { codecBackend, createCodec, Payload } from "@izaber/wamp/codec";
import { WampError } from "@izaber/wamp/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOfHex } from "../../src/codec/hex.ts";
import { cborOn } from "../../src/codec/cbor.ts";
import { Slot } from "../../src/codec/core.ts";
import { jsonOn } from "../../src/codec/json_core.ts";
import { msgpackOn } from "../../src/codec/msgpack.ts";
import { MsgpackCore } from "../../src/codec/msgpack_core.ts";
import { WASM_HEX } from "../../src/codec/wasm_bytes.ts";
import { WasmCore } from "../../src/codec/wasm_core.ts";
import { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { WasmUris } from "../../src/codec/wasm_routing.ts";
import { compiledCore } from "../support/wasm_module.ts";
import { caseKinds, grow, makeBatch, makeCase, Pair } from "./differential.ts";
import { jsonDifference } from "./wild_json.ts";
import { testWhere } from "../support/test_where.ts";

const modules = compiledCore();
const compiles = canCompile();

/** Whether the runtime compiles bytes here: in workerd vitest loads modules inside of a request. */
function canCompile(): boolean {
  try {
    return new WebAssembly.Module(bytesOfHex(WASM_HEX)) !== undefined;
  } catch {
    return false;
  }
}

function roundTrip(serializer: Serializer, args: readonly unknown[]): readonly unknown[] {
  return serializer.scan(serializer.encode([50, 1, {}], Payload.of(args as never))).payload.args;
}

test("WASM reads by default where the runtime compiles it, else TypeScript", () => {
  expect(codecBackend).toBe(compiles ? "wasm" : "typescript");
  expect(createCodec().backend).toBe(codecBackend);
  expect(createCodec({ backend: "wasm" }).backend).toBe(codecBackend);
  expect(createCodec({ backend: "typescript" }).backend).toBe("typescript");
});

describe.each(modules)("the core", (module) => {
  const makePairs = (memory: WasmMemory) =>
    (["msgpack", "cbor"] as const).flatMap((format) => [12, 128].map((depth) => new Pair(format, memory, depth)));
  const pairs = makePairs(new WasmMemory(module));

  test.each(caseKinds)("and its twin read the same from a %s, when the memory has grown, too", (kind) => {
    const memory = new WasmMemory(module);
    const pairs = makePairs(memory);
    for (const numRuns of [2000, 1000]) {
      fc.assert(
        fc.property(fc.integer(), fc.constantFrom(...pairs), (seed, pair) => {
          const { bytes, start, end } = makeCase(pair.format, kind, seed);
          expect(pair.difference(bytes, start, end)).toBeUndefined();
        }),
        { numRuns },
      );
      grow(memory);
    }
  });

  test("and its twin read the same from a batch", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...pairs), (seed, pair) => {
        expect(pair.batchDifference(makeBatch(pair.format, seed))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  test("and its twin read the same from JSON", () => {
    const [core, twin] = [
      createCodec({ module, maxDepth: 6 }).json,
      createCodec({ backend: "typescript", maxDepth: 6 }).json,
    ];
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(jsonDifference(core, twin, seed)).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
  });

  test("finds URIs in JSON by their bytes, and leaves long texts to the twin", () => {
    const memory = new WasmMemory(module);
    const known = new WasmUris(memory);
    const json = jsonOn(memory, {});
    known.add("com.example.known", "exact");
    known.add("com.", "prefix");
    const head = json.scan('[16,1,{"k":"aö"},"com.example.known",["xy𝄞"],{"a":1}]');
    expect([head.uri, head.patterns?.length, head.payload.args, head.payload.kwargs]).toEqual([
      "com.example.known",
      1,
      ["xy𝄞"],
      { a: 1 },
    ]);
    expect(json.scan('[16,1,{},"com.exämple"]')).toMatchObject({ uri: "com.exämple", patterns: undefined });
    const long = "x".repeat(200_000);
    expect(json.scan(`[50,1,{},["${long}"]]`).payload.args).toEqual([long]);
    const wide = "語".repeat(50_000);
    expect(json.scan(`[50,1,{},["${wide}"]]`).payload.args).toEqual([wide]);
  });

  test("and its twin read the same from arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...pairs), (bytes, pair) => {
        expect(pair.difference(bytes, 0, bytes.length)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  test("imports nothing, and its memory grows by the table of many URIs and no more", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory };
    expect(() => memory.grow(177)).toThrow(RangeError);
    expect(memory.grow(176)).toBe(35);
  });

  test("can be handed in compiled", () => {
    const { backend, msgpack, cbor } = createCodec({ module });
    expect(backend).toBe("wasm");
    for (const serializer of [msgpack, cbor]) expect(roundTrip(serializer, [{ b: 1 }, "c"])).toEqual([{ b: 1 }, "c"]);
  });

  testWhere(compiles)("is not replaced by another module", () => {
    const other = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    expect(() => createCodec({ module: other })).toThrow(WampError);
    expect(() => createCodec({ module: other })).toThrow("hand in codec.wasm of this very version");
  });

  test("leaves frames beyond its memory, and those that are one large piece, to the twin", () => {
    const { msgpack, cbor } = createCodec({ module });
    const piece = new Uint8Array(70_000).fill(7);
    for (const serializer of [msgpack, cbor]) {
      for (const args of [[piece], ["x".repeat(70_000), 1], [[1, 2], piece, 3], Array(200_000).fill(["ab", 1])]) {
        expect(roundTrip(serializer, args)).toEqual(args);
      }
    }
  });

  test("gives binary and texts that later frames do not change", () => {
    const { msgpack, cbor } = createCodec({ module });
    for (const serializer of [msgpack, cbor]) {
      const first = roundTrip(serializer, [Uint8Array.of(1, 2, 3), "a text of some length", "another one", {
        key: "é",
      }]);
      roundTrip(serializer, [Uint8Array.of(9, 9, 9, 9), "b".repeat(60), "c".repeat(60), { yek: "ü" }]);
      expect(first).toEqual([Uint8Array.of(1, 2, 3), "a text of some length", "another one", { key: "é" }]);
    }
  });

  test("keeps keys apart however many there are", () => {
    const { msgpack, cbor } = createCodec({ module });
    for (const serializer of [msgpack, cbor]) {
      for (let at = 0; at < 3000; at += 100) {
        const dict = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`key ${at + index}`, index]));
        expect(roundTrip(serializer, [dict, dict])).toEqual([dict, dict]);
      }
    }
  });

  test("gathers more texts than fit one string", () => {
    const { msgpack, cbor } = createCodec({ module });
    const texts = Array.from({ length: 2000 }, (_, index) => "text".repeat(index % 17).slice(0, index % 66));
    for (const serializer of [msgpack, cbor]) expect(roundTrip(serializer, [texts])).toEqual([texts]);
  });

  describe("finds URIs by their bytes:", () => {
    const core = (memory: WasmMemory) => new WasmCore(memory, new MsgpackCore(128), 128);
    const { msgpack } = createCodec({ backend: "typescript" });

    function find(memory: WasmMemory, uri: string): string | undefined {
      const frame = msgpack.encode([48, 1, {}, uri]) as Uint8Array<ArrayBuffer>;
      const reader = core(memory);
      const slot = reader.scan(frame, 0, frame.length).words[Slot.uriSlot] as number;
      return slot === 0 ? undefined : reader.uris[slot];
    }

    test("those that are in, and no others, whatever comes and goes", () => {
      // Equal but for a byte, of all lengths up to beyond what is taken, and not ASCII.
      const pool = Array.from({ length: 70 }, (_, index) => "com.example.procedure.".repeat(4).slice(0, index + 1))
        .flatMap((uri) => [uri, `${uri.slice(0, -1)}x`, `x${uri.slice(1)}`, `${uri}\0`]);
      const uris = [...new Set([...pool, "名.前", "com.exämple"])].filter((uri) => uri.length <= 64);
      fc.assert(
        fc.property(
          fc.array(fc.record({ uri: fc.constantFrom(...uris), put: fc.boolean() }), { maxLength: 80 }),
          (steps) => {
            const memory = new WasmMemory(module);
            const known = new WasmUris(memory);
            const uses = new Map<string, number>();
            for (const { uri, put } of steps) {
              if (put) known.add(uri, "exact");
              else known.remove(uri, "exact");
              uses.set(uri, Math.max(0, (uses.get(uri) ?? 0) + (put ? 1 : -1)));
            }
            for (const [uri, count] of uses) expect(find(memory, uri)).toBe(count > 0 ? uri : undefined);
            expect(find(memory, "never.put.in")).toBe(undefined);
          },
        ),
        { numRuns: 50 },
      );
    });

    test("long ones, and those beyond what there is room for, are read as text", () => {
      const memory = new WasmMemory(module);
      const known = new WasmUris(memory);
      const uriOf = (index: number) => `com.example.procedure${index}`;
      const isFound = (index: number) => find(memory, uriOf(index)) === uriOf(index);
      const slots = new Set<number>();
      for (let index = 0; index < 131_072; index++) slots.add(known.add(uriOf(index), "exact"));
      expect([slots.size, slots.has(0)]).toEqual([131_072, false]);
      expect(known.add("com.example.last", "exact")).toBe(0);
      const some = Array.from({ length: 1_100 }, (_, index) => Math.min(index * 120, 131_071));
      expect(some.filter(isFound)).toEqual(some);
      expect(find(memory, "com.example.last")).toBe(undefined);
      for (let index = 1_000; index < 131_072; index++) known.remove(uriOf(index), "exact");
      for (let index = 200_000; index < 200_500; index++) known.add(uriOf(index), "exact");
      expect(some.filter(isFound)).toEqual(some.filter((index) => index < 1_000));
      expect([isFound(199_999), isFound(200_000), isFound(200_499)]).toEqual([false, true, true]);
      expect(known.add("a".repeat(65), "exact")).toBe(0);
      expect(find(memory, "a".repeat(65))).toBe(undefined);
    });

    test("values are read as before when the table has grown", () => {
      const memory = new WasmMemory(module);
      const known = new WasmUris(memory);
      const texts = ["alpha beta gamma delta", "second text of the list", "third text of the list", "fourth one", "é"];
      const payload = Payload.of([{ text: "a", number: 1.5 }, ...texts], { key: texts });
      const serializers = [msgpackOn, cborOn, jsonOn].map((on) => on(memory, {}));
      const frames = serializers.map(({ encode }) => encode([48, 7, { texts }, "com.example.procedure9"], payload));
      const read = () =>
        serializers.map((serializer, at) => {
          const { firstId, uri, options, payload: { args, kwargs } } = serializer.scan(frames[at]!);
          return { firstId, uri, options, args, kwargs };
        });
      const before = read();
      expect(before[0]).toMatchObject({ firstId: 7, options: { texts }, kwargs: { key: texts } });
      for (let index = 0; index < 5_000; index++) known.add(`com.example.procedure${index}`, "exact");
      expect(read()).toEqual(before);
      expect(find(memory, "com.example.procedure9")).toBe("com.example.procedure9");
    });

    test("who chooses URIs that share a bucket slows nobody down for long", () => {
      const memory = new WasmMemory(module);
      const known = new WasmUris(memory);
      const uris = sameBucket(40);
      const taken = uris.filter((uri) => known.add(uri, "exact") !== 0);
      expect(taken).toEqual(uris.slice(0, 24));
      for (const uri of uris) expect(find(memory, uri)).toBe(taken.includes(uri) ? uri : undefined);
      known.remove(uris[3]!, "exact");
      expect(known.add(uris[30]!, "exact")).not.toBe(0);
      expect(find(memory, uris[30]!)).toBe(uris[30]);
    });
  });
});

/** Finds URIs that the core's hash puts into one bucket of its small table. */
function sameBucket(count: number): string[] {
  const factor = 0x9e3779b97f4a7c15n;
  const mask = (1n << 64n) - 1n;
  const bucketOf = (uri: string) => {
    const bytes = new Uint8Array(24);
    new TextEncoder().encodeInto(uri, bytes);
    const words = new BigUint64Array(bytes.buffer);
    let hash = BigInt(uri.length);
    for (let word = 0; word < uri.length >> 3; word++) {
      hash = (hash ^ words[word]!) * factor & mask;
      hash = (hash << 29n | hash >> 35n) & mask;
    }
    hash = (hash ^ words[uri.length >> 3]!) * factor & mask;
    return Number(hash >> 40n & 8191n);
  };
  const found: string[] = [];
  for (let index = 0; found.length < count; index++) {
    const uri = `com.example.u${index}`;
    if (bucketOf(uri) === 77) found.push(uri);
  }
  return found;
}
