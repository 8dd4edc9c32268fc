import { afterEach, expect, test, vi } from "vitest";
import { anonymous, createClient, scram, ticket, wampcra } from "@izaber/wamp";
import type { Auth, AuthMethod, ConnectError, DialRequest } from "@izaber/wamp";
import { WampError } from "../../src/wire/errors.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { scripted } from "../support/scripted_client.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import { ScriptedRouter, settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

afterEach(() => vi.unstubAllGlobals());

async function challenge(peer: ScriptedPeer): Promise<void> {
  await peer.next(MessageType.HELLO);
  peer.send([MessageType.CHALLENGE, "ticket", {}]);
  await peer.next(MessageType.AUTHENTICATE);
}

async function refuse(
  { router, clock }: Omit<ScriptedClient, "peer">,
  times: number,
  reason = "wamp.error.authentication_denied",
): Promise<void> {
  for (let n = 0; n < times; n++) {
    const peer = await router.accept();
    await challenge(peer);
    peer.send([MessageType.ABORT, {}, reason]);
    await settle();
    clock.advance(60_000);
  }
}

async function letIn({ client, router }: Omit<ScriptedClient, "peer">, opened: Promise<void>): Promise<void> {
  const peer = await router.accept();
  await challenge(peer);
  peer.send([MessageType.WELCOME, 7, {}]);
  await opened;
  const closing = client.close();
  await peer.goodbye();
  await closing;
}

const own = (answer: () => string, more?: Partial<AuthMethod>): AuthMethod => ({
  method: "ticket",
  answer: () => ({ signature: answer() }),
  ...more,
});

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

test.each<[string, Auth]>([
  ["a secret that a function gives", ticket("joe", () => "stale")],
  ["a secret that a function gives, among others", [anonymous(), ticket("joe", () => "stale")]],
  ["a method of one's own", own(() => "stale")],
])("%s may be a better one the next time: denials never end it", async (_, auth) => {
  const on = scripted({ auth });
  const opened = on.client.open({ retry: true });
  await refuse(on, 8);
  await letIn(on, opened);
  expect(on.clock.pending).toBe(0);
});

test.each<[string, Auth]>([
  ["a secret", ticket("joe", "wrong")],
  ["secrets", [wampcra("joe", "wrong"), scram("joe", "wrong"), ticket("joe", "wrong")]],
  ["a method of one's own that says so", own(() => "wrong", { fixed: true })],
])("%s that is denied five times is wrong", async (_, auth) => {
  const on = scripted({ auth });
  const opened = on.client.open({ retry: true }).catch((error) => error);
  await refuse(on, 5);
  expect(await opened).toMatchObject({ code: "authentication_failed", reason: "wamp.error.authentication_denied" });
  expect([on.client.status, on.router.dialled, on.clock.pending]).toEqual(["closed", 5, 0]);
});

test("no answer to a challenge is no denial, whatever the credentials: each is reported, and the client goes on", async () => {
  let down = true;
  const fetched = () => {
    if (down) throw new Error("the token service is away");
    return "secret";
  };
  for (const auth of [ticket("joe", fetched), own(fetched), own(fetched, { fixed: true })]) {
    down = true;
    const on = scripted({ auth });
    const reported: unknown[] = [];
    on.client.on("error", (error, { during, retried }) => reported.push([(error as Error).message, during, retried]));
    const opened = on.client.open({ retry: true });
    for (let n = 0; n < 8; n++) {
      const peer = await on.router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.CHALLENGE, "ticket", {}]);
      expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.cannot_authenticate");
      await settle();
      on.clock.advance(60_000);
    }
    expect(reported).toEqual(Array(8).fill([expect.stringContaining("the token service is away"), "connect", true]));
    down = false;
    await letIn(on, opened);
  }
});

test("a router that does not prove itself has denied nothing: the right one may be back later", async () => {
  let proved = false;
  const judge = () => {
    if (!proved) throw new Error("the verifier is wrong");
  };
  const on = scripted({ auth: own(() => "", { fixed: true, answer: () => ({ signature: "secret", judge }) }) });
  const opened = on.client.open({ retry: true });
  for (let n = 0; n < 8; n++) {
    const peer = await on.router.accept();
    await challenge(peer);
    peer.send([MessageType.WELCOME, 7, {}]);
    expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.cannot_authenticate");
    await settle();
    on.clock.advance(60_000);
  }
  proved = true;
  await letIn(on, opened);
});

test.each([
  ["wamp.error.authentication_failed", "authentication_failed"],
  ["wamp.error.timeout", "refused"],
  ["wamp.error.unavailable", "refused"],
])("%s is the router's failure: it ends no client, and does not blame the credentials", async (reason, code) => {
  const on = scripted({ auth: ticket("joe", "right") });
  const failures: ConnectError[] = [];
  on.client.on("error", (error) => failures.push(error as ConnectError));
  const opened = on.client.open({ retry: true });
  await refuse(on, 8, reason);
  await letIn(on, opened);
  expect(failures.length).toBe(8);
  for (const error of failures) {
    expect(error).toMatchObject({ code, reason });
    expect(error.message).not.toContain("check the name");
  }
  const first = scripted({ auth: ticket("joe", "right") });
  const once = first.client.open().catch((error) => error);
  await refuse(first, 1, reason);
  expect([await once, first.client.status]).toMatchObject([{ code, reason }, "closed"]);
});

test("of several routers all have to deny the credentials", async () => {
  async function tries(...reasons: string[]): Promise<string> {
    const routers = reasons.map(() => new ScriptedRouter());
    const { clock } = scripted();
    const client = createClient(routers, { realm: "realm1", auth: ticket("joe", "wrong"), clock });
    const opened = client.open({ retry: true }).catch((error) => error);
    for (let n = 0; n < 5; n++) {
      for (const [at, router] of routers.entries()) {
        const peer = await router.accept();
        await challenge(peer);
        peer.send([MessageType.ABORT, {}, reasons[at]!]);
      }
      await settle();
      clock.advance(60_000);
    }
    const { status } = client;
    await client.close();
    await opened;
    return status;
  }
  const denied = "wamp.error.authentication_denied";
  expect(await tries(denied, "wamp.error.not_authorized")).toBe("closed");
  expect(await tries(denied, "wamp.error.authentication_failed")).toBe("waiting");
});

test("refused passwords and violations are counted apart, and a row of violations ends it whatever came before", async () => {
  const password = "wamp.error.authentication_denied";
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
