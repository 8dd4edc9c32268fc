import { describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { MessageType as M, systemClock, WampError } from "../../src/wire/mod.ts";
import { dial, Peer, plainRoles } from "./peer.ts";

const open = () => new Router({ realms: [openRealm("realm1")], limits: { goodbyeTimeout: 50 } });

describe("closing", () => {
  test("says GOODBYE to every session, turns away who is about to join, and ends when all are gone", async () => {
    const router = open();
    const [callee, caller, joining] = [await dial(router).join(), await dial(router, json).join(), dial(router)];
    await callee.register("com.example.p");
    caller.call("com.example.p");
    await callee.next();
    await router.close();
    for (const peer of [callee, caller]) {
      expect(await peer.rest()).toEqual([[M.GOODBYE, {}, "wamp.close.system_shutdown"]]);
      await peer.closed;
    }
    expect((await joining.rest())[0]![2]).toBe("wamp.close.system_shutdown");
    expect((await joining.closed).code).toBe(1001);
  });

  test("does not wait forever for a client that never answers GOODBYE", async () => {
    const router = open();
    const silent = await dial(router).join();
    silent.polite = false;
    await router.close();
    expect(await silent.rest()).toEqual([[M.GOODBYE, {}, "wamp.close.system_shutdown"]]);
    await silent.closed;
  });

  test("takes GOODBYE messages that cross for each other's answer", async () => {
    const router = open();
    const peer = await dial(router).join();
    const closing = router.close();
    peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
    await closing;
    expect(await peer.rest()).toEqual([[M.GOODBYE, {}, "wamp.close.system_shutdown"]]);
  });

  test("twice is closing once, and afterwards nobody comes in", async () => {
    const router = open();
    expect(router.close()).toBe(router.close());
    await router.close();
    const late = dial(router);
    expect((await late.next())[2]).toBe("wamp.close.system_shutdown");
    await late.closed;
    expect(router.handshake({ path: "/ws", headers: {}, protocols: ["wamp.2.json"] })).toMatchObject({ status: 503 });
  });
});

describe("a client in the same process", () => {
  const dialLocal = async (router: Router, principal?: Parameters<Router["local"]>[0]) => {
    const signal = new AbortController().signal;
    return new Peer(await router.local(principal).dial({ serializers: [json], signal, clock: systemClock }));
  };

  test("joins as who it is said to be, without being asked, as often as it likes", async () => {
    const router = new Router({ realms: [{ name: "closed", authenticators: [] }] });
    const peer = await dialLocal(router, { authid: "internal", authrole: "trusted", authprovider: "static" });
    for (let time = 0; time < 2; time++) {
      const welcome = await peer.ask([M.HELLO, "closed", {
        roles: plainRoles,
        authmethods: ["ticket"],
        authid: "somebody",
      }]);
      expect(welcome[2]).toMatchObject({ authid: "internal", authrole: "trusted", authmethod: "local" });
      await peer.ask([M.GOODBYE, {}, "wamp.close.normal"]);
    }
    await router.close();
  });

  test("joins as any stranger where nothing is said of it", async () => {
    const router = new Router({ realms: [openRealm("realm1"), { name: "closed", authenticators: [] }] });
    const peer = await dialLocal(router);
    expect((await peer.ask([M.HELLO, "closed", { roles: plainRoles }]))[2]).toBe("wamp.error.no_auth_method");
    await peer.join("realm1");
    await router.close();
  });

  test("is not opened for a dialer that has given up", async () => {
    const router = open();
    const signal = AbortSignal.abort(new Error("given up"));
    await expect(router.local().dial({ serializers: [], signal, clock: systemClock })).rejects.toThrow("given up");
    await router.close();
  });
});

describe("a handshake", () => {
  const ask = (...protocols: string[]) => open().handshake({ path: "/ws", headers: {}, protocols });

  test("takes the first subprotocol of the client's that is known", () => {
    expect(ask("wamp.1.json", "wamp.2.flatbuffers", "wamp.2.json", "wamp.2.json.batched")).toEqual({
      subprotocol: "wamp.2.json",
      serializer: json,
      batched: false,
      headers: {},
      cookies: {},
    });
    expect(ask("wamp.2.json.batched")).toMatchObject({ subprotocol: "wamp.2.json.batched", batched: true });
  });

  test.each([[[]], [["chat"]], [["wamp.2.flatbuffers"]]])(
    "that offers %j is refused with what could be offered",
    (protocols) => {
      const answer = ask(...protocols);
      expect(answer).toMatchObject({ status: 400 });
      expect("refused" in answer && answer.refused).toContain("wamp.2.json");
    },
  );
});

test("a listener for failures that fails itself takes no answer away", async () => {
  const no = () => {
    throw new Error("the rules are broken");
  };
  const router = new Router({
    realms: [
      {
        ...openRealm("realm1"),
        authorizer: { authorize: (_, action) => action === "call" ? no() : Promise.reject(new Error("away")) },
      },
      { name: "realm2", authenticators: [{ method: "anonymous", begin: () => Promise.reject(new Error("away")) }] },
    ],
    onError: no,
  });
  const peer = await dial(router).join();
  expect((await peer.ask([M.CALL, 1, {}, "com.example.p"]))[4]).toBe("wamp.error.authorization_failed");
  expect((await peer.ask([M.SUBSCRIBE, 2, {}, "com.example.t"]))[4]).toBe("wamp.error.authorization_failed");
  expect((await dial(router).ask([M.HELLO, "realm2", { roles: plainRoles }]))[2]).toBe(
    "wamp.error.authentication_failed",
  );
  await router.close();
});

test("where every realm is strict, what comes before HELLO is a violation", async () => {
  const strict = { ...openRealm("strict"), strict: true };
  const router = new Router({ realms: [strict] });
  const peer = dial(router);
  expect((await peer.ask([M.CALL, 1, {}, "com.example.p"]))[2]).toBe("wamp.error.protocol_violation");
  expect((await peer.closed).code).toBe(1002);
  await router.close();
});

test("realms need names of their own", () => {
  expect(() => new Router({ realms: [openRealm("a"), openRealm("a")] })).toThrow("name of its own");
});

test("a connection may be accepted with its owner known", async () => {
  const router = open();
  const [client, server] = memoryPair(json);
  router.accept(server, {
    principal: { authid: "known", authrole: "user", authprovider: "certificate", authmethod: "tls" },
  });
  const welcome = await new Peer(client).ask([M.HELLO, "realm1", { roles: plainRoles }]);
  expect(welcome[2]).toMatchObject({ authid: "known", authmethod: "tls" });
  await router.close();
});

test("a session is ended or reviewed only for what can be said of it", async () => {
  const router = open();
  const peer = await dial(router).join();
  const id = peer.id;
  const texts = ["not a uri !!", "com.\ud800", "\0com", 5].flatMap((reason) => [
    refusal(() => router.kill("realm1", id, reason as string, "Out.")),
    refusal(() => router.abort("realm1", id, reason as string, "Out.")),
  ]);
  expect(texts).toEqual(texts.map(() => expect.stringMatching(/^Cannot end a session: the option reason is .*URI/)));
  for (const message of [5, "\ud800"]) {
    expect(refusal(() => router.kill("realm1", id, "com.example.out", message as string))).toContain("message is");
  }
  expect(refusal(() => router.review("realm1", id, 5 as never))).toContain("(action, uri) => boolean");
  expect(router.statistics("realm1")!.sessions).toBe(1);
  expect(router.kill("realm1", id, "com.example.out", "Out.")).toBe(true);
  expect(await peer.rest()).toEqual([[M.GOODBYE, { message: "Out." }, "com.example.out"]]);
  await router.close();
});

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (WampError.is(error, "invalid_argument")) return error.message;
    throw error;
  }
  return "nothing was refused";
}
