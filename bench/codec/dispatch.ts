import { Decoder } from "@msgpack/msgpack";
import { Packr } from "msgpackr";
import { createCodec } from "../../src/codec/mod.ts";
import type { Serializer } from "../../src/codec/mod.ts";
import { PatternTable } from "../../src/router/pattern_table.ts";
import { MessageType } from "../../src/wire/mod.ts";
import { race } from "./stopwatch.ts";

/** How many procedures are registered. */
export const TABLE_SIZES: readonly number[] = [10, 1_000, 100_000];
const URIS = 64;

/** What it takes to find the registration that a call means. */
export interface DispatchResult {
  readonly registrations: number;
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
  return TABLE_SIZES.flatMap((registrations) => {
    const table = new PatternTable<number>();
    for (let index = 0; index < registrations; index++) {
      table.set(`com.example.device${index}.procedure${index % 7}`, index % 10 === 9 ? "prefix" : "exact", index);
    }
    const { msgpack } = createCodec();
    const step = Math.max(1, Math.floor(registrations / URIS));
    const frames = Array.from({ length: Math.min(URIS, registrations) }, (_, index) => {
      const at = index * step;
      return msgpack.encode([MessageType.CALL, at, {}, `com.example.device${at}.procedure${at % 7}`]) as Uint8Array<
        ArrayBuffer
      >;
    });
    const decoder = new Decoder();
    const packr = new Packr({ useRecords: false });
    const scanned = (serializer: Serializer) => (frame: Uint8Array<ArrayBuffer>) =>
      table.best(serializer.scan(frame).uri);
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
    return race(work, rounds).map((nanoseconds, index) => ({
      registrations,
      contestant: Object.keys(subjects)[index]!,
      nanoseconds,
    }));
  });
}
