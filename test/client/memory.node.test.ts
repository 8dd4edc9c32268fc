import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { json } from "@izaber/wamp";
import { Payload } from "../../src/codec/payload.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function memory(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function deliver(peer: ScriptedPeer, from: number, count: number): Promise<void> {
  for (let at = from; at < from + count; at++) {
    peer.connection.send([MessageType.EVENT, 3, at, {}], Payload.of([`value ${at}`, { at }]));
    if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
}

test("a hundred thousand events for handlers, loops that drop and loops that read leave nothing behind", async () => {
  const { client, peer } = await joined({ serializers: [json] }, {}, json);
  let [handled, awaited, read] = [0, 0, 0];
  const made = [
    client.subscribe("a.t", () => handled += 1),
    client.subscribe("a.t", async () => {
      await Promise.resolve();
      awaited += 1;
    }),
  ];
  const full = client.events("a.t", { buffer: 16 });
  const events = client.events("a.t");
  const reading = (async () => {
    for await (const _ of events) read += 1;
  })();
  await peer.subscribed(3);
  await Promise.all([...made, full.ready, events.ready]);
  await deliver(peer, 1, 20_000);
  const before = await memory();
  await deliver(peer, 20_001, 100_000);
  const grown = await memory() - before;
  expect([handled, awaited, read, full.dropped]).toEqual([120_000, 120_000, 120_000, 120_000 - 16]);
  expect(grown).toBeLessThan(1_500_000);
  const closing = client.close();
  await peer.goodbye();
  await closing;
  await reading;
}, 120_000);

test("a call that waits needs little memory, and answered ones need none", async () => {
  const { client, peer } = await joined({ serializers: [json] }, {}, json);
  const round = async (first: number, count: number): Promise<number> => {
    const answers: Promise<unknown>[] = [];
    const before = await memory();
    for (let n = 0; n < count; n++) {
      answers.push(client.call("a.p", [n]));
      if (n % 100 === 0) await settle();
    }
    for (let n = 0; n < count; n++) await peer.next(MessageType.CALL);
    peer.log.length = 0;
    const each = (await memory() - before) / count;
    expect(client.session?.pending.calls).toBe(count);
    for (let n = 0; n < count; n++) {
      peer.send([MessageType.RESULT, first + n, {}], [n]);
      if (n % 100 === 0) await settle();
    }
    await Promise.all(answers);
    return each;
  };
  await round(1, 10_000);
  const settled = await memory();
  const each = await round(10_001, 20_000);
  console.log(`${Math.round(each)} bytes for each call that waits`);
  // The promise, its two functions, the record and its place in the map.
  expect(each).toBeLessThan(700);
  expect(await memory() - settled).toBeLessThan(1_000_000);
  expect(client.session?.pending.calls).toBe(0);
}, 120_000);

test("requests that a router never answers are forgotten, but for some whose late answers are awaited", async () => {
  const { client, clock, peer } = await joined({ serializers: [json], requestTimeout: 1_000 }, {}, json);
  const round = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1_000) {
      const publications = Array.from({ length: 1_000 }, () => client.publish("a.t", [], {}, { acknowledge: true }));
      const outcomes = Promise.allSettled(publications);
      for (let n = 0; n < 1_000; n++) await peer.next(MessageType.PUBLISH);
      peer.log.length = 0;
      clock.advance(1_000);
      expect((await outcomes).filter(({ status }) => status === "rejected")).toHaveLength(1_000);
    }
  };
  await round(5_000);
  const before = await memory();
  await round(50_000);
  expect(await memory() - before).toBeLessThan(1_000_000);
  const closing = client.close();
  await peer.goodbye();
  await closing;
}, 120_000);
