import { describe, expect, test } from "vitest";
import { anonymousAuthenticator, ticketAuthenticator } from "../../src/auth/mod.ts";
import type { Authenticator, JoinRequest, JoinStep } from "../../src/auth/mod.ts";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import type { Dict, WampError, WampValue } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { harness } from "./harness.ts";
import { plainRoles, settled } from "./peer.ts";

const requests: JoinRequest[] = [];

function accept(request: JoinRequest): JoinStep {
  return {
    next: "accept",
    principal: { authid: request.authid!.toLowerCase(), authrole: "user", authprovider: "test" },
  };
}

/** Asks two questions and wants them answered. */
const riddle: Authenticator = {
  method: "riddle",
  begin: (request) => ({
    next: "challenge",
    extra: { question: 1 },
    answered: (first) => ({
      next: "challenge",
      extra: { after: first },
      answered: async (second, extra) => {
        await settled();
        return first === "one" && second === "two"
          ? {
            next: "accept",
            principal: {
              authid: "solver",
              authrole: "user",
              authprovider: "test",
              authextra: { ...extra, agent: request.agent },
            },
          }
          : { next: "deny", reason: "com.example.wrong", message: "Wrong" };
      },
    }),
  }),
};

const broken: Authenticator = {
  method: "broken",
  begin: () => {
    throw new Error("the database is away");
  },
};

let answered: unknown;
const odd: Authenticator = { method: "odd", begin: () => answered as JoinStep };
const oddly: Authenticator = { method: "oddly", begin: () => Promise.resolve(answered as JoinStep) };

/** Says what no serializer can. */
const wordless: Authenticator = {
  method: "wordless",
  begin: ({ authid }) => {
    const extra = { word: (() => {}) as never };
    const principal = { authid: "wordless", authrole: "user", authprovider: "test", authextra: extra };
    const step: JoinStep = authid === "challenge"
      ? { next: "challenge", extra, answered: () => ({ next: "deny", reason: "com.example.never", message: "" }) }
      : { next: "accept", principal };
    return authid === "later" ? Promise.resolve(step) : step;
  },
};

let answer: (step: JoinStep) => void = () => {};

const secured = {
  name: "secured",
  authenticators: [
    ticketAuthenticator((request, ticket) => {
      requests.push(request);
      if (ticket === "later") return new Promise((resolve) => answer = resolve);
      return ticket === "right"
        ? accept(request)
        : { next: "deny", reason: "com.example.denied", message: "Permission Denied" };
    }),
    anonymousAuthenticator({ authrole: "public" }),
    riddle,
    broken,
    odd,
    oddly,
    wordless,
  ],
};

let clock: FakeClock;

const on = harness(() => {
  clock = new FakeClock();
  requests.length = 0;
  return {
    realms: [openRealm("realm1"), secured, { ...secured, name: "strict", strict: true }],
    limits: { joinAttempts: 4 },
    clock,
    agent: "test-router",
  };
});

const hello = (realm: string, details = {}) => [M.HELLO, realm, { roles: plainRoles, ...details }];
const ticket = (realm: string, authid = "Alice") => hello(realm, { authmethods: ["ticket"], authid });

describe("WELCOME", () => {
  test("tells who the session is and exactly what the router can do", async () => {
    const peer = on.dial(json);
    const welcome = await peer.ask(hello("realm1"));
    expect(welcome).toEqual([M.WELCOME, expect.any(Number), {
      realm: "realm1",
      authid: expect.any(String),
      authrole: "anonymous",
      authmethod: "anonymous",
      authprovider: "static",
      agent: "test-router",
      roles: {
        broker: {
          features: {
            event_retention: true,
            payload_passthru_mode: true,
            pattern_based_subscription: true,
            publisher_exclusion: true,
            publisher_identification: true,
            session_meta_api: true,
            subscriber_blackwhite_listing: true,
            subscription_meta_api: true,
            subscription_revocation: true,
          },
        },
        dealer: {
          features: {
            call_canceling: true,
            call_reroute: true,
            call_timeout: true,
            caller_identification: true,
            payload_passthru_mode: true,
            pattern_based_registration: true,
            progressive_call_invocations: true,
            progressive_call_results: true,
            registration_revocation: true,
            registration_meta_api: true,
            session_meta_api: true,
            shared_registration: true,
            testament_meta_api: true,
          },
        },
      },
    }]);
  });

  test("comes again for AUTHENTICATE on a session, and not for HELLO, as Nexus has it", async () => {
    const peer = on.dial();
    const welcome = await peer.ask(hello("realm1"));
    expect(await peer.ask([M.AUTHENTICATE, "anything", {}])).toEqual(welcome);
    peer.send(hello("realm1"));
    expect(await peer.rest()).toEqual([]);
    await peer.subscribe("com.example.t");
  });

  test("is final in a strict realm: AUTHENTICATE and HELLO end the session", async () => {
    for (const message of [[M.AUTHENTICATE, "anything", {}], hello("strict")]) {
      const peer = await on.dial().join("strict");
      expect((await peer.ask(message))[2]).toBe("wamp.error.protocol_violation");
      expect((await peer.closed).code).toBe(1002);
    }
  });
});

describe("a ticket", () => {
  test("that is right opens a session", async () => {
    const peer = on.dial();
    expect(await peer.ask(ticket("secured"))).toEqual([M.CHALLENGE, "ticket", {}]);
    const welcome = await peer.ask([M.AUTHENTICATE, "right", {}]);
    expect(welcome[2]).toMatchObject({ authid: "alice", authrole: "user", authmethod: "ticket", authprovider: "test" });
    expect(requests).toEqual([{
      realm: "secured",
      session: welcome[1],
      authid: "Alice",
      authextra: {},
      roles: plainRoles,
      agent: undefined,
      peer: { transport: "memory", address: "memory" },
    }]);
  });

  test("that is wrong is refused, and HELLO may be said again on the same connection", async () => {
    const peer = on.dial();
    await peer.ask(ticket("secured"));
    expect(await peer.ask([M.AUTHENTICATE, "wrong", {}])).toEqual([
      M.ABORT,
      { message: "Permission Denied" },
      "com.example.denied",
    ]);
    expect(await peer.ask([M.AUTHENTICATE, "right", {}])).toEqual([
      M.ABORT,
      { message: "no pending authentication" },
      "wamp.error.not_authorized",
    ]);
    await peer.ask(ticket("secured"));
    expect((await peer.ask([M.AUTHENTICATE, "right", {}]))[0]).toBe(M.WELCOME);
  });

  test("may be guessed a few times only", async () => {
    const peer = on.dial();
    for (let attempt = 0; attempt < 4; attempt++) {
      await peer.ask(ticket("secured"));
      expect((await peer.ask([M.AUTHENTICATE, "wrong", {}]))[0]).toBe(M.ABORT);
    }
    expect((await peer.closed).code).toBe(1008);
  });

  test("of an earlier HELLO does not count once another is said", async () => {
    const peer = on.dial();
    await peer.ask(ticket("secured", "first"));
    peer.send([M.AUTHENTICATE, "later", {}]);
    await settled();
    peer.send(ticket("secured", "second"));
    expect(await peer.rest()).toEqual([]);
    answer({ next: "accept", principal: { authid: "first", authrole: "user", authprovider: "test" } });
    expect(await peer.next()).toEqual([M.CHALLENGE, "ticket", {}]);
    expect((await peer.ask([M.AUTHENTICATE, "right", {}]))[2]).toMatchObject({ authid: "second" });
  });

  test("is judged one at a time, however many a client sends", async () => {
    const peer = on.dial();
    for (let attempt = 0; attempt < 100; attempt++) {
      peer.send(ticket("secured"));
      peer.send([M.AUTHENTICATE, "later", {}]);
    }
    expect((await peer.closed).code).toBe(1008);
    expect(requests.length).toBe(1);
  });

  test("whose judgement never ends does not keep the connection", async () => {
    const peer = on.dial();
    await peer.ask(ticket("secured"));
    peer.send([M.AUTHENTICATE, "later", {}]);
    await settled();
    clock.advance(30_000);
    expect(await peer.next()).toEqual([
      M.ABORT,
      { message: "the authentication did not end within 30000 ms" },
      "wamp.error.timeout",
    ]);
    expect((await peer.closed).code).toBe(1008);
  });

  test("that is judged when the connection is gone opens nothing", async () => {
    const peer = on.dial();
    await peer.ask(ticket("secured"));
    peer.send([M.AUTHENTICATE, "later", {}]);
    await settled();
    peer.connection.terminate();
    await settled();
    answer({ next: "accept", principal: { authid: "late", authrole: "user", authprovider: "test" } });
    await settled();
    expect(on.router.statistics("secured")?.sessions).toBe(0);
  });
});

describe("a method", () => {
  test("may ask several times", async () => {
    const peer = on.dial();
    const say = hello("secured", { authmethods: ["riddle"], agent: "tester" });
    expect(await peer.ask(say)).toEqual([M.CHALLENGE, "riddle", { question: 1 }]);
    expect(await peer.ask([M.AUTHENTICATE, "one", {}])).toEqual([M.CHALLENGE, "riddle", { after: "one" }]);
    const welcome = await peer.ask([M.AUTHENTICATE, "two", { extra: 1 }]);
    expect(welcome[2]).toMatchObject({
      authid: "solver",
      authmethod: "riddle",
      authextra: { extra: 1, agent: "tester" },
    });
  });

  test("is the first of the client's that the realm has", async () => {
    const peer = await on.dial().join("secured", plainRoles, {
      authmethods: ["wampcra", "cryptosign", "scram", "anonymous", "ticket"],
    });
    expect(peer.id).toBeGreaterThan(0);
  });

  test("is anonymous where the client names none", async () => {
    await on.dial().join("secured", plainRoles, { authmethods: [] });
    await on.dial().join("secured", plainRoles);
  });

  test.each([
    [["wampcra"], "wamp.error.no_auth_method", "cannot authenticate using any of the offered authmethods ['wampcra']"],
    [["magic", "anonymous"], "wamp.error.not_authorized", 'invalid authmethod "magic"'],
  ])("%j is refused in Nexus's words", async (authmethods, reason, message) => {
    expect(await on.dial().ask(hello("secured", { authmethods }))).toEqual([M.ABORT, { message }, reason]);
  });

  test("that nobody knows is passed over in a strict realm", async () => {
    await on.dial().join("strict", plainRoles, { authmethods: ["magic", "anonymous"] });
    expect((await on.dial().ask(hello("strict", { authmethods: ["magic"] })))[2]).toBe(
      "wamp.error.no_matching_auth_method",
    );
  });

  test("whose words the client's serializer cannot represent fails, and opens nothing", async () => {
    for (const authid of ["challenge", "welcome", "later"]) {
      const abort = await on.dial(json).ask(hello("secured", { authmethods: ["wordless"], authid }));
      expect(abort[2]).toBe("wamp.error.authentication_failed");
    }
    expect(on.takeFailures().length).toBe(3);
    expect(on.router.statistics("secured")?.sessions).toBe(0);
  });

  test("that names somebody whom others' serializers cannot opens nothing", async () => {
    const peer = on.dial(msgpack, { authid: "\0evil", authrole: "user", authprovider: "test" });
    expect((await peer.ask(hello("secured")))[2]).toBe("wamp.error.authentication_failed");
    expect(on.takeFailures().length).toBe(1);
    expect(on.router.statistics("secured")?.sessions).toBe(0);
  });

  test("that names somebody by half a character opens nothing", async () => {
    for (const who of [{ authid: "\ud800", authrole: "user" }, { authid: "ann", authrole: "\udc00" }]) {
      const peer = on.dial(json, { ...who, authprovider: "test" });
      expect((await peer.ask(hello("secured")))[2]).toBe("wamp.error.authentication_failed");
    }
    expect(on.takeFailures()).toEqual(Array(2).fill(expect.objectContaining({ code: "unserializable" })));
    expect(on.router.statistics("secured")?.sessions).toBe(0);
  });

  test("that fails is reported to the router's owner, and to the client without the reason", async () => {
    const abort = await on.dial().ask(hello("secured", { authmethods: ["broken"] }));
    expect(abort[2]).toBe("wamp.error.authentication_failed");
    expect(JSON.stringify(abort)).not.toContain("database");
    const [failure] = on.takeFailures() as WampError[];
    expect(failure).toMatchObject({ code: "authentication_failed", cause: new Error("the database is away") });
    expect(failure!.message).toBe('Cannot let somebody join realm "secured" by "broken": the database is away');
  });

  test.each([undefined, null, true, {}, { next: "yes" }, { next: "accept" }, { next: "challenge", extra: {} }])(
    "that answers %j fails, at once and later, and its owner is told what it was",
    async (step) => {
      answered = step;
      for (const method of ["odd", "oddly"]) {
        const abort = await on.dial().ask(hello("secured", { authmethods: [method], authid: "ann" }));
        expect(abort[2]).toBe("wamp.error.authentication_failed");
        expect(on.takeFailures()).toEqual([
          expect.objectContaining({
            message: expect.stringMatching(
              /^Cannot let "ann" join realm "secured" by "odd(ly)?": the authenticator answered .*, expected \{ next: "acc/,
            ),
          }),
        ]);
      }
    },
  );

  test("may answer by any object with a then, and when that fails, the client may try again", async () => {
    const principal = { authid: "ann", authrole: "user", authprovider: "test" };
    const broken = new Error("the database is away");
    const say = hello("secured", { authmethods: ["odd"], authid: "ann" });
    const peer = on.dial();
    for (
      const then of [
        (_: unknown, reject: (error: Error) => void) => reject(broken),
        () => {
          throw broken;
        },
      ]
    ) {
      answered = { then };
      expect((await peer.ask(say))[2]).toBe("wamp.error.authentication_failed");
      expect(on.takeFailures()).toEqual([expect.objectContaining({ cause: broken })]);
    }
    answered = { then: (resolve: (step: JoinStep) => void) => resolve({ next: "accept", principal }) };
    expect((await peer.ask(say))[2]).toMatchObject({ authid: "ann", authmethod: "odd" });
  });
});

describe("HELLO", () => {
  test.each(["nosuch", ""])("for the unknown realm %j is refused, and may be said again", async (realm) => {
    const peer = on.dial();
    expect(await peer.ask(hello(realm))).toEqual([
      M.ABORT,
      { message: `no realm "${realm}" exists on this router` },
      "wamp.error.no_such_realm",
    ]);
    await peer.join("realm1");
  });

  test.each([{}, { roles: {} }, { roles: "caller" }, { roles: plainRoles, authmethods: "ticket" }, {
    roles: plainRoles,
    authmethods: [1],
  }])(
    "with %j is a violation",
    async (details) => {
      const peer = on.dial();
      const abort = await peer.ask([M.HELLO, "realm1", details]);
      expect([abort[0], abort[2]]).toEqual([M.ABORT, "wamp.error.protocol_violation"]);
      expect((await peer.closed).code).toBe(1002);
    },
  );

  test("that does not come ends the connection, and so does AUTHENTICATE", async () => {
    const [silent, slow, joined] = [on.dial(), on.dial(), await on.dial().join()];
    await slow.ask(ticket("secured"));
    clock.advance(30_000);
    expect((await silent.next())[2]).toBe("wamp.error.timeout");
    expect((await slow.next())[2]).toBe("wamp.error.timeout");
    expect([(await silent.closed).code, (await slow.closed).code]).toEqual([1008, 1008]);
    await joined.subscribe("com.example.still_here");
  });

  test("may be said a few times only, and does not put off the end", async () => {
    const peer = on.dial();
    for (let attempt = 0; attempt < 4; attempt++) {
      expect((await peer.ask(ticket("secured")))[0]).toBe(M.CHALLENGE);
      clock.advance(1_000);
      expect(clock.next).toBe(29_000 - attempt * 1_000);
    }
    expect((await peer.ask(ticket("secured")))[0]).toBe(M.ABORT);
    expect((await peer.closed).code).toBe(1008);
  });

  test("that does not come is missed in words that name what came instead", async () => {
    const peer = on.dial();
    peer.send([M.CALL, 1, {}, "com.example.p"]);
    await settled();
    clock.advance(30_000);
    const message = "no HELLO came, only CALL, which was ignored, within 30000 ms";
    expect(await peer.next()).toEqual([M.ABORT, { message }, "wamp.error.timeout"]);
  });

  test("and AUTHENTICATE have to be small", async () => {
    const large = "x".repeat(70_000);
    const [first, second] = [on.dial(json), on.dial(json)];
    expect((await first.ask(hello("secured", { authextra: { large } })))[2]).toBe("wamp.error.protocol_violation");
    await second.ask(ticket("secured"));
    expect((await second.ask([M.AUTHENTICATE, large, {}]))[2]).toBe("wamp.error.protocol_violation");
    expect([(await first.closed).code, (await second.closed).code]).toEqual([1002, 1002]);
    expect(requests).toEqual([]);
  });

  test("whose authextra not all can be told of is refused, and what can be is told to all", async () => {
    const watcher = on.dial(msgpack);
    await watcher.join("realm1");
    await watcher.ask([M.SUBSCRIBE, 1, {}, "wamp.session.on_join"]);
    const nested = (levels: number): WampValue => levels === 0 ? 1 : [nested(levels - 1)];
    for (
      const [serializer, details, why] of [
        [msgpack, { authextra: { x: NaN } }, "authextra.x as JSON: it is NaN"],
        [cbor, { authextra: { x: ["\0"] } }, "authextra.x[0] as JSON: it is a string that begins with NUL"],
        [json, { authextra: { x: nested(125) } }, "nested too deep"],
      ] as const
    ) {
      const peer = on.dial(serializer);
      const abort = await peer.ask(hello("realm1", details as Dict));
      expect(abort).toEqual([
        M.ABORT,
        { message: expect.stringContaining(why) },
        "wamp.error.protocol_violation",
      ]);
      expect((await peer.closed).code).toBe(1002);
    }
    const authextra = { x: nested(124), "ü": [1.5, null, 2 ** 40, true, { "☃": "\t" }] };
    await on.dial(json).join("realm1", plainRoles, { authextra });
    expect((await watcher.next()).at(-1)).toMatchObject([{ authextra }]);
  });

  test("that is accepted with an authextra that not all can be told of fails", async () => {
    const principal = { authid: "ann", authrole: "user", authprovider: "test", authextra: { since: NaN } };
    expect((await on.dial(msgpack, principal).ask(hello("realm1")))[2]).toBe("wamp.error.authentication_failed");
    expect(on.takeFailures()).toEqual([expect.objectContaining({ code: "unserializable" })]);
  });

  test.each<[what: string, many: number, few: number, make: (count: number) => WampValue]>([
    ["lists", 4_000, 1_000, (count) => Array.from({ length: count }, () => [])],
    ["numbers", 20_000, 5_000, (count) => Array.from({ length: count }, () => 0)],
    ["pairs", 2_500, 1_000, (count) => Object.fromEntries(Array.from({ length: count }, (_, key) => [key, 0]))],
    ["pieces of binary", 1_000, 400, (count) => Array.from({ length: count }, () => new Uint8Array(0))],
  ])("may hold few %s, which take more memory than room on the wire", async (_, many, few, make) => {
    const say = (count: number) => on.dial(msgpack).ask(hello("realm1", { authextra: { x: make(count) } }));
    expect((await say(few))[0]).toBe(M.WELCOME);
    expect((await say(many))[2]).toBe("wamp.error.protocol_violation");
    expect(on.router.reached()).toEqual({ joinSize: 1 });
  });

  test("of this process that contains itself is refused, as others could not be told of it", async () => {
    const authextra: { self?: unknown } = {};
    authextra.self = authextra;
    expect((await on.dial().ask(hello("realm1", { authextra })))[2]).toBe("wamp.error.authentication_failed");
    const [failure] = on.takeFailures() as WampError[];
    expect(failure?.message).toContain("it is a cycle");
  });

  test("may come behind messages that Nexus ignores", async () => {
    const peer = on.dial();
    peer.send([M.CALL, 1, {}, "com.example.p"]);
    peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
    peer.send([M.PUBLISH, 2, { acknowledge: true }, "com.example.t"]);
    expect(await peer.rest()).toEqual([]);
    await peer.join();
  });

  test("may be said again behind GOODBYE, for a new session that has nothing of the old one", async () => {
    const peer = await on.dial().join();
    const first = peer.id;
    await peer.subscribe("com.example.t");
    await peer.register("com.example.p");
    expect(await peer.ask([M.GOODBYE, {}, "com.example.done"])).toEqual([M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
    peer.send([M.CALL, 9, {}, "com.example.p"]);
    expect(await peer.rest()).toEqual([]);
    expect(on.router.statistics("realm1")).toMatchObject({ sessions: 0, registrations: 0, subscriptions: 0 });
    await peer.join("secured");
    expect(peer.id).not.toBe(first);
  });
});
