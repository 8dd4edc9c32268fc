import { afterEach, expect, test, vi } from "vitest";
import { ticket } from "@izaber/wamp";
import type { DialRequest } from "@izaber/wamp";
import { WampError } from "../../src/wire/errors.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { scripted } from "../support/scripted_client.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

afterEach(() => vi.unstubAllGlobals());

async function challenge(peer: ScriptedPeer): Promise<void> {
  await peer.next(MessageType.HELLO);
  peer.send([MessageType.CHALLENGE, "ticket", {}]);
  await peer.next(MessageType.AUTHENTICATE);
}

async function refuse({ router, clock }: Omit<ScriptedClient, "peer">, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const peer = await router.accept();
    await challenge(peer);
    peer.send([MessageType.ABORT, {}, "wamp.error.authentication_failed"]);
    await settle();
    clock.advance(60_000);
  }
}

test("a wrong password is tried five times, then open({ retry }) rejects", async () => {
  const on = scripted({ auth: ticket("joe", "wrong") });
  const opened = on.client.open({ retry: true }).catch((error) => error);
  await refuse(on, 5);
  expect(await opened).toMatchObject({ code: "authentication_failed" });
  expect([on.client.status, on.router.dialled, on.clock.pending]).toEqual(["closed", 5, 0]);
});

/** A client that has joined by a ticket, its router, and the errors that nobody took. */
async function welcomed() {
  const uncaught: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error));
  const on = scripted({ auth: ticket("joe", "right") });
  const opened = on.client.open();
  const peer = await on.router.accept();
  await challenge(peer);
  peer.send([MessageType.WELCOME, 7, {}]);
  await opened;
  return { on, peer, uncaught };
}

test("a password that is no longer right ends a running client, and not in silence", async () => {
  const { on, peer, uncaught } = await welcomed();
  peer.connection.terminate();
  await settle();
  on.clock.advance(60_000);
  await refuse(on, 4);
  expect([on.client.status, uncaught]).toEqual(["connecting", []]);
  await refuse(on, 1);
  expect([on.client.status, on.clock.pending]).toEqual(["closed", 0]);
  expect(uncaught).toMatchObject([{ code: "authentication_failed" }]);
  await expect(on.client.call("a.b")).rejects.toMatchObject({ cause: { code: "authentication_failed" } });
});

test("only refusals in a row count, and a function is asked again and again", async () => {
  const on = scripted({ auth: () => ticket("joe", "wrong") });
  const reported: unknown[] = [];
  on.client.on("error", (error, context) => reported.push([(error as WampError).code, context]));
  const opened = on.client.open({ retry: true });
  await refuse(on, 8);
  expect(reported).toEqual(Array(8).fill(["authentication_failed", { during: "connect", retried: true }]));
  const peer = await on.router.accept();
  await challenge(peer);
  peer.send([MessageType.WELCOME, 7, {}]);
  await opened;

  const other = scripted({ auth: ticket("joe", "secret") });
  const later = other.client.open({ retry: true });
  await refuse(other, 4);
  other.router.failures.push(new WampError("connection_refused", "down"));
  await settle();
  other.clock.advance(60_000);
  await refuse(other, 4);
  const last = await other.router.accept();
  await challenge(last);
  last.send([MessageType.WELCOME, 7, {}]);
  await later;
});

test("refused passwords and violations are counted apart, and a row of violations ends it whatever came before", async () => {
  const password = "wamp.error.authentication_failed";
  const violation = "wamp.error.protocol_violation";
  async function tries(...uris: string[]): Promise<unknown[]> {
    const { client, router, clock } = scripted({ auth: () => ticket("joe", "wrong") });
    const opened = client.open({ retry: true }).catch((error) => error);
    const seen: unknown[] = [];
    for (const uri of uris) {
      const peer = await router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.ABORT, {}, uri]);
      await settle();
      seen.push(client.status);
      clock.advance(60_000);
    }
    await client.close();
    await opened;
    return seen;
  }
  const waiting = (times: number) => Array(times).fill("waiting");
  expect(await tries(...Array(4).fill(password), violation, password)).toEqual(waiting(6));
  expect(await tries(...Array(5).fill(password), ...Array(5).fill(violation))).toEqual([...waiting(9), "closed"]);
  expect(await tries(...Array(4).fill(violation), password, ...Array(4).fill(violation))).toEqual(waiting(9));
});

test("open({ retry }) of a client without reconnect is a contradiction", async () => {
  const { client } = scripted({ reconnect: false });
  await expect(client.open({ retry: true })).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/retry: true.*reconnect: false/),
  });
});

for (
  const [uri, code] of [
    ["wamp.close.system_shutdown", "refused"],
    ["wamp.error.no_such_role", "refused"],
    ["wamp.error.protocol_violation", "refused"],
    ["wamp.error.authorization_failed", "authorization_failed"],
    ["wamp.error.not_authorized", "authentication_failed"],
    ["com.example.error.bad_ticket", "authentication_failed"],
  ] as const
) {
  test(`${uri} after the secret was shown is ${code}`, async () => {
    const { client, router } = scripted({ auth: ticket("joe", "secret") });
    const opened = client.open().catch((error) => error);
    const peer = await router.accept();
    await challenge(peer);
    peer.send([MessageType.ABORT, {}, uri]);
    expect(await opened).toMatchObject({ code, reason: uri });
  });
}

test.each(
  [
    ["not_wamp", [true, false, false, false, true]],
    ["connection_refused", [true, true, true, true, true]],
  ] as const,
)("%s is looked into by further requests, once in a row where a server answers", async (code, expected) => {
  const { client, router, clock } = scripted();
  const explained: unknown[] = [];
  const dial = router.dial.bind(router);
  router.dial = (request: DialRequest) => {
    explained.push(request.explain);
    return dial(request);
  };
  for (let n = 0; n < 3; n++) router.failures.push(new WampError(code, "down"));
  const opened = client.open({ retry: true });
  for (let n = 0; n < 3; n++) {
    await settle();
    clock.advance(60_000);
  }
  const peer = await router.join(7);
  await opened;
  clock.advance(60_000);
  peer.connection.terminate();
  await settle();
  clock.advance(60_000);
  const last = await router.join(8);
  expect(explained).toEqual(expected);
  const closing = client.close();
  await last.goodbye();
  await closing;
});

test("how long a session lasted is counted from its join, not from the dial", async () => {
  const { client, router, clock } = scripted({ reconnect: { initialDelay: 100, factor: 2, maxDelay: 1_000 } });
  client.open({ retry: true }).catch(() => {});
  const waits: unknown[] = [];
  for (let n = 0; n < 3; n++) {
    const peer = await router.accept();
    await settle();
    clock.advance(5_000);
    await peer.welcome(7);
    await settle();
    peer.connection.terminate();
    await settle();
    waits.push(clock.next);
    clock.advance(clock.next ?? 0);
  }
  expect(waits).toEqual([100, 200, 400]);
  await client.close();
});

test("who waits for the end of a client learns of it there, and need not listen for errors", async () => {
  const { on, peer, uncaught } = await welcomed();
  const { closed } = on.client;
  peer.connection.terminate();
  await settle();
  on.clock.advance(60_000);
  await refuse(on, 5);
  expect(await closed).toMatchObject({ code: "authentication_failed" });
  expect(uncaught).toEqual([]);
});
