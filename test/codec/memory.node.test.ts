import { createCodec, Payload } from "@izaber/wamp/codec";
import type { Frame } from "@izaber/wamp/codec";
import { Slot } from "../../src/codec/core.ts";
import { MsgpackCore } from "../../src/codec/msgpack_core.ts";
import { WasmCore } from "../../src/codec/wasm_core.ts";
import { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { WasmUris } from "../../src/codec/wasm_routing.ts";
import { codecWasmModule } from "../support/wasm_module.ts";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import process from "node:process";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function memory(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test("a million messages, each with keys and texts of its own, leave nothing behind", () => {
  const { msgpack, cbor, json } = createCodec();
  const exchange = (from: number, to: number) => {
    for (let at = from; at < to; at++) {
      const serializer = at % 3 === 0 ? msgpack : at % 3 === 1 ? cbor : json;
      const frame = serializer.encode(
        [48, at, {}, `com.example.procedure${at}`],
        Payload.of([{ [`key${at}`]: `value ${at}` }]),
      );
      for (
        const head of at % 100 === 0 ? serializer.scanBatch(serializer.joinBatch([frame])) : [serializer.scan(frame)]
      ) {
        if (head.payload.args.length !== 1) throw new Error("unexpected");
      }
    }
  };
  exchange(0, 50_000);
  const before = memory();
  exchange(50_000, 1_050_000);
  expect(memory() - before).toBeLessThan(2_000_000);
}, 120_000);

test.each(["msgpack", "cbor"] as const)(
  "one large message in %s leaves nothing behind, whatever came of it",
  (name) => {
    const codec = createCodec();
    const serializer = codec[name];
    const text = new TextDecoder().decode(new Uint8Array(20_000_000).fill(0x78)); // of one piece
    const binary = new Uint8Array(20_000_000);
    const numbers = Array<number>(2_000_000).fill(1);
    const failing = {
      text,
      get never(): never {
        throw new Error("no");
      },
    };
    const encode = (...args: unknown[]) => serializer.encode([50, 1, {}], Payload.of(args as never));
    const read = (frame: Frame) => serializer.scan(frame).payload.args.length;
    const sizes: Record<string, number> = {};
    const weigh = (what: string, work: () => void) => {
      const before = memory();
      work();
      sizes[what] = memory() - before;
    };
    read(encode(1, "text", new Date(0)));
    weigh("a text encoded", () => encode(text));
    weigh("and a date", () => encode(text, new Date(0)));
    weigh("binary", () => encode({ binary }));
    weigh("a getter that throws", () => expect(() => encode(failing)).toThrow("no"));
    weigh("and a date before it", () => expect(() => encode(new Date(0), failing)).toThrow("no"));
    weigh("what is refused", () => expect(() => encode(text, () => 1)).toThrow("a function"));
    weigh("a text decoded", () => read(encode(text)));
    weigh("binary decoded", () => read(encode(binary)));
    weigh("numbers decoded", () => read(encode(numbers)));
    expect(Object.entries(sizes).filter(([, size]) => size > 1_500_000)).toEqual([]);
  },
);

test("the tables of keys and URIs are bounded, and hold nothing that merely arrives", () => {
  const memory = new WasmMemory(codecWasmModule());
  const uris = new WasmUris(memory);
  const core = new WasmCore(memory, new MsgpackCore(128), 128);
  const { msgpack } = createCodec({ backend: "typescript" });
  for (let at = 0; at < 20_000; at++) {
    const known = `com.example.procedure${at}`;
    uris.add(known, "exact");
    uris.add(known, at % 2 === 0 ? "prefix" : "wildcard");
    const frame = msgpack.encode(
      [48, at, {}, `com.example.other${at}`],
      Payload.of([{ [`key${at}`]: at }]),
    ) as Uint8Array;
    const { words } = core.scan(frame, 0, frame.length);
    const tape = core.decode(frame, words[Slot.argsStart]!, words[Slot.argsEnd]!);
    expect(tape.keys.length).toBeLessThanOrEqual(512);
    uris.remove(known, "exact");
    uris.remove(known, at % 2 === 0 ? "prefix" : "wildcard");
  }
  expect(memory.uris.filter((uri) => uri !== "")).toEqual([]);
  expect(memory.uris.length).toBeLessThan(10);
});
