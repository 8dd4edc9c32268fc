import { expect, test } from "vitest";
import { anonymous, connect, ticket, wampcra, WampError } from "../../mod.ts";
import type { AuthMethod } from "../../mod.ts";
import { createApp, ProcedureRoutes, serveApps } from "../../src/app/mod.ts";
import type { AppSession } from "../../src/app/mod.ts";
import { ticketAuthenticator, wampcraAuthenticator } from "../../src/router/mod.ts";
import type { Authenticator } from "../../src/router/mod.ts";
import { served } from "./served.ts";

const principal = (authid: string) => ({ authid, authrole: "member", authprovider: "test" });

const ann = ticketAuthenticator(({ authid = "" }, secret) =>
  secret === `secret of ${authid}`
    ? { next: "accept", principal: principal(authid) }
    : { next: "deny", reason: "wamp.error.not_authorized", message: "wrong ticket" }
);

const whoami = () =>
  new ProcedureRoutes().route("com.example.whoami", (_args, _kwargs, { session }) => ({
    authid: session.authid,
    authrole: session.authrole,
    authmethod: session.authmethod,
    identity: session.identity,
  }));

test("a session keeps what handlers store with it, and handlers hear of its beginning and its end", async () => {
  const told: unknown[] = [];
  const ended = Promise.withResolvers<void>();
  const rpc = new ProcedureRoutes().route("com.example.count", (_args, _kwargs, { session }) => {
    const count = Number(session.storage.get("count") ?? 0) + 1;
    session.storage.set("count", count);
    return count;
  });
  await using app = await served({}, rpc);
  app.app.onOpen((session) => void told.push(["open", session.id]));
  const stop = app.app.onClose((session, reason) => {
    told.push(["close", session.id, reason, session.storage.get("count"), session.open]);
    ended.resolve();
  });
  const guest = await app.connect();
  const { id } = guest.session!;
  await guest.call("com.example.count");
  expect(await guest.call("com.example.count")).toBe(2);
  expect(await app.client.call("com.example.count")).toBe(1);
  await guest.close();
  await ended.promise;
  stop();
  expect(told).toEqual([["open", id], ["close", id, "wamp.close.close_realm", 2, false]]);
});

test("an app ends one session in peace, aborts another, and ends all", async () => {
  const reasons: string[] = [];
  const ended = Promise.withResolvers<void>();
  await using app = await served({});
  app.app.onClose((_session, reason) => {
    if (reasons.push(reason) === 3) ended.resolve();
  });
  const guests = [await app.connect(), await app.connect()];
  const left = guests.map((guest) => new Promise((resolve) => guest.on("leave", resolve)));
  const last = new Promise((resolve) => app.client.on("leave", resolve));
  const sessionOf = (client: typeof app.client): AppSession =>
    [...app.app.sessions].find(({ id }) => id === client.session!.id)!;
  await sessionOf(guests[0]!).close("com.example.enough", "good night");
  expect(await left[0]).toMatchObject({ reason: "com.example.enough", message: "good night" });
  sessionOf(guests[1]!).abort("com.example.out", "you know why");
  expect(await left[1]).toMatchObject({ reason: "com.example.out", message: "you know why" });
  await app.app.closeSessions();
  expect(await last).toMatchObject({ reason: "wamp.close.killed" });
  await ended.promise;
  expect(reasons).toEqual(["com.example.enough", "com.example.out", "wamp.close.killed"]);
});

test("ending a session that is gone does nothing", async () => {
  await using app = await served({});
  const guest = await app.connect();
  const session = [...app.app.sessions].find(({ id }) => id === guest.session!.id)!;
  const gone = new Promise((resolve) => app.app.onClose(resolve));
  await guest.close();
  expect(await gone).toBe(session);
  await session.close();
  session.abort();
  await session.send("com.example.topic");
  expect(session.open).toBe(false);
});

test("handlers see how the client is connected", async () => {
  const rpc = new ProcedureRoutes().route("com.example.where", (_args, _kwargs, { session }) => {
    const { transport, address, path, headers } = session.transport;
    return { transport, address, path, hasHeaders: headers !== undefined };
  });
  await using app = await served({}, rpc);
  const { kwargs } = await app.client.callResult("com.example.where");
  expect(kwargs).toMatchObject({ transport: "websocket", path: "/ws", hasHeaders: true });
  expect(kwargs.address).toMatch(/127\.0\.0\.1/);
});

test("those who look at the connection go first, in order; then whoever challenges", async () => {
  const asked: string[] = [];
  const app = createApp({
    realm: "realm1",
    authenticators: [
      ({ authid }) => {
        asked.push("first");
        return authid === "monster" ? { authid: "cookie monster", identity: { likes: "cookies" } } : undefined;
      },
      () => void asked.push("second"),
      ann,
    ],
    identify: ({ authid }) => ({ name: `Miss ${authid}` }),
  }).add(whoami());
  const join = (authid: string, secret: string) =>
    connect(app.router.local(), { realm: "realm1", auth: ticket(authid, secret), reconnect: false });
  const who = async (authid: string, secret: string) => {
    await using client = await join(authid, secret);
    return (await client.callResult("com.example.whoami")).kwargs;
  };
  expect(await who("monster", "")).toEqual({
    authid: "cookie monster",
    authrole: "client",
    authmethod: "ticket",
    identity: { likes: "cookies" },
  });
  expect(asked.splice(0)).toEqual(["first"]);
  expect(await who("ann", "secret of ann")).toEqual({
    authid: "ann",
    authrole: "member",
    authmethod: "ticket",
    identity: { name: "Miss ann" },
  });
  expect(asked.splice(0)).toEqual(["first", "second"]);
  await expect(join("ann", "guessed")).rejects.toMatchObject({ code: "authentication_failed" });
  await app.close();
});

test("two that challenge are refused when the app is made", () => {
  expect(() => createApp({ realm: "realm1", authenticators: [ann, wampcraAuthenticator(() => undefined)] }))
    .toThrow("only one authenticator may challenge");
});

test("whom nobody accepts is aborted", async () => {
  const app = createApp({ realm: "realm1", authenticators: [() => undefined] });
  const refused = await connect(app.router.local(), { realm: "realm1", reconnect: false }).catch((error) => error);
  expect(refused).toMatchObject({ code: "authentication_failed" });
  expect(WampError.is(refused)).toBe(true);
  await app.close();
});

test("wampcra, with who it is looked up besides", async () => {
  const app = createApp({
    realm: "realm1",
    authenticators: [
      wampcraAuthenticator(({ authid }) =>
        authid === "ann" ? { secret: "s3cret", principal: principal("ann") } : undefined
      ),
    ],
    identify: ({ authid }) => Promise.resolve({ name: `Miss ${authid}` }),
  }).add(whoami());
  const client = await connect(app.router.local(), {
    realm: "realm1",
    auth: wampcra("ann", "s3cret"),
    reconnect: false,
  });
  expect((await client.callResult("com.example.whoami")).kwargs).toEqual({
    authid: "ann",
    authrole: "member",
    authmethod: "wampcra",
    identity: { name: "Miss ann" },
  });
  await expect(connect(app.router.local(), { realm: "realm1", auth: wampcra("ann", "wrong"), reconnect: false }))
    .rejects.toMatchObject({ code: "authentication_failed" });
  await client.close();
  await app.close();
});

test("an app may be closed before it is ready, twice, or without ever having served", async () => {
  const app = createApp({ realm: "realm1" });
  const early = connect(app.router.local(), { realm: "realm1", reconnect: false }).catch((error) => error);
  await app.close();
  await app.close();
  expect(WampError.is(await early)).toBe(true);
  await createApp({ realm: "realm1" }).close();
});

test("an app that is closed lets nobody in, though its router serves others", async () => {
  const [one, two] = [createApp({ realm: "one" }), createApp({ realm: "two" })];
  const router = serveApps([one, two]);
  const join = (realm: string) => connect(router.local(), { realm, reconnect: false });
  await one.close();
  await expect(join("one")).rejects.toMatchObject({ code: "refused", reason: "wamp.close.system_shutdown" });
  await (await join("two")).close();
  await two.close();
  await router.close();
});

test("who looks at the connection is asked once for a client that offers several methods", async () => {
  let asked = 0;
  const app = createApp({ realm: "realm1", authenticators: [() => void asked++, ann] });
  const auth = [anonymous(), ticket("ann", "secret of ann")];
  const client = await connect(app.router.local(), { realm: "realm1", auth, reconnect: false });
  expect([client.details?.authmethod, asked]).toEqual(["ticket", 1]);
  await client.close();
  await app.close();
});

test("an authenticator that fails lets nobody in, and says nothing of why to the client", async () => {
  const errors: unknown[] = [];
  const app = createApp({
    realm: "realm1",
    onError: (error) => errors.push(error),
    authenticators: [() => {
      throw new Error("the database at 10.0.0.1 is down");
    }],
  });
  const refused = await connect(app.router.local(), { realm: "realm1", reconnect: false }).catch((error) => error);
  expect(String(refused)).not.toContain("10.0.0.1");
  expect(errors).toEqual([expect.objectContaining({ cause: new Error("the database at 10.0.0.1 is down") })]);
  await app.close();
});

test("a challenge of one's own, with a method of one's own", async () => {
  const riddle: Authenticator = {
    method: "riddle",
    begin: ({ authid = "" }) => ({
      next: "challenge",
      extra: { question: "What is twice 21?" },
      answered: (answer) =>
        answer === "42"
          ? { next: "accept", principal: principal(authid) }
          : { next: "deny", reason: "wamp.error.not_authorized", message: "think again" },
    }),
  };
  const app = createApp({ realm: "realm1", authenticators: [() => undefined, riddle] }).add(whoami());
  const join = (signature: string) => {
    const auth: AuthMethod = {
      method: "riddle",
      authid: "ann",
      answer: ({ extra }) => extra.question === "What is twice 21?" ? { signature } : { signature: "what?" },
    };
    return connect(app.router.local(), { realm: "realm1", auth, reconnect: false });
  };
  const client = await join("42");
  expect((await client.callResult("com.example.whoami")).kwargs).toMatchObject({ authid: "ann", authmethod: "riddle" });
  await expect(join("43")).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringContaining("think again"),
  });
  await client.close();
  await app.close();
});
