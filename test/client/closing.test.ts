import { expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

test("closed while a join listener runs, a client stays closed when the listener ends", async () => {
  const { client, router, clock } = scripted();
  const gate = Promise.withResolvers<void>();
  const readied: unknown[] = [];
  client.on("join", () => gate.promise);
  client.on("ready", () => readied.push("ready"));
  const opened = client.open().catch((error) => error);
  const peer = await router.join(7);
  await settle();
  const closing = client.close();
  gate.resolve();
  await settle();
  expect([client.status, readied]).toEqual(["closed", []]);
  expect(await opened).toMatchObject({ code: "closed" });
  await expect(client.open()).rejects.toMatchObject({ code: "closed" });
  await expect(client.register("a.p", () => 1)).rejects.toMatchObject({ code: "closed" });
  await peer.goodbye();
  await closing;
  expect([client.status, readied, clock.pending]).toEqual(["closed", [], 0]);
});

test("closed by its join listener, a client says GOODBYE and refuses open() with closed", async () => {
  const { client, router, clock } = scripted();
  const left: unknown[] = [];
  client.on("leave", ({ cause }) => left.push(cause));
  let closing: Promise<void> | undefined;
  client.on("join", () => void (closing = client.close("com.example.enough")));
  const opened = client.open().catch((error) => error);
  const peer = await router.join(7);
  expect((await peer.goodbye()).uri).toBe("com.example.enough");
  await closing;
  expect(await opened).toMatchObject({ code: "closed" });
  expect([client.status, left, clock.pending]).toEqual(["closed", ["closed"], 0]);
});

test("a second close() waits for the same GOODBYE", async () => {
  const { client, peer } = await joined();
  const done: string[] = [];
  const all = [
    client.close().then(() => done.push("first")),
    client.close().then(() => done.push("second")),
    client.session?.leave().then(() => done.push("third")),
  ];
  await settle();
  expect(done).toEqual([]);
  await peer.goodbye();
  await Promise.all(all);
  expect(done).toHaveLength(3);
  expect(peer.log.filter((name) => name === "GOODBYE")).toHaveLength(1);
});

test("open() of a client that runs waits, and closes nothing when that session is lost", async () => {
  const { client, router, clock } = scripted();
  const first = client.open({ retry: true });
  const one = await router.join(7);
  await first;
  one.connection.terminate();
  await settle();
  const gate = Promise.withResolvers<void>();
  client.on("join", () => gate.promise);
  let opened = false;
  const second = client.open().then(() => opened = true);
  clock.advance(60_000);
  const two = await router.join(8);
  await settle();
  two.connection.terminate();
  await settle();
  expect([client.status, opened]).toEqual(["waiting", false]);
  clock.advance(60_000);
  await router.join(9);
  gate.resolve();
  await second;
  expect([client.status, opened]).toEqual(["ready", true]);
});

test("events() rejects when the router revokes the subscription", async () => {
  for (const how of ["waiting", "same turn", "later"]) {
    const { client, peer } = await joined();
    const events = client.events("a.b");
    const request = await peer.next(MessageType.SUBSCRIBE);
    peer.send([MessageType.SUBSCRIBED, request.firstId, 3]);
    if (how !== "same turn") await events.ready;
    const reading = how === "waiting" ? events.next() : undefined;
    peer.send([MessageType.UNSUBSCRIBED, 0, { subscription: 3 }]);
    await settle();
    await expect(reading ?? events.next(), how).rejects.toMatchObject({ code: "revoked" });
    expect((await events.next()).done).toBe(true);
  }
});

test("events() tells a client that came to its end from one that was closed", async () => {
  const { client, peer } = await joined({ reconnect: false });
  const events = client.events("a.b");
  await peer.subscribed(3);
  await events.ready;
  peer.send([MessageType.EVENT, 3, 20, {}], ["last"]);
  await settle();
  peer.connection.terminate();
  await settle();
  expect((await events.next()).value.args).toEqual(["last"]);
  await expect(events.next()).rejects.toMatchObject({ code: "closed", cause: { code: "connection_lost" } });
  expect((await events.next()).done).toBe(true);
});
