import { expect, test } from "vitest";
import { type Format, ID, messagesOf, readId, readType, writeId } from "../../bench/load/frames.ts";
import type { Peers } from "../../bench/peers.ts";
import { canSeeProcesses, childrenOf, usageOfTree } from "../../bench/process_tree.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { picture } from "../../bench/report/picture.ts";
import type { Report } from "../../bench/report/report.ts";
import { terminalTable } from "../../bench/report/table.ts";
import type { Runtime } from "../../bench/subject.ts";
import { TOPICS } from "../../bench/topics/all.ts";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import type { Frame, Serializer } from "../../src/codec/serializer.ts";
import { root } from "../run/alias.ts";
import { testWhere } from "../support/test_where.ts";

const formats: [Format, Serializer][] = [["json", json], ["msgpack", msgpack], ["cbor", cbor]];
const plan = { rounds: 2, warmUp: 0.05, seconds: 0.05 };
const nobody: Peers = { subjects: [], skipped: ["Elsewhere 1.0: no Python"] };

test.each(formats)("the load's frames in %s are WAMP", (format, serializer) => {
  for (const size of [0, 16, 100, 300, 70_000]) {
    const text = "x".repeat(size);
    const messages = messagesOf(format, "realm1", text);
    const scan = (bytes: Uint8Array) =>
      serializer.scan((messages.binary ? new Uint8Array(bytes) : new TextDecoder().decode(bytes)) as Frame);
    expect(messages.subprotocol).toBe(serializer.subprotocol);
    expect(scan(messages.hello.bytes)).toMatchObject({ type: 1, uri: "realm1" });
    const { register, call, publish, subscribe } = messages;
    const others = [[messages.yield, 70], [messages.wideYield, 70]] as const;
    const wildcard = messages.template([64, ID, { match: "wildcard" }, "com..get"]);
    for (const id of [1, 9, 10, 255, 65536, 4_000_000_000]) {
      const kinds = [[register, 64], [wildcard, 64], [call, 48], [publish, 16], [subscribe, 32], ...others] as const;
      for (const [template, type] of kinds) {
        writeId(format, template.bytes, template.idAt, template.idSize, id);
        expect(scan(template.bytes)).toMatchObject({ type, firstId: id });
      }
    }
    for (const id of [1, 4_000_000_000, 2 ** 53 - 1]) {
      const { bytes, idAt, idSize } = messages.wideYield;
      writeId(format, bytes, idAt, idSize, id);
      expect(scan(bytes)).toMatchObject({ type: 70, firstId: id });
      for (const type of [50, 36]) {
        const reply = Buffer.from(serializer.encode([type, id, {}] as never) as string);
        expect(readType(format, reply, 0)).toBe(type);
        expect(readId(format, reply, messages.replyIdAt)).toBe(id);
      }
      const error = Buffer.from(serializer.encode([8, 48, id, {}, "wamp.error.unavailable"]) as string);
      expect(readType(format, error, 0)).toBe(8);
      expect(readId(format, error, messages.errorIdAt)).toBe(id);
    }
    for (const message of [call, publish]) expect(scan(message.bytes).payload.args).toEqual([text]);
  }
});

const runs: [string, Runtime, Format, number?][] = [
  ["rpc", "node", "json"],
  ["rpc", "bun", "cbor"],
  ["rpc", "deno", "msgpack"],
  ["events", "node", "cbor"],
  ["events", "bun", "json"],
  ["authorization", "node", "msgpack"],
  ["sessions", "node", "msgpack"],
  ["client", "deno", "json", 4],
];

test.each(runs)("%s is measured on %s in %s", async (name, runtime, format, rows = 2) => {
  const topic = TOPICS.find((one) => one.name === name)!;
  const report = await topic.run({ mode: "quick", plan, runtimes: [runtime], formats: [format], peers: nobody });
  expect(report.name).toBe(name);
  const [table] = report.tables;
  expect(table!.rows).toHaveLength(rows);
  const first = table!.columns.findIndex((column) => column.startsWith("CPU us"));
  for (const row of table!.rows) {
    expect(row).toHaveLength(table!.columns.length);
    expect(row[1]).toMatch(new RegExp(`^${runtime} \\d`, "i"));
    expect(parseFloat(row[first]!)).toBeGreaterThan(0);
  }
  expect(table!.rows[1]![first + 1]).toMatch(/^\d+\.\d\d x$/);
  expect(report.picture.groups[0]!.bars).toHaveLength(rows);
}, 120_000);

testWhere(canSeeProcesses())("what a process uses is told from outside", () => {
  expect(childrenOf(process.ppid)).toContain(process.pid);
  const { cpu, memory } = usageOfTree(process.pid);
  expect(cpu).toBeGreaterThan(0);
  expect(memory).toBeGreaterThan(1 << 20);
});

test("a report is a table and a picture, and names no path of the machine", () => {
  const report: Report = {
    name: "rpc",
    title: "What a call costs",
    about: "How it was measured.",
    tables: [{ columns: ["router", "CPU us/call"], texts: 1, rows: [["router ✗", "6.00"], ["null relay", "4.00"]] }],
    notes: ["Left out: one <thing>."],
    picture: {
      title: "CPU time & more",
      groups: [{
        label: "json",
        bars: [
          { label: "router", value: 6, text: "6.0 us, 1.50 x", kind: "ours" },
          { label: "null relay", value: 4, text: "4.0 us", kind: "null" },
        ],
      }],
    },
  };
  const page = markdown(report);
  expect(page).toContain("| router | CPU us/call |\n| --- | ---: |\n| router ✗ | 6.00 |");
  expect(page).toContain("![What a call costs](rpc.svg)");
  expect(page).not.toContain(root);
  expect(terminalTable(report.tables[0]!)).toBe(
    "router      CPU us/call\nrouter ✗           6.00\nnull relay         4.00",
  );
  const svg = picture(report);
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain("6.0 us, 1.50 x");
  expect(svg).toContain("CPU time &amp; more");
});
