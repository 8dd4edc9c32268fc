import { afterEach, expect, test, vi } from "vitest";
import { json, ticket } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { settle } from "../support/scripted_router.ts";
import { joined, scripted } from "../support/scripted_client.ts";

afterEach(() => vi.unstubAllGlobals());

test("without an error listener, what nobody else learns of goes to reportError", async () => {
  const reported: string[] = [];
  vi.stubGlobal("reportError", (error: Error) => reported.push(error.message));
  const { client, peer } = await joined();
  const made = [
    client.subscribe("a.t", () => {
      throw new Error("event");
    }),
    client.register("a.p", () => {
      throw new Error("procedure");
    }),
  ];
  await peer.subscribed(3);
  await peer.registered(4);
  await Promise.all(made);
  peer.send([MessageType.EVENT, 3, 9, {}]);
  peer.send([MessageType.INVOCATION, 1, 4, {}]);
  // A procedure's error has gone to its caller.
  expect((await peer.next(MessageType.ERROR)).payload.args).toEqual(["procedure"]);
  expect(reported).toEqual(["event"]);
});

test("what open() rejects with is nobody else's to learn of", async () => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
  for (const listens of [false, true]) {
    const { client, router, clock } = scripted({ auth: ticket("ann", "wrong") });
    const heard: unknown[] = [];
    if (listens) client.on("error", (_, { during, retried }) => heard.push([during, retried]));
    const opened = client.open({ retry: true }).then(() => "open", (error: unknown) => error);
    for (let attempt = 0; attempt < 5; attempt++) {
      const peer = await router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.ABORT, {}, "wamp.error.authentication_denied"]);
      await settle();
      clock.advance(60_000);
    }
    expect(await opened).toMatchObject({ code: "authentication_failed" });
    expect(heard).toEqual(listens ? [...Array(4).fill(["connect", true]), ["connect", false]] : []);
  }
  expect(reported).toEqual([]);
});

test("an error listener that fails goes to reportError itself, and stops no other", async () => {
  const reported: string[] = [];
  vi.stubGlobal("reportError", (error: Error) => reported.push(error.message));
  const { client, router } = scripted();
  const heard: unknown[] = [];
  client.on("error", () => {
    throw new Error("at once");
  });
  client.on("error", () => Promise.reject(new Error("later")));
  client.on("error", (error) => heard.push((error as Error).message));
  client.on("join", () => {
    throw new Error("hook");
  });
  const opened = client.open();
  await router.join(7);
  await opened;
  await settle();
  expect([heard, reported]).toEqual([["hook"], ["at once", "later"]]);
});

test("slow says when more is queued than the connection wants, once until it has drained", async () => {
  const { client, peer } = await joined({ serializers: [json] }, {}, json);
  const slow: number[] = [];
  client.on("slow", ({ queuedBytes }) => slow.push(queuedBytes));
  const big = "x".repeat(600_000);
  for (let n = 0; n < 3; n++) await client.publish("a.t", [big]);
  expect(slow).toEqual([]);
  const all = [1, 2, 3].map(() => client.publish("a.t", [big]));
  await Promise.all(all);
  expect(slow).toHaveLength(1);
  expect(slow[0]).toBeGreaterThan(1_048_576);
  for (let n = 0; n < 6; n++) await peer.next(MessageType.PUBLISH);
});
