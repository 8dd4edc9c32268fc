import { createCodec, Payload } from "@izaber/wamp/codec";
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
  const { msgpack, cbor } = createCodec();
  const exchange = (from: number, to: number) => {
    for (let at = from; at < to; at++) {
      const serializer = at % 2 === 0 ? msgpack : cbor;
      const frame = serializer.encode(
        [48, at, {}, `com.example.procedure${at}`],
        Payload.of([{ [`key${at}`]: `value ${at}` }]),
      );
      if (serializer.scan(frame).payload.args.length !== 1) throw new Error("unexpected");
    }
  };
  exchange(0, 50_000);
  const before = memory();
  exchange(50_000, 1_050_000);
  expect(memory() - before).toBeLessThan(2_000_000);
}, 120_000);
