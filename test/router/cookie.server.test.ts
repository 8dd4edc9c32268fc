import { describe, expect, test } from "vitest";
import { anonymousAuthenticator, ticketAuthenticator } from "../../src/auth/mod.ts";
import { json } from "../../src/codec/mod.ts";
import { memoryCookies, openRealm, Router } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { dial, plainRoles, settled } from "./peer.ts";
import type { Peer } from "./peer.ts";

const authenticators = [
  ticketAuthenticator(({ authid = "" }, secret) =>
    secret === "right"
      ? { next: "accept", principal: { authid, authrole: "user", authprovider: "test", authextra: { tab: 1 } } }
      : { next: "deny", reason: "com.example.denied", message: "Permission Denied" }
  ),
  anonymousAuthenticator({ authrole: "public" }),
];

let clock: FakeClock;
const on = harness(() => {
  clock = new FakeClock();
  return {
    realms: ["realm1", "other"].map((name) => ({ name, authenticators })),
    cookies: memoryCookies({ clock, maxAge: 60 }),
    limits: { joinAttempts: 100 },
    clock,
  };
});

/** Opens a connection as a listener does: handshake first. */
function browse(cookie?: string): { peer: Peer; value: string; setCookie: string | undefined } {
  const headers = cookie === undefined ? {} : { cookie: `theme=dark; cbtid=${cookie}` };
  const answer = on.router.handshake({ path: "/ws", headers, protocols: ["wamp.2.json"] });
  if ("refused" in answer) throw new Error(answer.refused);
  const peer = on.dial(undefined, undefined, { cookies: answer.cookies! });
  return { peer, value: answer.cookies!.cbtid!, setCookie: answer.headers["set-cookie"] };
}

const hello = (methods: string[], realm = "realm1", authid?: string) =>
  [M.HELLO, realm, { roles: plainRoles, authmethods: methods, ...(authid === undefined ? {} : { authid }) }] as const;

async function login(peer: Peer, authid = "alice", realm = "realm1"): Promise<void> {
  expect((await peer.ask([...hello(["ticket"], realm, authid)]))[0]).toBe(M.CHALLENGE);
  expect((await peer.ask([M.AUTHENTICATE, "right", {}]))[0]).toBe(M.WELCOME);
}

describe("a cookie", () => {
  test("is given to a browser that has none, and kept by one whose login is known", async () => {
    const first = browse();
    expect(first.setCookie).toBe(`cbtid=${first.value}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure`);
    await login(first.peer);
    const second = browse(first.value);
    expect([second.value, second.setCookie]).toEqual([first.value, undefined]);
  });

  test("that is not known is replaced, so that nobody can choose it", () => {
    const { value, setCookie } = browse("chosen");
    expect(value).toMatch(/^[0-9a-f]{48}$/);
    expect(setCookie).toContain(value);
  });

  test.each([[["cookie"]], [["cookie", "ticket"]], [["ticket", "cookie"]]])(
    "logs a tab in that offers %j, whatever realm it asks for",
    async (methods) => {
      const { peer, value } = browse();
      await login(peer);
      for (const realm of ["realm1", "other", "nosuch"]) {
        const welcome = await browse(value).peer.ask([...hello(methods, realm)]);
        expect(welcome).toEqual([
          M.WELCOME,
          expect.any(Number),
          expect.objectContaining({
            realm: "realm1",
            authid: "alice",
            authrole: "user",
            authmethod: "ticket",
            authprovider: "cookie",
            authextra: { tab: 1 },
          }),
        ]);
        expect(welcome[1]).toBeGreaterThan(0);
      }
    },
  );

  test("of an anonymous session keeps its name", async () => {
    const { peer, value } = browse();
    const [, , first] = await peer.ask([...hello(["anonymous"])]) as [number, number, { authid: string }];
    const [, , second] = await browse(value).peer.ask([...hello(["cookie"])]);
    expect(second).toMatchObject({ authid: first.authid, authmethod: "anonymous", authprovider: "cookie" });
  });

  test("of an anonymous session is replaced, and good for all tabs that open at once, and again when the answer was lost", async () => {
    const { peer, value } = browse();
    const [, , first] = await peer.ask([...hello(["anonymous"])]) as [number, number, { authid: string }];
    browse(value);
    const tabs = [browse(value), browse(value)];
    tabs.push(browse(tabs[1]!.value));
    expect(new Set([value, ...tabs.map((tab) => tab.value)]).size).toBe(4);
    for (const tab of tabs) {
      expect((await tab.peer.ask([...hello(["cookie"])]))[2]).toMatchObject({ authid: first.authid });
    }
    expect((await browse(value).peer.ask([...hello(["cookie"])]))[0]).toBe(M.ABORT);
    const [next, other] = [browse(tabs[0]!.value), browse(tabs[0]!.value)];
    expect((await next.peer.ask([...hello(["anonymous"])]))[2]).not.toMatchObject({ authid: first.authid });
    expect((await browse(tabs[0]!.value).peer.ask([...hello(["cookie"])]))[0]).toBe(M.ABORT);
    expect((await other.peer.ask([...hello(["cookie"])]))[2]).toMatchObject({ authid: first.authid });
  });

  test("of an anonymous session is void once one is used that was handed out in place of its successor", async () => {
    const { peer, value } = browse();
    expect((await peer.ask([...hello(["anonymous"])]))[0]).toBe(M.WELCOME);
    const last = browse(browse(value).value);
    expect((await last.peer.ask([...hello(["cookie"])]))[0]).toBe(M.WELCOME);
    expect((await browse(value).peer.ask([...hello(["cookie"])]))[0]).toBe(M.ABORT);
  });

  test("by which a user has logged in meanwhile stays good when one is used that was handed out in its place", async () => {
    const { peer, value } = browse();
    expect((await peer.ask([...hello(["anonymous"])]))[0]).toBe(M.WELCOME);
    const tab = browse(value);
    await peer.ask([M.GOODBYE, {}, "wamp.close.normal"]);
    await login(peer, "alice");
    expect(await tab.peer.ask([...hello(["cookie"])])).toMatchObject([M.WELCOME, {}, { authrole: "public" }]);
    expect(await browse(value).peer.ask([...hello(["cookie"])])).toMatchObject([M.WELCOME, {}, { authid: "alice" }]);
  });

  test("that stands for no login leaves it to the next method, and to an error without one", async () => {
    expect((await browse().peer.ask([...hello(["cookie", "anonymous"])]))[0]).toBe(M.WELCOME);
    const abort = await browse().peer.ask([...hello(["cookie"])]);
    expect([abort[0], abort[2]]).toEqual([M.ABORT, "wamp.error.no_auth_method"]);
    expect((await browse().peer.ask([...hello(["cookie"], "nosuch")]))[2]).toBe("wamp.error.no_such_realm");
  });

  test("is void after a HELLO that does not offer it; sessions that have joined stay", async () => {
    const { peer, value } = browse();
    await login(peer);
    const other = browse(value).peer;
    expect(await other.ask([...hello(["anonymous"])])).toMatchObject([M.WELCOME, {}, { authrole: "public" }]);
    expect(await browse(value).peer.ask([...hello(["cookie"])])).toMatchObject([M.WELCOME, {}, { authrole: "public" }]);
    await peer.subscribe("com.example.still_here");
  });

  test("stands for the last login of the connection that was given it, and for the same login of others", async () => {
    const { peer, value } = browse();
    await login(peer);
    await login(browse(value).peer);
    expect(await browse(value).peer.ask([...hello(["cookie"])])).toMatchObject([M.WELCOME, {}, { authid: "alice" }]);
    await peer.ask([M.GOODBYE, {}, "wamp.close.normal"]);
    await login(peer, "bob");
    expect(await browse(value).peer.ask([...hello(["cookie"])])).toMatchObject([M.WELCOME, {}, { authid: "bob" }]);
  });

  test.each([["anonymous", "mallory"], ["ticket", "mallory"]])(
    "that somebody else joined by with %s, and put into the browser, never stands for who logs in there",
    async (method, authid) => {
      const planted = browse();
      if (method === "ticket") await login(planted.peer, authid);
      else await planted.peer.ask([...hello(["anonymous"])]);
      await login(browse(planted.value).peer, "alice");
      const thief = await browse(planted.value).peer.ask([...hello(["cookie", "anonymous"])]);
      expect(thief).toMatchObject([M.WELCOME, {}, { authrole: "public" }]);
      const next = browse(planted.value);
      expect(next.setCookie).toContain(next.value);
      await login(next.peer, "alice");
      expect((await browse(next.value).peer.ask([...hello(["cookie"])]))[2]).toMatchObject({ authid: "alice" });
    },
  );

  test("of a user never stands for who has the same name in another realm", async () => {
    const { peer, value } = browse();
    await login(peer, "alice", "realm1");
    await login(browse(value).peer, "alice", "other");
    const thief = await browse(value).peer.ask([...hello(["cookie", "anonymous"])]);
    expect(thief).toMatchObject([M.WELCOME, {}, { authrole: "public" }]);
  });

  test("is void when it was not used for its time, which each join begins anew", async () => {
    const { peer, value } = browse();
    await login(peer);
    clock.advance(60_000);
    expect((await browse(value).peer.ask([...hello(["cookie"])]))[0]).toBe(M.WELCOME);
    clock.advance(60_001);
    const late = browse(value);
    expect(late.value).not.toBe(value);
    expect((await late.peer.ask([...hello(["cookie"])]))[0]).toBe(M.ABORT);
  });

  test("is void after a logout, which ends every session of the browser and no other", async () => {
    const [{ peer, value }, stranger] = [browse(), browse()];
    await login(peer);
    await login(stranger.peer);
    const tab = browse(value).peer;
    await tab.ask([...hello(["cookie"])]);
    expect(await peer.ask([M.GOODBYE, {}, "wamp.close.logout"])).toEqual([M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
    expect(await tab.next()).toEqual([M.GOODBYE, {}, "wamp.close.logout"]);
    await stranger.peer.subscribe("com.example.still_here");
    expect((await browse(value).peer.ask([...hello(["cookie"])]))[0]).toBe(M.ABORT);
    expect(on.router.statistics("realm1")?.sessions).toBe(1);
  });
});

test("cookies of the handshake reach the connection without a keeper, too", () => {
  const answer = on.router.handshake({
    path: "/ws",
    headers: { cookie: "a=1; b=x=y; a=2;; =z" },
    protocols: ["wamp.2.json"],
  });
  expect(answer).toMatchObject({ cookies: { a: "1", b: "x=y" } });
});

describe("a keeper that fails", () => {
  const failing = (method: "remember" | "forget") => {
    const errors: unknown[] = [];
    const disk = new Error("the disk is full");
    const keeper = {
      ...memoryCookies(),
      [method]: () => {
        throw disk;
      },
    };
    const clock = new FakeClock();
    const router = new Router({
      realms: [openRealm("realm1")],
      cookies: keeper,
      clock,
      onError: (error) => errors.push(error),
    });
    const browser = () => dial(router, json, undefined, { cookies: { cbtid: "abc" } });
    return { router, clock, errors, disk, browser };
  };

  test("to remember who logged in does not harm the session", async () => {
    const { router, clock, errors, disk, browser } = failing("remember");
    const peer = await browser().join();
    expect(errors).toEqual([disk]);
    clock.advance(60_000);
    peer.call("wamp.session.count");
    expect((await peer.next())[0]).toBe(M.RESULT);
    peer.connection.close();
    await settled();
    expect(router.statistics("realm1")?.sessions).toBe(0);
    await router.close();
  });

  test("to forget who logs out lets that session, and the others of the browser, go", async () => {
    const { router, errors, disk, browser } = failing("forget");
    const join = (peer: Peer) => peer.join("realm1", plainRoles, { authmethods: ["cookie", "anonymous"] });
    const [peer, other] = [await join(browser()), await join(browser())];
    peer.send([M.GOODBYE, {}, "wamp.close.logout"]);
    expect(await peer.next()).toEqual([M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
    expect(await other.next()).toEqual([M.GOODBYE, {}, "wamp.close.logout"]);
    expect(errors).toEqual([disk]);
    await join(peer);
    await router.close();
  });
});

test("a keeper of cookies that fails refuses the client, and the router is told why", () => {
  const told: unknown[] = [];
  const failure = new Error("no such database");
  const keeper = memoryCookies();
  keeper.handshake = () => {
    throw failure;
  };
  const router = new Router({ realms: [openRealm("realm1")], cookies: keeper, onError: (error) => told.push(error) });
  const answer = router.handshake({ path: "/ws", headers: {}, protocols: ["wamp.2.json"] });
  expect(answer).toEqual({ status: 500, refused: expect.not.stringContaining("database") });
  expect(told).toEqual([failure]);
});
