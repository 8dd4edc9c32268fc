import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { Arena, pause } from "./arena.ts";
import { attacks, small } from "./attacks.ts";
import { ways } from "./peers.ts";
import { testWhere } from "../../support/test_where.ts";

let arena: Arena;

beforeAll(async () => {
  arena = await Arena.open();
});
afterAll(() => arena.close());
beforeEach(() => {
  arena.worstTurn = 0;
});

// What nobody who behaves well is to see: an error, or a router that is busy with somebody else for a second.
describe.each(ways)("over $name", (way) => {
  test.each(attacks.filter(({ fits }) => fits?.(way) ?? true))("$name", async (attack) => {
    const { rounds } = arena;
    await attack.run(arena, way, small);
    await arena.progress(1);
    await arena.rest();
    expect(arena.complaints).toEqual([]);
    expect(arena.failures).toEqual([]);
    expect(arena.rounds).toBeGreaterThan(rounds);
    expect(arena.worstTurn).toBeLessThan(1_000);
  });
});

// Deno lets no program collect its garbage.
testWhere(inject("runtime") !== "deno")("memory returns", async () => {
  const way = ways.find(({ name }) => name === "WebSocket, msgpack")!;
  const heavy = attacks.filter(({ name }) => /^(calls|thousands|a subscriber)/.test(name));
  expect(heavy).toHaveLength(3);
  const used: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (const attack of heavy) await attack.run(arena, way, small);
    await arena.rest();
    used.push(await held());
  }
  // The first rounds make room that is used again; what is kept of each session, call or event would show.
  expect(used[3]! - used[1]!).toBeLessThan(16 * 1024 * 1024);
}, 60_000);

async function held(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await pause(50);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function collect(): void {
  const { Bun } = globalThis as { readonly Bun?: { gc(force: boolean): void } };
  if (Bun !== undefined) return Bun.gc(true);
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
