import { afterAll, beforeAll, expect, test } from "vitest";
import { Latencies } from "../../src/cli/latencies.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import type { Listener } from "../../src/serve/mod.ts";
import { nexus } from "./program.ts";
import { TerminalProgram } from "./terminal.ts";

let router: Router;
let listener: Listener;

beforeAll(async () => {
  router = new Router({ realms: [openRealm("realm1")] });
  listener = await listen(router);
});

afterAll(async () => {
  await listener.close();
  await router.close();
});

test.each(["rpc", "pubsub", "fanout"])("bench %s counts what it did, and leaves nothing behind", async (load) => {
  const { code, stdout, stderr } = await nexus(
    "bench",
    load,
    "--url",
    listener.url,
    "--seconds",
    "0.2",
    "--clients",
    "3",
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ load, clients: 3, in_flight: 16, payload: 16 });
  expect(result.count).toBeGreaterThan(0);
  expect(result.p999).toBeGreaterThanOrEqual(result.p50);
  expect(router.statistics("realm1")).toMatchObject({ registrations: 0, subscriptions: 0 });
});

test.each(["rpc", "pubsub", "fanout"])("bench %s ends when the router is lost", async (load) => {
  const other = new Router({ realms: [openRealm("realm1")] });
  const at = await listen(other);
  await using program = new TerminalProgram("bench", load, "--url", at.url, "--seconds", "60");
  await program.shows(/[1-9]\d*\/s/);
  await other.close();
  await at.close();
  expect(await program.ended).toBe(3);
  expect(program.screen).toMatch(/nexus: [^\n]+\r\n$/);
}, 90_000);

test("a person sees a picture", async () => {
  await using program = new TerminalProgram("bench", "rpc", "--url", listener.url, "--seconds", "0.5");
  expect(await program.ended).toBe(0);
  expect(program.screen).toMatch(/calls\/s, 4 clients[^]*p50 [\d.]+ ms[^]*to [\d.]+ ms {2}#+/);
});

test("times are told to a tenth of themselves", () => {
  const latencies = new Latencies();
  expect(latencies.at(0.5)).toBe(0);
  for (let time = 1; time <= 1_000; time++) latencies.add(time);
  for (const [share, time] of [[0.5, 500], [0.99, 990], [1, 1_000]] as const) {
    expect(latencies.at(share) / time).toBeGreaterThan(0.9);
    expect(latencies.at(share) / time).toBeLessThan(1.12);
  }
});
