import { describe, expect, test } from "vitest";
import { anonymousAuthenticator, ticketAuthenticator } from "../../src/auth/mod.ts";
import { codecBackend, slotOf } from "../../src/codec/backend.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { RealmsOnDemand } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { dial, plainRoles, settled } from "./peer.ts";

const hello = (realm: string, ...authmethods: string[]) => [M.HELLO, realm, { roles: plainRoles, authmethods }];

async function withRouter(
  onDemand: RealmsOnDemand | undefined,
  act: (router: Router) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const router = new Router({
    realms: [openRealm("lasting")],
    ...(onDemand === undefined ? {} : { onDemand }),
    limits: { realmsOnDemand: 2, uriLength: 20 },
    onError: (error) => failures.push(error),
  });
  await act(router);
  await router.close();
  expect(failures).toEqual([]);
  expect(router.realms).toEqual(["lasting"]);
}

describe("a realm that is not there", () => {
  test("is not made because somebody asks for it", () =>
    withRouter(undefined, async (router) => {
      expect((await dial(router).ask(hello("new")))[2]).toBe("wamp.error.no_such_realm");
    }));

  test("is made on demand, shared by all who ask for it, and gone with the last of them", () =>
    withRouter(true, async (router) => {
      const [ann, bob] = [dial(router), dial(router)];
      await Promise.all([ann.join("new"), bob.join("new")]);
      expect(router.realms).toEqual(["lasting", "new"]);
      await ann.subscribe("com.example.t");
      bob.publish("com.example.t", {}, ["shared"]);
      expect((await ann.next())[4]).toEqual(["shared"]);
      ann.send([M.GOODBYE, {}, "wamp.close.normal"]);
      await ann.next();
      expect(router.statistics("new")?.sessions).toBe(1);
      bob.connection.terminate();
      await bob.closed;
      await settled();
      expect(router.realms).toEqual(["lasting"]);
      await ann.join("new");
    }));

  test("does not come to be by a login that fails, nor twice by two that take their time", () =>
    withRouter(
      () => ({
        authenticators: [ticketAuthenticator((request, ticket) =>
          ticket === "right"
            ? { next: "accept", principal: { authid: String(request.session), authrole: "x", authprovider: "test" } }
            : { next: "deny", reason: "com.example.no", message: "no" }
        )],
      }),
      async (router) => {
        const peers = [dial(router), dial(router), dial(router)] as const;
        for (const peer of peers) {
          expect((await peer.ask(hello("new", "ticket")))[0]).toBe(M.CHALLENGE);
        }
        expect((await peers[0].ask([M.AUTHENTICATE, "wrong", {}]))[0]).toBe(M.ABORT);
        expect(router.realms).toEqual(["lasting"]);
        expect((await peers[1].ask([M.AUTHENTICATE, "right", {}]))[0]).toBe(M.WELCOME);
        expect((await peers[2].ask([M.AUTHENTICATE, "right", {}]))[0]).toBe(M.WELCOME);
        expect(router.statistics("new")?.sessions).toBe(2);
        peers[1].call("wamp.session.count");
        expect((await peers[1].next())[3]).toEqual([2]);
      },
    ));

  test.each(["", "a..b", "a b", "x".repeat(21), "unwanted"])(
    "is not made when its name is %j",
    (name) =>
      withRouter((asked) => asked === "unwanted" ? undefined : openRealm("ignored"), async (router) => {
        expect((await dial(router).ask(hello(name)))[2]).toBe("wamp.error.no_such_realm");
        await dial(router).join("wanted");
        expect(router.realms).toEqual(["lasting", "wanted"]);
      }),
  );

  test("is one of a bounded number", () =>
    withRouter(true, async (router) => {
      const [first] = [await dial(router).join("first"), await dial(router).join("second")];
      expect((await dial(router).ask(hello("third")))[2]).toBe("wamp.error.no_such_realm");
      await dial(router).join("second");
      first.connection.close();
      await first.closed;
      await dial(router).join("third");
    }));
});

test("the codec knows the topics of a history for as long as the realm is there", async () => {
  const router = new Router({
    realms: [{ ...openRealm("lasting"), history: { topics: [{ uri: "com.lasting.log" }] } }],
    onDemand: (name) => ({
      authenticators: name === "closed" ? [] : [anonymousAuthenticator()],
      history: { topics: [{ uri: `com.${name}.log` }] },
    }),
  });
  const known = (name: string) => slotOf(`com.${name}.log`, "exact") !== 0;
  expect(known("lasting")).toBe(codecBackend === "wasm");
  const stranger = dial(router);
  expect((await stranger.ask([M.HELLO, "closed", { roles: plainRoles }]))[0]).toBe(M.ABORT);
  expect(known("closed")).toBe(false);
  for (const time of ["first", "second"]) {
    const peer = await dial(router).join("open");
    expect(known("open")).toBe(codecBackend === "wasm");
    await peer.ask([M.PUBLISH, 1, { acknowledge: true }, "com.open.log", [time]]);
    const [, , , events] = await peer.ask([M.CALL, 2, {}, "wamp.subscription.get_events", [1]]) as Dict[][];
    expect(events!.map(({ args }) => args)).toEqual([[time]]);
    peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
    await peer.next();
    expect(known("open")).toBe(false);
  }
  await router.close();
  expect(known("lasting")).toBe(false);
});
