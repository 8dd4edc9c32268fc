import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { dial, plainRoles } from "../router/peer.ts";
import { NexusHarness, refusal } from "./nexus_harness.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const register = "com.izaber.wamp.system.roster.register";
const query = "com.izaber.wamp.system.roster.query";
const MIB = 1024 * 1024;

function held(): number {
  for (let time = 0; time < 3; time++) collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** A list of so many bytes of JSON whose elements take many times as much as values. */
const swelling = (bytes: number) => Array.from({ length: bytes / 3 }, () => ({}));

test("what a user puts into rosters takes about what it counts for, also while others look", async () => {
  await using harness = await NexusHarness.start({ rosterLimits: { userBytes: 6 * MIB } });
  const [ann, bob] = [await harness.join("ann"), await harness.join("bob")];
  await ann.call(register, ["roster.first", 1]);
  const before = held();
  const enter = (n: number) => ann.call(register, [`roster.${n}`, swelling(60_000)]);
  for (let n = 0; n < 4; n++) await enter(n);
  expect((await refusal(enter(4))).text).toMatch(/would take \d+ bytes, the most is 6291456/);
  expect(held() - before).toBeLessThan(8 * MIB);
  const looks = await Promise.all(Array.from({ length: 20 }, () => bob.call(query, ["roster.1"])));
  expect(held() - before).toBeLessThan(8 * MIB);
  expect(looks).toHaveLength(20);
});

test("a visibility counts for what it takes", async () => {
  await using harness = await NexusHarness.start({ rosterLimits: { userBytes: 200_000 } });
  const ann = await harness.join("ann");
  const enter = (n: number) => ann.call(register, [`roster.${n}`, 1, ["frontend", ...swelling(3_900)]]);
  await Promise.all([enter(1), enter(2)]);
  expect((await refusal(enter(3))).text).toMatch(/would take \d+ bytes, the most is 200000/);
});

test("nothing is kept of sessions that were ended by kill_all", async () => {
  await using harness = await NexusHarness.start();
  const { router, realm } = harness.nexus;
  const tom = await harness.join("tom");
  const round = async () => {
    const peers = Array.from({ length: 100 }, () => dial(router, json));
    const authextra = { x: "é".repeat(16_000) };
    await Promise.all(peers.map((peer) => peer.join(realm, plainRoles, { authextra })));
    expect(await tom.call("wamp.session.kill_all")).toBe(peers.length);
    for (const peer of peers) peer.connection.close();
    await Promise.all(peers.map((peer) => peer.closed));
  };
  await round();
  const before = held();
  for (let times = 0; times < 5; times++) await round();
  expect(held() - before).toBeLessThan(2 * MIB);
});
