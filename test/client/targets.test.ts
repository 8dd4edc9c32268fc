import { describe, expect, test } from "vitest";
import { anonymous, connect, createClient, WampError } from "@izaber/wamp";
import type { ClientOptions, ConnectError, Dialer, Target, Targets } from "@izaber/wamp";
import { makeClient } from "../../src/client/make_client.ts";
import { direct } from "../../src/codec/direct.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { ScriptedRouter, settle } from "../support/scripted_router.ts";
import { WatchedSignal } from "../support/watched_signal.ts";

test.each([[undefined, "undefined"], [null, "null"], [5, "5"], [{}, "an object"], [
  ["ws://127.0.0.1/ws", undefined],
  "undefined",
], [[], "an empty list"]])(
  "%j leads to no router, and that is said at once",
  async (target, found) => {
    const error = {
      code: "invalid_argument",
      message: `Cannot make a client: the target is ${found}, expected a URL such as "wss://nexus.example.com/ws"`,
    };
    expect(() => createClient(target as never, { realm: "realm1" })).toThrow(expect.objectContaining(error));
    await expect(connect(target as never, { realm: "realm1" })).rejects.toMatchObject(error);
  },
);

/** A client with a function as its target; what it tells of errors. */
function steered(target: () => unknown, options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock();
  const random = { bytes: (length: number) => new Uint8Array(length), number: () => 0 };
  const client = makeClient(target as Target, { realm: "realm1", clock, random, liveness: false, ...options }, {
    serializers: [direct],
    dialer: (url) => {
      if (!url.startsWith("ws:")) throw new WampError("invalid_argument", `${url} is no URL`);
      return { url, dial: (request) => routers[url]!.dial(request) };
    },
  });
  const routers: { readonly [url: string]: ScriptedRouter } = {
    "ws:one": new ScriptedRouter(),
    "ws:two": new ScriptedRouter(),
  };
  const reported: unknown[] = [];
  client.on("error", (error, { during, retried }) => reported.push([(error as ConnectError).code, during, retried]));
  return { client, clock, reported, one: routers["ws:one"]!, two: routers["ws:two"]! };
}

describe("a function as the target", () => {
  test("is asked before each round, and decides where that goes", async () => {
    const answers: Targets[] = [["ws:one"], ["ws:one", "ws:two"], "ws:two"];
    let asked = 0;
    const { client, clock, one, two } = steered(() => answers[asked++]);
    expect(asked).toBe(0);
    one.failures.push(new Error("down"), new Error("down"));
    two.failures.push(new Error("down"));
    const opened = client.open({ retry: true });
    for (const dialled of [[1, 0], [2, 1]]) {
      await settle();
      expect([one.dialled, two.dialled]).toEqual(dialled);
      clock.advance(30_000);
    }
    await two.join(7);
    await opened;
    expect([asked, one.dialled, two.dialled, clock.pending]).toEqual([3, 2, 2, 0]);
  });

  test("may answer later, and with dialers", async () => {
    const answer = Promise.withResolvers<ScriptedRouter>();
    const { client, clock } = steered(() => answer.promise);
    const opened = client.open();
    const router = new ScriptedRouter();
    await settle();
    answer.resolve(router);
    await router.join(7);
    await opened;
    expect([client.status, clock.pending]).toEqual(["ready", 0]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no directory");
      },
      "connection_failed",
      "Cannot connect: the function given as target failed: no directory",
    ],
    ["rejects", () => Promise.reject(new Error("no directory")), "connection_failed", /: no directory$/],
    [
      "gives a number",
      () => 5,
      "invalid_argument",
      /^Cannot connect: the function given as target gave 5, expected a URL/,
    ],
    ["gives nothing", () => {}, "invalid_argument", /gave undefined, expected a URL such as "wss:/],
    ["gives an empty list", () => [], "invalid_argument", /gave an empty list, expected a URL/],
    ["gives half a list", () => Promise.resolve(["ws:one", null]), "invalid_argument", /gave null, expected a URL/],
    ["gives what is no URL", () => "http:one", "invalid_argument", /^http:one is no URL$/],
  ])("that %s is a failed attempt, and asked again", async (_, wrong, code, message) => {
    const once = steered(wrong);
    await expect(once.client.open()).rejects.toMatchObject({
      code,
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
    expect([once.client.status, once.clock.pending]).toEqual(["closed", 0]);

    let asked = 0;
    const { client, clock, reported, one } = steered(() => asked++ === 0 ? wrong() : "ws:one");
    const opened = client.open({ retry: true });
    await settle();
    expect([client.status, reported, clock.pending, clock.next]).toEqual([
      "waiting",
      [[code, "connect", true]],
      1,
      250,
    ]);
    clock.advance(250);
    await one.join(7);
    await opened;
    expect(client.status).toBe("ready");
  });

  test("that never answers is given up after connectTimeout, and its late answer is for nobody", async () => {
    const late = Promise.withResolvers<Targets>();
    const answers = [late.promise, "ws:two"];
    const { client, clock, reported, one, two } = steered(() => answers.shift(), { connectTimeout: 2_000 });
    const opened = client.open({ retry: true });
    await settle();
    clock.advance(1_999);
    await settle();
    expect([client.status, reported]).toEqual(["connecting", []]);
    clock.advance(1);
    await settle();
    expect([client.status, reported]).toEqual(["waiting", [["connect_timeout", "connect", true]]]);
    late.resolve("ws:one");
    clock.advance(250);
    await two.join(7);
    await opened;
    expect([one.dialled, clock.pending]).toEqual([0, 0]);
  });

  test.each([
    [
      "never answers",
      () => new Promise<Targets>(() => {}),
      "connect_timeout",
      "The function given as target gave nothing within 2000 ms. Raise the option connectTimeout if it is slow",
    ],
    [
      "throws",
      () => {
        throw new Error("no directory");
      },
      "connection_failed",
      "Cannot connect: the function given as target failed: no directory",
    ],
  ])("that %s is what the error tells of, which has no URL", async (_, target, code, message) => {
    const { client, clock } = steered(target, {
      connectTimeout: 2_000,
      reconnect: { final: (_, failures) => failures === 2 },
    });
    const errors: unknown[] = [];
    client.on("error", (error) => errors.push(error));
    const opened = client.open({ retry: true }).catch((error) => error);
    for (const wait of [2_000, 250, 2_000]) {
      await settle();
      if (clock.next === wait) clock.advance(wait);
    }
    const last = { code, message: `${message}; given up after 2 attempts`, url: "", cause: { code, message, url: "" } };
    expect(await opened).toMatchObject(last);
    expect(errors).toMatchObject([{ code, message, url: "" }, last]);
  });

  test("that never answers holds up neither close() nor an aborted connect", async () => {
    const never = () => new Promise<Targets>(() => {});
    const { client, clock } = steered(never);
    const opened = client.open().catch((error) => error.code);
    await settle();
    await client.close();
    expect([await opened, client.status, clock.pending]).toEqual(["closed", "closed", 0]);

    const watched = new WatchedSignal();
    const connected = connect(never, { realm: "realm1", clock, signal: watched.signal }).catch((error) => error);
    await settle();
    watched.abort("left");
    expect([await connected, watched.listeners, clock.pending]).toEqual(["left", 0, 0]);
  });

  test("says anew where to begin: a router that loses sessions at once comes last as long as the list stays", async () => {
    let targets = ["ws:one", "ws:two"];
    const { client, clock, one, two } = steered(() => targets);
    const opened = client.open({ retry: true });
    const lose = async (router: ScriptedRouter, then = targets) => {
      const peer = await router.join(7);
      await opened;
      peer.connection.terminate();
      await settle();
      targets = then;
      clock.advance(30_000);
    };
    await lose(one);
    await lose(two);
    await lose(one, ["ws:one"]);
    await lose(one, ["ws:two", "ws:one"]);
    await lose(two);
    await one.join(8);
    expect([one.dialled, two.dialled]).toEqual([4, 2]);
  });

  test("leads to the connection that was kept, if it still gives its URL", async () => {
    let targets: Targets = ["ws:two", "ws:one"];
    const { client, one, two } = steered(() => targets);
    two.failures.push(new Error("down"));
    const opened = client.open();
    const peer = await one.join(7);
    await opened;
    for (const [given, dialled] of [[["ws:one", "ws:two"], [1, 1]], ["ws:two", [1, 2]]] as const) {
      const leaving = client.leave();
      await peer.goodbye();
      await leaving;
      targets = given;
      const joining = client.join();
      await (dialled[1] === 1 ? peer.welcome(8) : two.join(9));
      await joining;
      expect([one.dialled, two.dialled]).toEqual(dialled);
    }
  });

  test("leaves no connection open that was kept and to which it leads no longer", async () => {
    const router = new ScriptedRouter();
    const made: Dialer[] = [];
    const { client, clock } = steered(() => {
      const dialer: Dialer = { url: "ws:three", dial: (request) => router.dial(request) };
      made.push(dialer);
      return dialer;
    });
    const disconnected: string[] = [];
    client.on("disconnect", ({ url }) => disconnected.push(url));
    const opened = client.open();
    const peer = await router.join(7);
    await opened;
    const leaving = client.leave();
    await peer.goodbye();
    await leaving;
    expect(disconnected).toEqual([]);
    const joining = client.join();
    await router.join(8);
    await joining;
    await peer.closed;
    expect([made.length, router.dialled, disconnected, clock.pending]).toEqual([2, 2, ["ws:three"], 0]);
  });

  test("that fails leaves the connection that was kept, for when it gives its URL again", async () => {
    const answers: (() => Targets)[] = [
      () => "ws:one",
      () => {
        throw new Error("no directory");
      },
      () => "ws:one",
    ];
    const { client, one } = steered(() => answers.shift()!());
    const opened = client.open();
    const peer = await one.join(7);
    await opened;
    const leaving = client.leave();
    await peer.goodbye();
    await leaving;
    const joining = client.join();
    await settle();
    await expect(joining).rejects.toMatchObject({ code: "connection_failed", url: "" });
    const again = client.join();
    await peer.welcome(8);
    await again;
    expect(one.dialled).toBe(1);
  });

  test("is asked by a second connection and for another user, too", async () => {
    let asked = 0;
    const { client, one } = steered(() => (asked++, "ws:one"));
    const opened = client.open();
    const peer = await one.join(7);
    await opened;
    const spawning = client.spawnConnection();
    await one.join(8);
    const second = await spawning;
    const changing = client.changeUser(anonymous());
    await one.join(9);
    await peer.goodbye();
    await changing;
    expect([asked, second.status, client.session?.id]).toEqual([3, "ready", 9]);
  });
});
