import { expect, test } from "vitest";
import { type Format, messagesOf, readId, readType, writeId } from "../../bench/load/frames.ts";
import { measure, type Measurement, type Runtime } from "../../bench/measure.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { picture } from "../../bench/report/picture.ts";
import { table } from "../../bench/report/table.ts";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import type { Frame, Serializer } from "../../src/codec/serializer.ts";
import { root } from "../run/alias.ts";

const formats: [Format, Serializer][] = [["json", json], ["msgpack", msgpack], ["cbor", cbor]];
const PLAN = { rounds: 2, warmUp: 0.05, seconds: 0.05 };

test.each(formats)("the load's frames in %s are WAMP", (format, serializer) => {
  const messages = messagesOf(format, "realm1", "0123456789abcdef");
  const scan = (bytes: Uint8Array) =>
    serializer.scan((messages.binary ? new Uint8Array(bytes) : new TextDecoder().decode(bytes)) as Frame);
  expect(messages.subprotocol).toBe(serializer.subprotocol);
  expect(scan(messages.hello.bytes)).toMatchObject({ type: 1, uri: "realm1" });
  for (const id of [1, 9, 10, 255, 65536, 4_000_000_000]) {
    for (const [template, type] of [[messages.register, 64], [messages.call, 48], [messages.yield, 70]] as const) {
      writeId(format, template.bytes, template.idAt, id);
      expect(scan(template.bytes)).toMatchObject({ type, firstId: id });
    }
    const reply = serializer.encode([50, id, {}]);
    const bytes = Buffer.from(reply as string);
    expect(readType(format, bytes, 0)).toBe(50);
    expect(readId(format, bytes, messages.replyIdAt)).toBe(id);
  }
  expect(scan(messages.call.bytes).payload.args).toEqual(["0123456789abcdef"]);
});

const runs: [Runtime, Format][] = [["node", "json"], ["node", "msgpack"], ["bun", "json"], ["bun", "cbor"]];

test.each(runs)("router and null relay on %s are measured under a load in %s", async (runtime, format) => {
  const measured = await measure(runtime, format, PLAN);
  expect(measured.map(({ subject, shape }) => `${subject} ${shape.callers} x ${shape.inFlight}`)).toEqual([
    "null 4 x 16",
    "router 4 x 16",
    "null 1 x 1",
    "router 1 x 1",
  ]);
  for (const one of measured) {
    expect(one.version).toMatch(runtime === "bun" ? /^Bun \d/ : /^Node \d/);
    for (const value of [one.callsPerSecond, one.cpuPerCall, one.p50, one.p99, one.generatorLoad, one.toNull]) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(Infinity);
    }
    expect(one.p99).toBeGreaterThanOrEqual(one.p50);
    if (one.subject === "null") expect(one.toNull).toBe(1);
  }
}, 60_000);

test("the report names runtimes and ratios, and no path of the machine", () => {
  const base = {
    runtime: "node",
    version: "Node 24.0.0",
    format: "json",
    shape: { callers: 4, inFlight: 16 },
    callsPerSecond: 123_456,
    p50: 100,
    p99: 200,
    generatorLoad: 0.5,
  } as const;
  const measurements: Measurement[] = [
    { ...base, subject: "null", cpuPerCall: 4, toNull: 1, cpuRange: [3.5, 4.5] },
    { ...base, subject: "router", cpuPerCall: 6, toNull: 1.5, cpuRange: [5.5, 6.5] },
  ];
  const page = markdown(measurements, PLAN);
  expect(page).toContain("| Node 24.0.0 | json | 4 x 16 | router | 123,456 | 6.00 | 1.50 x | 100 | 200 | 50 % |");
  expect(page).toContain("Node 24.0.0 json router 5.50-6.50");
  expect(page).not.toContain(root);
  expect(table(measurements)).toContain("1.50 x");
  const svg = picture(measurements);
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain("6.0 us, 1.50 x");
  expect(svg).toContain("Node 24.0.0, json");
});
