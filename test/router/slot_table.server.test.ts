import { cbor, codecBackend, json, msgpack } from "@izaber/wamp/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { matchedPatterns, notedSlot } from "../../src/codec/backend.ts";
import { PatternTable } from "../../src/router/pattern_table.ts";
import type { MatchPolicy } from "../../src/wire/uri.ts";
import { diceOf } from "../codec/wild_bytes.ts";
import { wildUri } from "../support/pattern_pair.ts";

const publish = (uri: string, serializer = msgpack) => serializer.scan(serializer.encode([16, 1, {}, uri]));
const call = (uri: string) => msgpack.scan(msgpack.encode([48, 1, {}, uri]));
const matches: readonly MatchPolicy[] = ["exact", "prefix", "wildcard"];

test("by slots and by text a table finds the same, whatever other tables have", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = diceOf(seed);
      const tables = [new PatternTable<string>(), new PatternTable<string>()];
      const steps = Array.from({ length: 60 }, () => ({
        table: tables[dice() < 0.5 ? 0 : 1]!,
        uri: wildUri(dice),
        match: matches[Math.floor(dice() * 3)]!,
      }));
      for (const { table, uri, match } of steps) {
        if (table.get(uri, match) !== undefined) table.delete(uri, match);
        else table.set(uri, match, `${match} ${uri}`);
        const other = wildUri(dice);
        for (const head of [call(other), publish(other), publish(other, cbor), publish(other, json)]) {
          for (const one of tables) {
            expect(one.best(other, matchedPatterns(head), notedSlot(head))).toBe(one.best(other));
            expect(one.exact(other, notedSlot(head))).toBe(one.exact(other));
            expect(one.patterns(other, matchedPatterns(head))).toEqual(one.patterns(other));
          }
        }
      }
      for (const { table, uri, match } of steps) table.delete(uri, match);
    }),
    { numRuns: 100 },
  );
});

test("what was found before patterns came or went is not believed", () => {
  const table = new PatternTable<string>();
  table.set("com.", "prefix", "first");
  const head = publish("com.example");
  expect(matchedPatterns(head)?.length).toBe(codecBackend === "wasm" ? 1 : undefined);
  table.set("com.example", "prefix", "second");
  expect(matchedPatterns(head)).toBeUndefined();
  expect(table.best(head.uri, matchedPatterns(head))).toBe("second");
  table.delete("com.example", "prefix");
  table.delete("com.", "prefix");
  expect(matchedPatterns(publish("com.example"))).toBeUndefined();
});

test("a table with a pattern that the core has no room for matches by itself", () => {
  const table = new PatternTable<string>();
  const long = "com.example.".repeat(10);
  table.set("com.", "prefix", "short");
  table.set(long, "prefix", "long");
  const head = publish(`${long}x`);
  expect(table.best(head.uri, matchedPatterns(head))).toBe("long");
  table.delete(long, "prefix");
  const again = publish(`${long}x`);
  expect(table.best(again.uri, matchedPatterns(again))).toBe("short");
  table.delete("com.", "prefix");
});

test("a slot that another URI has got since means nothing", () => {
  const table = new PatternTable<string>();
  table.set("com.example.first", "exact", "first");
  const head = call("com.example.first");
  expect(notedSlot(head) !== 0).toBe(codecBackend === "wasm");
  table.delete("com.example.first", "exact");
  table.set("com.example.second", "exact", "second");
  expect(notedSlot(head)).toBe(0);
  expect(table.exact(head.uri, notedSlot(head))).toBeUndefined();
  const next = call("com.example.second");
  expect(table.exact(next.uri, notedSlot(next))).toBe("second");
  table.delete("com.example.second", "exact");
});

test("what a table could not note, and another has noted since, is its own as before", () => {
  const [full, table, other] = [new PatternTable<number>(), new PatternTable<string>(), new PatternTable<string>()];
  for (let index = 0; index < 131_072; index++) full.set(`com.example.filler${index}`, "exact", index);
  const uri = "com.example.late";
  table.set(uri, "exact", "of the table");
  full.delete("com.example.filler7", "exact");
  other.set(uri, "exact", "of the other");
  const expectBoth = () => {
    const slot = notedSlot(call(uri));
    expect([table.exact(uri, slot), other.exact(uri, slot)]).toEqual(["of the table", "of the other"]);
  };
  expectBoth();
  table.set("com.example.more", "exact", "more");
  expectBoth();
  table.delete(uri, "exact");
  const slot = notedSlot(call(uri));
  expect([table.exact(uri, slot), other.exact(uri, slot)]).toEqual([undefined, "of the other"]);
  other.delete(uri, "exact");
  table.delete("com.example.more", "exact");
  for (let index = 0; index < 131_072; index++) full.delete(`com.example.filler${index}`, "exact");
  expect(notedSlot(call("com.example.filler1"))).toBe(0);
});
