import { Pattern, Slot } from "../../src/codec/core.ts";
import { MsgpackCore } from "../../src/codec/msgpack_core.ts";
import { createMsgpack } from "../../src/codec/msgpack.ts";
import { WasmCore } from "../../src/codec/wasm_core.ts";
import type { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { WasmUris } from "../../src/codec/wasm_routing.ts";
import { PrefixTable } from "../../src/router/prefix_table.ts";
import { WildcardTable } from "../../src/router/wildcard_table.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { diceOf } from "../codec/wild_bytes.ts";
import type { Dice } from "../codec/wild_bytes.ts";

type PatternMatch = "prefix" | "wildcard";

const { encode } = createMsgpack({ backend: "typescript" });

/** The core and its twin, the router's tables, side by side, matching URIs against patterns. */
export class PatternPair {
  readonly #uris: WasmUris;
  readonly #core: WasmCore;
  readonly #prefixes = new PrefixTable<string>();
  readonly #wildcards = new WildcardTable<string>();

  /** @param memory The instance of the WASM core, with no patterns in it. */
  constructor(memory: WasmMemory) {
    this.#uris = new WasmUris(memory);
    this.#core = new WasmCore(memory, new MsgpackCore(128), 128);
  }

  /**
   * Puts in a pattern.
   *
   * @param pattern The pattern, which is not in yet.
   * @param match How it matches.
   * @returns Whether the core has room for it; what it has none for the twin does not get either.
   */
  add(pattern: string, match: PatternMatch): boolean {
    if (this.#uris.add(pattern, match) === 0) return false;
    this.#table(match).set(pattern, pattern);
    return true;
  }

  /**
   * Takes a pattern out.
   *
   * @param pattern The pattern, which is in.
   * @param match How it matches.
   */
  remove(pattern: string, match: PatternMatch): void {
    this.#uris.remove(pattern, match);
    this.#table(match).delete(pattern);
  }

  /**
   * Asks the core.
   *
   * @param uri The URI of a PUBLISH.
   * @returns The patterns that match, prefixes with `*` behind them, `**` when whole; undefined when it does not say.
   */
  found(uri: string): string[] | undefined {
    const frame = encode([MessageType.PUBLISH, 1, {}, uri]) as Uint8Array<ArrayBuffer>;
    const { words, patterns } = this.#core.scan(frame, 0, frame.length);
    const count = words[Slot.patterns]!;
    if (count < 0) return undefined;
    const from = words[Slot.patternsAt]!;
    return [...patterns.subarray(from, from + count)].map((found) => {
      const text = this.#core.uris[found & Pattern.slot]!;
      return (found & Pattern.wildcard) !== 0 ? text : `${text}*${(found & Pattern.whole) !== 0 ? "*" : ""}`;
    });
  }

  /**
   * Compares the two.
   *
   * @param uri A URI.
   * @returns What they say differently; undefined when they agree.
   */
  difference(uri: string): string | undefined {
    const found = this.found(uri);
    const prefixes: string[] = [];
    const wildcards: string[] = [];
    this.#prefixes.collect(uri, prefixes);
    this.#wildcards.collect(uri, wildcards);
    if (this.#prefixes.size + this.#wildcards.size === 0) {
      return found && `<${uri}>: core ${found}, without any pattern`;
    }
    const expected = [...prefixes.map((prefix) => `${prefix}*${isWhole(prefix, uri) ? "*" : ""}`), ...wildcards].join(
      " ",
    );
    if (found?.join(" ") !== expected) return `<${uri}>: twin ${expected}, core ${found?.join(" ")}`;
    const hasWhole = found.some((pattern) => pattern.endsWith("**"));
    return hasWhole === this.#prefixes.hasWhole(uri) ? undefined : `<${uri}>: whole or not`;
  }

  #table(match: PatternMatch): PrefixTable<string> | WildcardTable<string> {
    return match === "prefix" ? this.#prefixes : this.#wildcards;
  }
}

function isWhole(prefix: string, uri: string): boolean {
  return prefix === "" || prefix.endsWith(".") || prefix === uri || uri[prefix.length] === ".";
}

const components = ["a", "b", "ab", "aba", "abab", "", "ü", "日本", "𝄞", "a-longer-component"];

/**
 * Makes a URI or pattern: few components of few kinds, so that many match, now and then a long one.
 *
 * @param dice Chance.
 * @returns Its text.
 */
export function wildUri(dice: Dice): string {
  const most = dice() < 0.02 ? 40 : 5;
  const count = 1 + Math.floor(dice() * most);
  return Array.from({ length: count }, () => components[Math.floor(dice() * components.length)]).join(".");
}

/**
 * Puts patterns in and takes them out by chance, and compares what the core and the twin say about URIs.
 *
 * @param memory The instance of the WASM core, with no patterns in it; there are none in it afterwards.
 * @param seed Chance.
 * @returns What they say differently; undefined when they agree.
 */
export function patternDifference(memory: WasmMemory, seed: number): string | undefined {
  const dice = diceOf(seed);
  const pair = new PatternPair(memory);
  const known = new Map<string, { pattern: string; match: PatternMatch }>();
  let difference: string | undefined;
  for (let step = Math.floor(dice() * 40); step >= 0 && difference === undefined; step--) {
    const match = dice() < 0.5 ? "prefix" : "wildcard";
    const text = wildUri(dice);
    const pattern = match === "prefix" ? [...text].slice(0, Math.ceil(dice() * text.length)).join("") : text;
    const key = `${match} ${pattern}`;
    if (known.delete(key)) pair.remove(pattern, match);
    else if (pair.add(pattern, match)) known.set(key, { pattern, match });
    if (step % 8 === 0) { for (let uris = 0; uris < 8; uris++) difference ??= pair.difference(wildUri(dice)); }
  }
  for (const { pattern, match } of known.values()) pair.remove(pattern, match);
  return difference ?? pair.difference(wildUri(dice));
}
