import { afterEach, expect, test, vi } from "vitest";
import { anonymous } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

afterEach(() => vi.unstubAllGlobals());

async function abort(peer: ScriptedPeer, uri = "wamp.error.protocol_violation"): Promise<void> {
  peer.send([MessageType.ABORT, { message: "no such option" }, uri]);
  await settle();
}

async function rejoin({ router, clock }: ScriptedClient, session: number): Promise<ScriptedPeer> {
  clock.advance(60_000);
  return await router.join(session);
}

test.each(["register", "subscribe"] as const)("%s is asked for once more, then it rejects", async (method) => {
  const on = await joined();
  const made = on.client.register("a.kept", () => 1);
  await on.peer.registered(4);
  await made;
  const type = method === "register" ? MessageType.REGISTER : MessageType.SUBSCRIBE;
  const outcome = on.client[method]("a.p", () => 1, { _odd: true }).catch((error: unknown) => error);
  await on.peer.next(type);
  await abort(on.peer);
  const next = await rejoin(on, 8);
  const order = method === "register" ? [MessageType.REGISTER, type] : [type, MessageType.REGISTER];
  for (const one of order) {
    const head = await next.next(one);
    if (head.uri === "a.kept") next.send([MessageType.REGISTERED, head.firstId, 5]);
  }
  await abort(next);
  expect(await outcome).toMatchObject({ code: "refused", message: expect.stringMatching(/"a\.p".*no such option/) });
  const last = await rejoin(on, 9);
  expect((await last.registered(6)).uri).toBe("a.kept");
  await settle();
  expect([on.client.status, last.unread, (await made).active]).toEqual(["ready", 0, true]);
});

test("one that was only under way with it is brought to the next session", async () => {
  const on = await joined();
  const lost = on.client.call("a.odd").catch((error: unknown) => error);
  const made = on.client.register("a.p", () => 1);
  await on.peer.next(MessageType.CALL);
  await on.peer.next(MessageType.REGISTER);
  await abort(on.peer);
  const next = await rejoin(on, 8);
  await next.registered(5);
  expect((await made).active).toBe(true);
  expect(await lost).toMatchObject({ code: "connection_lost" });
});

test.each([["with", true], ["without", false]])(
  "only the first that has no answer is given up, not what waits behind it, %s a turn between answer and ABORT",
  async (_, turn) => {
    const on = await joined();
    const outcomes: Record<string, unknown> = {};
    for (const uri of ["a.before", "a.bad", "a.behind", "a.last"]) {
      on.client.register(uri, () => 1, uri === "a.bad" ? { _odd: true } : {}).then(
        () => outcomes[uri] = "registered",
        (error) => outcomes[uri] = error.code,
      );
    }
    let { peer } = on;
    for (const session of [8, 9]) {
      expect((await peer.registered(5)).uri).toBe("a.before");
      if (turn) await settle();
      await abort(peer);
      peer = await rejoin(on, session);
    }
    expect(outcomes).toEqual({ ...(turn ? { "a.before": "registered" } : {}), "a.bad": "refused" });
    for (const uri of ["a.before", "a.behind", "a.last"]) expect((await peer.registered(6)).uri).toBe(uri);
    await settle();
    expect([on.client.status, peer.unread]).toEqual(["ready", 0]);
    expect(outcomes).toMatchObject({ "a.before": "registered", "a.behind": "registered", "a.last": "registered" });
  },
);

test("a subscription that was answered just before is not what a registration behind it is", async () => {
  const on = await joined();
  const listening = on.client.subscribe("a.t", () => {});
  const outcome = on.client.register("a.bad", () => 1, { _odd: true }).catch((error) => error);
  let { peer } = on;
  for (const session of [8, 9]) {
    await peer.subscribed(5);
    await abort(peer);
    peer = await rejoin(on, session);
  }
  expect(await outcome).toMatchObject({ code: "refused" });
  await peer.subscribed(5);
  expect((await listening).active).toBe(true);
});

test("what was accepted before may be the reason, too: what waits behind it is kept", async () => {
  const on = await joined();
  const made = on.client.register("a.kept", () => 1);
  await on.peer.registered(4);
  const kept = await made;
  on.peer.connection.terminate();
  await settle();
  let peer = await rejoin(on, 8);
  const behind = on.client.register("a.behind", () => 1);
  for (const session of [9, 10]) {
    await settle();
    await abort(peer);
    peer = await rejoin(on, session);
  }
  await peer.registered(5);
  await peer.registered(6);
  expect([(await behind).active, kept.active]).toEqual([true, true]);
});

test("only two such sessions in a row are enough", async () => {
  const on = await joined();
  let outcome: unknown;
  on.client.register("a.p", () => 1).catch((error) => outcome = error.code);
  let { peer } = on;
  const seen: unknown[] = [];
  for (const violated of [true, false, true, true]) {
    await peer.next(MessageType.REGISTER);
    await abort(peer, violated ? undefined : "wamp.close.killed");
    seen.push(outcome);
    peer = await rejoin(on, 8);
  }
  expect(seen).toEqual([undefined, undefined, undefined, "refused"]);
});

test("five sessions in a row that a violation ends at once are enough, whoever asks for the credentials", async () => {
  const uncaught: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error));
  const on = await joined({ auth: () => anonymous() });
  let { peer } = on;
  for (let session = 8; session < 12; session++) {
    await abort(peer);
    peer = await rejoin(on, session);
    await settle();
  }
  expect([on.client.status, uncaught]).toEqual(["ready", []]);
  await abort(peer);
  expect([on.client.status, on.clock.pending]).toEqual(["closed", 0]);
  expect(uncaught).toMatchObject([{ code: "connection_lost", reason: "wamp.error.protocol_violation" }]);
  expect(await on.client.closed).toBe(uncaught[0]);
});

test("each that is found begins the row anew, so that any number of them is found, and the rest is served", async () => {
  const on = await joined();
  const outcomes: string[] = [];
  for (const uri of ["a.good", "a.bad1", "a.bad2", "a.bad3", "a.bad4", "a.bad5", "a.last"]) {
    on.client.register(uri, () => 1).then(
      () => outcomes.push(uri),
      (error) => outcomes.push(`${uri} ${error.code}`),
    );
  }
  let { peer } = on;
  for (let session = 8; session < 18; session++) {
    expect((await peer.registered(5)).uri).toBe("a.good");
    await settle();
    await abort(peer);
    peer = await rejoin(on, session);
  }
  await peer.registered(5);
  expect((await peer.registered(6)).uri).toBe("a.last");
  await settle();
  const bad = [1, 2, 3, 4, 5].map((number) => `a.bad${number} refused`);
  expect([on.client.status, peer.unread, outcomes]).toEqual(["ready", 0, ["a.good", ...bad, "a.last"]]);
});

test("the fifth session of a row is not the last where something is found by it, but the fifth after it is", async () => {
  vi.stubGlobal("reportError", () => {});
  const on = await joined();
  let { peer } = on;
  const seen: string[] = [];
  let outcome: Promise<unknown> | undefined;
  for (let session = 8; session < 18; session++) {
    if (session === 11) outcome = on.client.register("a.bad", () => 1).catch((error) => error.code);
    await settle();
    await abort(peer);
    seen.push(on.client.status);
    if (seen.at(-1) === "closed") break;
    peer = await rejoin(on, session);
  }
  expect([await outcome, seen]).toEqual(["refused", [...Array(9).fill("waiting"), "closed"]]);
});

test("join listeners that make it anew each time do not keep such a row going", async () => {
  vi.stubGlobal("reportError", () => {});
  const { client, router, clock } = scripted();
  client.on("error", () => {});
  client.on("join", () => {
    for (const uri of ["a.bad1", "a.bad2"]) client.register(uri, () => 1).catch(() => {});
  });
  const opened = client.open({ retry: true });
  const seen: string[] = [];
  for (let session = 7; seen.at(-1) !== "closed" && session < 30; session++) {
    const peer = await router.join(session);
    await settle();
    await abort(peer);
    seen.push(client.status);
    clock.advance(60_000);
  }
  expect(seen).toEqual([...Array(8).fill("waiting"), "closed"]);
  await opened;
  expect(await client.closed).toMatchObject({ code: "connection_lost" });
});

test("sessions that last, or end for another reason, are no such row", async () => {
  const on = await joined();
  let { peer } = on;
  for (let session = 8; session < 20; session++) {
    if (session % 2 === 0) on.clock.advance(60_000);
    await abort(peer, session % 2 === 0 ? undefined : "wamp.close.killed");
    peer = await rejoin(on, session);
    await settle();
  }
  expect(on.client.status).toBe("ready");
});
