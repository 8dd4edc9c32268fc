import { describe, expect, test } from "vitest";
import { anonymousAuthenticator } from "../../src/auth/mod.ts";
import {
  cryptosign,
  cryptosignPublicKey,
  deriveCraSecret,
  scram,
  scramCredentials,
  wampcra,
} from "../../src/auth/mod.ts";
import type { AuthMethod } from "../../src/auth/mod.ts";
import { createClient } from "../../src/client/connect.ts";
import type { Dict, WampValue } from "../../src/wire/mod.ts";
import { MessageType as M, RemoteError } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { plainRoles } from "./peer.ts";
import type { Peer } from "./peer.ts";

const methods = ["ticket", "wampcra", "wamp-scram", "cryptosign", "riddle", "tls"];
let clock: FakeClock;
const on = harness(() => ({
  clock: clock = new FakeClock(),
  realms: [
    {
      name: "realm1",
      authenticators: [
        ...methods.map((method) => ({ method, procedure: `com.example.${method.replace("-", "_")}` })),
        anonymousAuthenticator(),
      ],
    },
    { name: "other", authenticators: [anonymousAuthenticator()] },
  ],
  limits: { joinAttempts: 100 },
}));

type Judge = (realm: WampValue, authid: WampValue, details: Dict) => unknown;

/** A session of this process that answers for a method. */
async function judge(method: string, decide: Judge): Promise<Dict[]> {
  const peer = await on.dial(undefined, { authid: "service", authrole: "trusted", authprovider: "static" }).join();
  await peer.register(`com.example.${method.replace("-", "_")}`);
  const seen: Dict[] = [];
  void serve(peer, (realm, authid, details) => (seen.push(details), decide(realm, authid, details)));
  return seen;
}

async function serve(peer: Peer, decide: Judge): Promise<void> {
  for (;;) {
    const [type, id, , , args] = await peer.next();
    if (type !== M.INVOCATION) return;
    try {
      const answer = decide(...args as [WampValue, WampValue, Dict]);
      if (answer !== undefined) peer.send([M.YIELD, id, {}, [answer as WampValue]]);
    } catch (error) {
      if (error instanceof RemoteError) peer.send([M.ERROR, M.INVOCATION, id, {}, error.uri, error.args]);
    }
  }
}

const hello = (method: string, authid?: string, authextra: Dict = {}) =>
  [M.HELLO, "realm1", { roles: plainRoles, authmethods: [method], authextra, ...(authid ? { authid } : {}) }] as const;

/** Joins by a ticket. */
async function byTicket(ticket: string, authid?: string): Promise<unknown[]> {
  const peer = on.dial();
  expect(await peer.ask([...hello("ticket", authid, { app: 1 })])).toEqual([M.CHALLENGE, "ticket", {}]);
  return await peer.ask([M.AUTHENTICATE, ticket, {}]);
}

describe("a ticket", () => {
  test("is shown to the procedure, whose answer says who joins", async () => {
    const seen = await judge("ticket", (realm, authid, { ticket }) => ({
      role: `${String(realm)}-${String(authid)}-${String(ticket)}`,
      authid: "renamed",
      extra: { key: 1 },
    }));
    expect(await byTicket("secret", "ann")).toEqual([
      M.WELCOME,
      expect.any(Number),
      expect.objectContaining({
        authid: "renamed",
        authrole: "realm1-ann-secret",
        authmethod: "ticket",
        authprovider: "dynamic",
        authextra: { key: 1 },
      }),
    ]);
    expect(seen[0]).toMatchObject({
      authmethod: "ticket",
      authextra: { app: 1 },
      session: expect.any(Number),
      transport: { type: "memory" },
    });
  });

  test("may be answered by the role alone", async () => {
    await judge("ticket", () => "user");
    expect(await byTicket("x", "ann")).toMatchObject([M.WELCOME, {}, { authid: "ann", authrole: "user" }]);
    expect(await byTicket("x")).toMatchObject([M.WELCOME, {}, { authid: expect.any(String), authrole: "user" }]);
  });

  test("may lead to another realm, if there is one", async () => {
    let realm: string | null = "other";
    await judge("ticket", () => ({ role: "user", realm, authid: null, extra: null }));
    expect(await byTicket("x")).toMatchObject([M.WELCOME, {}, { realm: "other" }]);
    realm = null;
    expect(await byTicket("x")).toMatchObject([M.WELCOME, {}, { realm: "realm1" }]);
    realm = "nosuch";
    expect((await byTicket("x"))[2]).toBe("wamp.error.no_such_realm");
  });

  test.each([null, false])("is denied by %j", async (answer) => {
    await judge("ticket", () => answer);
    expect((await byTicket("x"))[2]).toBe("wamp.error.authentication_denied");
  });

  test("is denied in the procedure's own words", async () => {
    await judge("ticket", () => {
      throw new RemoteError("com.example.error.permissiondenied", ["Permission Denied"]);
    });
    expect(await byTicket("x")).toEqual([
      M.ABORT,
      { message: "Permission Denied" },
      "com.example.error.permissiondenied",
    ]);
  });

  test.each([true, 5, {}, { role: 5 }, { role: "x", authid: 5 }, { role: "x", extra: 1 }, []])(
    "is denied when the answer is %j",
    async (answer) => {
      await judge("ticket", () => answer);
      expect((await byTicket("x"))[2]).toBe("wamp.error.authentication_failed");
      expect(on.takeFailures().length).toBe(1);
    },
  );

  test("is denied while nobody answers", async () => {
    expect((await byTicket("x"))[2]).toBe("wamp.error.authentication_failed");
    await judge("ticket", () => undefined);
    const peer = on.dial();
    await peer.ask([...hello("ticket")]);
    peer.send([M.AUTHENTICATE, "x", {}]);
    await peer.rest();
    clock.advance(5_000);
    expect((await peer.next())[2]).toBe("wamp.error.authentication_failed");
    expect(on.takeFailures().length).toBe(2);
    await peer.join();
  });
});

describe("secrets that a procedure knows", () => {
  const join = async (auth: AuthMethod): Promise<string> => {
    const client = createClient(on.router.local(), { realm: "realm1", auth });
    try {
      await client.open();
      return `${client.details?.authid}/${client.details?.authrole}`;
    } catch (error) {
      return /wamp\.error\.\w+/.exec(String(error))?.[0] ?? String(error);
    } finally {
      await client.close();
    }
  };

  test("let users in by wampcra, salted or not", async () => {
    const salting = { salt: "pepper", iterations: 100, keylen: 16 };
    const derived = await deriveCraSecret("secret", salting);
    await judge(
      "wampcra",
      (_, authid) =>
        authid === "ann"
          ? { role: "user", secret: "secret" }
          : authid === "bob"
          ? { role: "user", secret: derived, ...salting }
          : null,
    );
    expect(await join(wampcra("ann", "secret"))).toBe("ann/user");
    expect(await join(wampcra("bob", "secret"))).toBe("bob/user");
    for (const [name, secret] of [["ann", "wrong"], ["bob", "wrong"], ["cid", "secret"]]) {
      expect(await join(wampcra(name!, secret!))).toBe("wamp.error.authentication_denied");
    }
  });

  test("let users in by wamp-scram", async () => {
    const credentials = await scramCredentials("secret", { iterations: 5_000 });
    await judge(
      "wamp-scram",
      (_, authid) => authid === "ann" ? { role: "user", credentials: { ...credentials } } : null,
    );
    expect(await join(scram("ann", "secret"))).toBe("ann/user");
    expect(await join(scram("ann", "wrong"))).toBe("wamp.error.authentication_denied");
    expect(await join(scram("bob", "secret"))).toBe("wamp.error.authentication_denied");
  });

  test("let keys in by cryptosign", async () => {
    const key = "1".repeat(64);
    const known = await cryptosignPublicKey(key);
    await judge(
      "cryptosign",
      (_, authid, { public_key: shown }) => shown === known ? { role: "machine", authid: authid ?? "printer" } : null,
    );
    expect(await join(cryptosign(key, { authid: "printer-1" }))).toBe("printer-1/machine");
    expect(await join(cryptosign("2".repeat(64), { authid: "printer-1" }))).toBe("wamp.error.authentication_denied");
  });
});

test.each<[string, AuthMethod, () => Dict | Promise<Dict>]>([
  ["wampcra", wampcra("ann", "secret"), () => ({ secret: "secret" })],
  [
    "wamp-scram",
    scram("ann", "secret"),
    async () => ({
      credentials: { ...await scramCredentials("secret", { iterations: 5_000 }) },
    }),
  ],
  ["cryptosign", cryptosign("1".repeat(64), { authid: "ann" }), () => ({})],
])(
  "who joins by %s joins the realm that the procedure names, not the one that was asked for",
  async (method, auth, more) => {
    const answer = { role: "user", authid: "ann", realm: "other", ...await more() };
    await judge(method, () => answer);
    const client = createClient(on.router.local(), { realm: "realm1", auth });
    await client.open();
    expect(client.details).toMatchObject({ realm: "other", authid: "ann" });
    await client.close();
  },
);

describe("any other method", () => {
  test("may challenge as often as it likes", async () => {
    const seen = await judge(
      "riddle",
      (_, __, { signature, challenge }) =>
        signature === undefined
          ? { challenge: { question: 1 } }
          : signature === "one" && (challenge as Dict).question === 1
          ? { challenge: { question: 2 } }
          : signature === "two"
          ? "solver"
          : null,
    );
    const peer = on.dial();
    expect(await peer.ask([...hello("riddle")])).toEqual([M.CHALLENGE, "riddle", { question: 1 }]);
    expect(await peer.ask([M.AUTHENTICATE, "one", { hint: 1 }])).toEqual([M.CHALLENGE, "riddle", { question: 2 }]);
    expect(await peer.ask([M.AUTHENTICATE, "two", {}])).toMatchObject([M.WELCOME, {}, { authrole: "solver" }]);
    expect(seen[1]).toMatchObject({ signature: "one", extra: { hint: 1 } });
    const wrong = on.dial();
    await wrong.ask([...hello("riddle")]);
    expect((await wrong.ask([M.AUTHENTICATE, "?", {}]))[2]).toBe("wamp.error.authentication_denied");
  });

  test("sees the certificate of a connection", async () => {
    await judge("tls", (_, __, { transport }) => {
      const { certificate } = transport as { certificate: Dict | null };
      return certificate === null ? null : { role: "machine", authid: (certificate.subject as Dict).CN };
    });
    const certificate = { subject: { CN: "printer" }, issuer: {}, names: ["DNS:printer"], fingerprint: "aa" };
    const peer = on.dial(undefined, undefined, { certificate });
    expect(await peer.ask([...hello("tls")])).toMatchObject([M.WELCOME, {}, {
      authid: "printer",
      authrole: "machine",
    }]);
    expect((await on.dial().ask([...hello("tls")]))[2]).toBe("wamp.error.authentication_denied");
  });
});
