import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { patternDifference, PatternPair } from "../support/pattern_pair.ts";
import { compiledCore } from "../support/wasm_module.ts";

describe.each(compiledCore())("the core finds patterns by the bytes of a URI:", (module) => {
  const pair = () => new PatternPair(new WasmMemory(module));

  test("the same, in the same order, as the router's tables do", () => {
    const memory = new WasmMemory(module);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(patternDifference(memory, seed)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test("prefixes, the shortest first, then wildcard patterns, the best first", () => {
    const patterns = pair();
    for (const prefix of ["com.exa", "com.example.", "", "com.example.device", "org"]) patterns.add(prefix, "prefix");
    for (const wildcard of ["com..device", "..", "com.example.", ".example.device", "com.", "com..."]) {
      patterns.add(wildcard, "wildcard");
    }
    expect(patterns.found("com.example.device")).toEqual([
      "**",
      "com.exa*",
      "com.example.**",
      "com.example.device**",
      "com.example.",
      "com..device",
      ".example.device",
      "..",
    ]);
    expect(patterns.found("net.nothing")).toEqual(["**"]);
  });

  test("says nothing where there are none", () => {
    const patterns = pair();
    expect(patterns.found("com.example")).toBeUndefined();
    patterns.add("com.", "prefix");
    patterns.remove("com.", "prefix");
    expect(patterns.found("com.example")).toBeUndefined();
  });

  test("refuses what it has no room for, and has it again", () => {
    const patterns = pair();
    expect(patterns.add("a".repeat(63), "prefix")).toBe(true);
    expect(patterns.add("b".repeat(64), "prefix")).toBe(false);
    expect(patterns.add("é".repeat(31), "prefix")).toBe(true);
    expect(patterns.add("é".repeat(32), "prefix")).toBe(false);
    expect(patterns.add("\ud800", "prefix")).toBe(false);
    expect(patterns.add(".".repeat(31), "wildcard")).toBe(true);
    expect(patterns.add(".".repeat(32), "wildcard")).toBe(false);
    expect(patterns.difference(`${"a".repeat(63)}.b`)).toBeUndefined();
    expect(patterns.difference("é".repeat(40))).toBeUndefined();
    expect(patterns.difference(".".repeat(31))).toBeUndefined();
    expect(patterns.difference("x.".repeat(40))).toBeUndefined();
  });

  test("takes patterns with 64 different sets of wildcards", () => {
    const patterns = pair();
    // Each bit of a number decides on one component.
    const shapes = Array.from(
      { length: 70 },
      (_, bits) => [1, 2, 4, 8, 16, 32, 64].map((bit) => bits & bit ? "" : "a").join("."),
    );
    const taken = shapes.filter((shape) => patterns.add(shape, "wildcard"));
    expect(taken).toEqual(shapes.slice(0, 64));
    expect(patterns.add("b.b.b.b.b.b.b", "wildcard")).toBe(true);
    expect(patterns.difference("a.a.a.a.a.a.a")).toBeUndefined();
    for (const shape of shapes.slice(10, 20)) patterns.remove(shape, "wildcard");
    expect(shapes.slice(64).every((shape) => patterns.add(shape, "wildcard"))).toBe(true);
    expect(patterns.difference("a.a.a.a.a.a.a")).toBeUndefined();
  });

  test("takes 131,072 of all kinds together", () => {
    const patterns = pair();
    const taken = Array.from(
      { length: 131_100 },
      (_, index) => patterns.add(`com.example.topic${index}.`, index % 2 ? "prefix" : "wildcard"),
    );
    expect(taken.indexOf(false)).toBe(131_072);
    expect(taken.filter(Boolean)).toHaveLength(131_072);
    for (const index of [0, 1, 999, 1000, 4094, 4095, 4096, 4097, 100_000, 131_070, 131_071, 131_072]) {
      expect(patterns.difference(`com.example.topic${index}.x`)).toBeUndefined();
      expect(patterns.found(`com.example.topic${index}.x`)?.length).toBe(index < 131_072 ? 1 : 0);
    }
    for (let index = 100; index < 131_072; index++) {
      patterns.remove(`com.example.topic${index}.`, index % 2 ? "prefix" : "wildcard");
    }
    for (const index of [99, 100, 101, 131_071]) {
      expect(patterns.difference(`com.example.topic${index}.x`)).toBeUndefined();
    }
  });
});
