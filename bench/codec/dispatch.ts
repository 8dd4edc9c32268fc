import { Decoder } from "@msgpack/msgpack";
import { Packr } from "msgpackr";
import { matchedPatterns } from "../../src/codec/backend.ts";
import { createCodec } from "../../src/codec/mod.ts";
import type { Serializer } from "../../src/codec/mod.ts";
import { PatternTable } from "../../src/router/pattern_table.ts";
import type { MatchPolicy } from "../../src/wire/uri.ts";
import { MessageType } from "../../src/wire/mod.ts";
import { race } from "./stopwatch.ts";

/** What is registered: how many, and what: exact URIs with a prefix for every tenth, or patterns of one kind. */
const tables: readonly (readonly [size: number, match: MatchPolicy])[] = [
  [10, "exact"],
  [1_000, "exact"],
  [100_000, "exact"],
  [10, "prefix"],
  [1_000, "prefix"],
  [10, "wildcard"],
  [1_000, "wildcard"],
];
const names = { exact: "registrations", prefix: "prefixes", wildcard: "wildcard patterns" } as const;
const URIS = 64;

/** What it takes to find the registration that a call means. */
export interface DispatchResult {
  /** What is registered. */
  readonly registrations: string;
  readonly contestant: string;
  readonly nanoseconds: number;
}

/**
 * Measures how long it takes from a CALL's bytes to its registration.
 *
 * @param rounds How often.
 * @returns The results.
 */
export function measureDispatch(rounds: number): DispatchResult[] {
  return tables.flatMap(([size, match]) => {
    const table = new PatternTable<number>();
    const entries = Array.from({ length: size }, (_, index) => entryOf(index, match));
    entries.forEach(([pattern, how], index) => table.set(pattern, how, index));
    const { msgpack } = createCodec();
    const step = Math.max(1, Math.floor(size / URIS));
    const frames = Array.from({ length: Math.min(URIS, size) }, (_, index) => {
      const at = index * step;
      return msgpack.encode([MessageType.CALL, at, {}, `com.example.device${at}.procedure${at % 7}`]) as Uint8Array<
        ArrayBuffer
      >;
    });
    const decoder = new Decoder();
    const packr = new Packr({ useRecords: false });
    const scanned = (serializer: Serializer) => (frame: Uint8Array<ArrayBuffer>) => {
      const head = serializer.scan(frame);
      return table.best(head.uri, matchedPatterns(head));
    };
    const subjects: Record<string, (frame: Uint8Array<ArrayBuffer>) => unknown> = {
      "msgpack, WASM": scanned(msgpack),
      "msgpack, TypeScript": scanned(createCodec({ backend: "typescript" }).msgpack),
      "@msgpack/msgpack": (frame) => table.best((decoder.decode(frame) as string[])[3]!),
      msgpackr: (frame) => table.best(packr.unpack(frame)[3]),
    };
    const work = Object.values(subjects).map((find) => {
      let next = 0;
      return () => find(frames[next = (next + 1) % frames.length]!);
    });
    const times = race(work, rounds);
    // The core has room for some thousands: it is for the next table.
    for (const [pattern, how] of entries) table.delete(pattern, how);
    return times.map((nanoseconds, index) => ({
      registrations: `${size.toLocaleString("en")} ${names[match]}`,
      contestant: Object.keys(subjects)[index]!,
      nanoseconds,
    }));
  });
}

function entryOf(index: number, match: MatchPolicy): [string, MatchPolicy] {
  const device = `com.example.device${index}`;
  if (match === "prefix") return [`${device}.`, match];
  if (match === "wildcard") return [`com..device${index}.`, match];
  return [`${device}.procedure${index % 7}`, index % 10 === 9 ? "prefix" : "exact"];
}
