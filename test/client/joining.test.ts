import { describe, expect, test } from "vitest";
import { anonymous, ConnectError, json, ticket } from "@izaber/wamp";
import type { AuthMethod, Dict } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, scripted } from "../support/scripted_client.ts";

test("HELLO names realm, agent, method and the four roles with what they can do", async () => {
  const { client, router } = scripted({ agent: "tester", auth: ticket("joe", "secret") });
  const opened = client.open();
  const peer = await router.accept();
  const hello = await peer.next(MessageType.HELLO);
  expect(hello.uri).toBe("realm1");
  expect(hello.options).toMatchObject({ agent: "tester", authid: "joe", authmethods: ["ticket"] });
  const roles = hello.options.roles as Record<string, { features: Record<string, boolean> }>;
  expect(Object.keys(roles).sort()).toEqual(["callee", "caller", "publisher", "subscriber"]);
  expect(roles.callee?.features.progressive_call_results).toBe(true);
  peer.send([MessageType.WELCOME, 7, {}]);
  await opened;
  expect(client.session?.id).toBe(7);
  const closing = client.close();
  await peer.goodbye();
  await closing;
});

test("a challenge is answered with the ticket, several in a row too", async () => {
  const { client, router } = scripted({ auth: [anonymous(), ticket("joe", () => Promise.resolve("secret"))] });
  const challenges: string[] = [];
  client.on("challenge", ({ method }) => challenges.push(method));
  const opened = client.open();
  const peer = await router.accept();
  expect((await peer.next(MessageType.HELLO)).options.authmethods).toEqual(["anonymous", "ticket"]);
  for (let round = 0; round < 2; round++) {
    peer.send([MessageType.CHALLENGE, "ticket", {}]);
    expect((await peer.next(MessageType.AUTHENTICATE)).uri).toBe("secret");
  }
  peer.send([MessageType.WELCOME, 7, { authid: "joe", authrole: "frontend" }]);
  await opened;
  expect(client.details).toMatchObject({ authid: "joe", authrole: "frontend" });
  expect(challenges).toEqual(["ticket", "ticket"]);
});

test("rounds of several methods are answered by each, one at a time", async () => {
  const slow = Promise.withResolvers<string>();
  const second = { ...ticket("joe", () => slow.promise), method: "second" };
  const { client, router } = scripted({ auth: [ticket("joe", "secret"), second], reconnect: false });
  const opened = client.open();
  const peer = await router.accept();
  await peer.next(MessageType.HELLO);
  peer.send([MessageType.CHALLENGE, "ticket", {}]);
  expect((await peer.next(MessageType.AUTHENTICATE)).uri).toBe("secret");
  peer.send([MessageType.CHALLENGE, "second", {}]);
  peer.send([MessageType.CHALLENGE, "ticket", {}]);
  expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.protocol_violation");
  slow.resolve("late");
  await expect(opened).rejects.toMatchObject({
    code: "protocol_violation",
    message: expect.stringContaining("another CHALLENGE"),
  });
  expect(peer.unread).toBe(0);
});

test("what goes along with HELLO is made anew at each join, and a challenge is answered in its light", async () => {
  const seen: unknown[] = [];
  let joins = 0;
  const numbered: AuthMethod = {
    method: "numbered",
    authextra: () => Promise.resolve({ number: ++joins }),
    answer: ({ authextra }) => {
      seen.push(authextra);
      return { signature: "" };
    },
  };
  const auth = [numbered, { ...ticket("joe", "secret"), authextra: { more: true } }];
  for (const number of [1, 2]) {
    const { client, router } = scripted({ auth });
    const opened = client.open();
    const peer = await router.accept();
    expect((await peer.next(MessageType.HELLO)).options.authextra).toEqual({ number, more: true });
    peer.send([MessageType.CHALLENGE, "numbered", {}]);
    await peer.next(MessageType.AUTHENTICATE);
    peer.send([MessageType.WELCOME, 7, {}]);
    await opened;
  }
  expect(seen).toEqual([{ number: 1, more: true }, { number: 2, more: true }]);

  const lost = { ...numbered, authextra: () => Promise.reject(new Error("vault is shut")) };
  const { client, router } = scripted({ auth: lost });
  await expect(client.open()).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringMatching(/"numbered".*vault/),
  });
  expect(router.dialled).toBe(0);
});

describe("what a router refuses has a code, the router's reason and a remedy", () => {
  for (
    const [reason, code, remedy] of [
      ["wamp.error.no_such_realm", "no_such_realm", "option realm"],
      ["wamp.error.authentication_denied", "authentication_failed", "option auth"],
      ["wamp.error.authentication_failed", "authentication_failed", "could not check"],
      ["wamp.error.no_auth_method", "authentication_failed", "option auth"],
      ["wamp.error.authorization_failed", "authorization_failed", "realm1"],
      ["wamp.error.something_else", "refused", "something_else"],
    ] as const
  ) {
    test(reason, async () => {
      const { client, router, clock } = scripted();
      const opened = client.open();
      const peer = await router.accept();
      await peer.next(MessageType.HELLO);
      peer.send([MessageType.ABORT, { message: "because" }, reason]);
      const error = await opened.catch((error) => error);
      expect(error).toBeInstanceOf(ConnectError);
      expect(error).toMatchObject({ code, reason, url: "scripted" });
      expect(error.message).toContain("because");
      expect(error.message).toContain(remedy);
      expect(client.status).toBe("closed");
      expect(clock.pending).toBe(0);
    });
  }

  test("any reason after the secret was shown, as Nexus has it", async () => {
    const { client, router } = scripted({ auth: ticket("joe", "wrong") });
    const opened = client.open();
    const peer = await router.accept();
    await peer.next(MessageType.HELLO);
    peer.send([MessageType.CHALLENGE, "ticket", {}]);
    await peer.next(MessageType.AUTHENTICATE);
    peer.send([MessageType.ABORT, { message: "Permission Denied" }, "com.izaber.wamp.error.permissiondenied"]);
    await expect(opened).rejects.toMatchObject({
      code: "authentication_failed",
      reason: "com.izaber.wamp.error.permissiondenied",
      message: expect.stringMatching(/"joe".*Permission Denied/),
    });
  });
});

test("a challenge for a method without credentials is refused on both sides", async () => {
  const { client, router } = scripted();
  const opened = client.open();
  const peer = await router.accept();
  await peer.next(MessageType.HELLO);
  peer.send([MessageType.CHALLENGE, "wampcra", {}]);
  expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.no_matching_auth_method");
  await expect(opened).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringContaining("wampcra"),
  });
});

test("a secret that cannot be had, and a function of credentials that fails, refuse the join", async () => {
  const lost = () => Promise.reject(new Error("vault is shut"));
  const { client, router } = scripted({ auth: ticket("joe", lost) });
  const opened = client.open();
  const peer = await router.accept();
  await peer.next(MessageType.HELLO);
  peer.send([MessageType.CHALLENGE, "ticket", {}]);
  expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.cannot_authenticate");
  await expect(opened).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringContaining("vault"),
  });

  const other = scripted({ auth: lost });
  await expect(other.client.open()).rejects.toMatchObject({ code: "authentication_failed" });
  expect(other.router.dialled).toBe(0);
});

test("what may not come before WELCOME ends the attempt with ABORT", async () => {
  const { client, router } = scripted();
  const opened = client.open();
  const peer = await router.accept();
  await peer.next(MessageType.HELLO);
  peer.send([MessageType.RESULT, 1, {}]);
  expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.protocol_violation");
  await expect(opened).rejects.toMatchObject({
    code: "protocol_violation",
    message: expect.stringContaining("RESULT"),
  });
});

test("a router that goes away before WELCOME, and one that says nothing, are no sessions", async () => {
  const { client, router } = scripted();
  const opened = client.open();
  const peer = await router.accept();
  await peer.next(MessageType.HELLO);
  peer.connection.close(1011, "oops");
  await expect(opened).rejects.toMatchObject({
    code: "connection_failed",
    message: expect.stringMatching(/1011.*oops/),
  });

  const silent = scripted({ connectTimeout: 500 });
  const waiting = silent.client.open();
  const quiet = await silent.router.accept();
  await quiet.next(MessageType.HELLO);
  silent.clock.advance(499);
  expect(silent.client.status).toBe("connecting");
  silent.clock.advance(1);
  await expect(waiting).rejects.toMatchObject({ code: "connect_timeout", message: expect.stringContaining("500 ms") });
  await quiet.closed;
  expect(silent.clock.pending).toBe(0);
});

test("the WELCOME of the session once more is tolerated, that of another one is not", async () => {
  const { client, peer } = await joined({ reconnect: false });
  peer.send([MessageType.WELCOME, 7, {}]);
  const answer = client.call("com.example.add");
  const call = await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, call.firstId, {}], [3]);
  expect(await answer).toBe(3);
  peer.send([MessageType.WELCOME, 8, {}]);
  expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.protocol_violation");
  await peer.closed;
});

test("strict ends a session over what is else ignored", async () => {
  const lenient = await joined();
  lenient.peer.send([MessageType.CHALLENGE, "ticket", {}]);
  const strict = await joined({ strict: true, reconnect: false });
  strict.peer.send([MessageType.CHALLENGE, "ticket", {}]);
  expect((await strict.peer.next(MessageType.ABORT)).uri).toBe("wamp.error.protocol_violation");
  expect(lenient.client.status).toBe("ready");
});

test("closing says GOODBYE and waits for the answer, but not for ever", async () => {
  const { client, peer, clock } = await joined();
  const left: unknown[] = [];
  client.on("leave", (info) => left.push(info));
  const closing = client.close("wamp.close.logout", "bye");
  const goodbye = await peer.next(MessageType.GOODBYE);
  expect([goodbye.uri, goodbye.options.message]).toEqual(["wamp.close.logout", "bye"]);
  clock.advance(5_000);
  await closing;
  expect(left).toEqual([{ session: 7, cause: "closed", reason: "wamp.close.logout", message: "bye" }]);
  expect(clock.pending).toBe(0);
  await client.close();
});

test("crossed GOODBYEs answer each other: none is answered again", async () => {
  const { client, peer } = await joined();
  const closing = client.close();
  await peer.next(MessageType.GOODBYE);
  peer.send([MessageType.GOODBYE, {}, "wamp.close.system_shutdown"]);
  await closing;
  await peer.closed;
  expect(peer.log.filter((name) => name === "GOODBYE")).toHaveLength(1);
});

test("a router's GOODBYE is answered", async () => {
  const { client, peer } = await joined({ reconnect: false });
  const left = Promise.withResolvers<unknown>();
  client.on("leave", (info) => left.resolve(info));
  peer.send([MessageType.GOODBYE, { message: "night" }, "wamp.close.system_shutdown"]);
  expect((await peer.next(MessageType.GOODBYE)).uri).toBe("wamp.close.goodbye_and_out");
  expect(await left.promise).toEqual({
    session: 7,
    cause: "goodbye",
    reason: "wamp.close.system_shutdown",
    message: "night",
  });
});

describe("what a method of one's own makes and cannot be sent ends the attempt alone, and leaves nothing open", () => {
  const own = (answer: unknown, authextra: Dict = {}): AuthMethod =>
    ({ method: "own", authid: "joe", answer: () => answer, authextra }) as AuthMethod;

  test("authextra", async () => {
    const authextra = { key: () => {} } as unknown as Dict;
    const { client, router, clock } = scripted({ auth: own({ signature: "" }, authextra) }, json);
    const opened = client.open();
    const peer = await router.accept();
    await expect(opened).rejects.toMatchObject({
      code: "authentication_failed",
      message: expect.stringContaining("key"),
    });
    await peer.closed;
    expect([peer.unread, clock.pending]).toEqual([0, 0]);
  });

  test.each([
    ["extra", { signature: "", extra: { key: () => {} } }, "key"],
    ["a signature that is no text", { signature: 1 }, "signature is 1"],
    ["no answer", undefined, "signature is no text"],
  ])("%s", async (_, answer, said) => {
    const { client, router, clock } = scripted({ auth: own(answer) }, json);
    const opened = client.open();
    const peer = await router.accept();
    await peer.next(MessageType.HELLO);
    peer.send([MessageType.CHALLENGE, "own", {}]);
    await expect(opened).rejects.toMatchObject({
      code: "authentication_failed",
      message: expect.stringContaining(said),
    });
    expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.cannot_authenticate");
    await peer.closed;
    expect([peer.unread, clock.pending]).toEqual([0, 0]);
  });
});
