import { expect, test } from "vitest";
import { ProcedureRoutes, RemoteError, TopicRoutes } from "../../src/app/mod.ts";
import type { AppSubscription } from "../../src/app/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { served } from "./served.ts";

test("what a generator yields comes as events to that subscriber alone, in order and by their kind", async () => {
  const topics = new TopicRoutes().route("com.example.mine", async function* ({ session }) {
    yield session.id;
    yield [1, 2];
    yield { a: 1 };
  });
  await using app = await served({}, topics);
  const other = await app.connect();
  const heard = async (client: typeof other) => {
    const events: unknown[] = [];
    for await (const { args, kwargs } of client.events("com.example.mine")) {
      if (events.push([args, kwargs]) === 3) return events;
    }
    return events;
  };
  const [mine, theirs] = await Promise.all([heard(app.client), heard(other)]);
  expect(mine).toEqual([[[app.client.session!.id], {}], [[1, 2], {}], [[], { a: 1 }]]);
  expect(theirs).toEqual([[[other.session!.id], {}], [[1, 2], {}], [[], { a: 1 }]]);
});

test.each(["unsubscribe", "the end of the session"])(
  "what stands before a bare yield is the subscription, and behind it the unsubscription: %s",
  async (how) => {
    const steps: string[] = [];
    const over = Promise.withResolvers<void>();
    const topics = new TopicRoutes().route("com.example.room", async function* ({ topic }) {
      steps.push(`in ${topic}`);
      yield;
      steps.push("out");
      over.resolve();
    });
    await using app = await served({}, topics);
    const guest = await app.connect();
    const subscription = await guest.subscribe("com.example.room", () => {});
    expect(steps).toEqual(["in com.example.room"]);
    if (how === "unsubscribe") await subscription.unsubscribe();
    else await guest.close();
    await over.promise;
    expect(steps).toEqual(["in com.example.room", "out"]);
  },
);

test("a generator in the middle of its values is ended with the subscription, and its finally runs", async () => {
  const over = Promise.withResolvers<boolean>();
  const topics = new TopicRoutes().route("com.example.ticks", async function* ({ signal }) {
    try {
      for (let tick = 0;; tick++) {
        yield tick;
        await new Promise<void>((resolve) => setTimeout(resolve));
      }
    } finally {
      over.resolve(signal.aborted);
    }
  });
  await using app = await served({}, topics);
  for await (const { args } of app.client.events("com.example.ticks")) if (args[0] === 2) break;
  expect(await over.promise).toBe(true);
});

test("a topic may refuse who subscribes, with the error that it throws, and may be asked again", async () => {
  let asked = 0;
  const topics = new TopicRoutes()
    .route("com.example.club", async function* () {
      if (++asked === 1) throw new RemoteError("com.example.members_only", ["not tonight"]);
      yield "welcome";
    })
    .route("com.example.plain", () => {
      throw new RemoteError("com.example.no");
    })
    .route("com.example.broken", () => {
      throw new TypeError("a bug");
    });
  await using app = await served({}, topics);
  await expect(app.client.subscribe("com.example.club", () => {})).rejects.toMatchObject({
    uri: "com.example.members_only",
    args: ["not tonight"],
  });
  const welcomed = Promise.withResolvers<unknown>();
  await app.client.subscribe("com.example.club", ([text]) => welcomed.resolve(text));
  expect(await welcomed.promise).toBe("welcome");
  await expect(app.client.subscribe("com.example.plain", () => {})).rejects.toMatchObject({ uri: "com.example.no" });
  await expect(app.client.subscribe("com.example.broken", () => {})).rejects.toMatchObject({
    uri: "wamp.error.runtime_error",
  });
  expect(app.takeErrors()).toEqual([expect.objectContaining({ message: "a bug" })]);
});

test("a generator that has nothing to say yet accepts by itself", async () => {
  const news = Promise.withResolvers<string>();
  const topics = new TopicRoutes().route("com.example.news", async function* (subscription) {
    subscription.accept();
    yield await news.promise;
  });
  await using app = await served({}, topics);
  const heard = Promise.withResolvers<unknown>();
  await app.client.subscribe("com.example.news", ([text]) => heard.resolve(text));
  news.resolve("at last");
  expect(await heard.promise).toBe("at last");
});

test("a generator that fails after it was accepted is reported, and the session lives on", async () => {
  const topics = new TopicRoutes().route("com.example.frail", async function* () {
    yield 1;
    throw new TypeError("too much");
  });
  const reported = Promise.withResolvers<unknown>();
  await using app = await served({ onError: reported.resolve }, topics);
  await app.client.subscribe("com.example.frail", () => {});
  expect(await reported.promise).toMatchObject({ message: "too much" });
  expect(app.client.status).toBe("ready");
});

test("groups of an expression are told; two subscriptions of a session to a topic are one", async () => {
  const seen: Pick<AppSubscription, "groups" | "named">[] = [];
  const topics = new TopicRoutes()
    .route(/prices\.(\w+)/, ({ groups, named }) => void seen.push({ groups, named }))
    .route(/rooms\.(?<room>\w+)/, ({ groups, named }) => void seen.push({ groups, named }));
  await using app = await served({}, topics);
  await app.client.subscribe("prices.tea", () => {});
  await app.client.session!.subscribe("prices.tea", () => {});
  await app.client.subscribe("rooms.red", () => {});
  expect(seen).toEqual([{ groups: ["tea"], named: {} }, { groups: [], named: { room: "red" } }]);
});

test("subscribing again after unsubscribing runs the route again, also without waiting in between", async () => {
  const steps: string[] = [];
  const topics = new TopicRoutes().route("com.example.door", async function* () {
    steps.push("in");
    yield;
    steps.push("out");
  });
  await using app = await served({}, topics);
  for (let time = 0; time < 3; time++) {
    const subscription = await app.client.subscribe("com.example.door", () => {});
    void subscription.unsubscribe();
  }
  await app.client.call("com.example.nothing").catch(() => {});
  expect(steps).toEqual(["in", "out", "in", "out", "in", "out"]);
});

test("a topic without a route is refused, until somebody listens to subscriptions of any topic", async () => {
  await using app = await served({});
  await expect(app.client.subscribe("com.example.any", () => {})).rejects.toMatchObject({
    uri: "wamp.error.not_authorized",
    message: expect.stringContaining('there is no topic "com.example.any"'),
  });
  const told: unknown[][] = [];
  const done = Promise.withResolvers<void>();
  app.app.onSubscribe((topic, session, match) => void told.push(["in", topic, session.id, match]));
  app.app.onUnsubscribe((topic, session, match) => {
    if (told.push(["out", topic, session.id, match]) === 4) done.resolve();
  });
  const guest = await app.connect();
  const { id } = guest.session!;
  await guest.subscribe("com.example.any", () => {});
  await guest.subscribe("com.example", () => {}, { match: "prefix" });
  await guest.close();
  await done.promise;
  expect(told).toEqual([
    ["in", "com.example.any", id, "exact"],
    ["in", "com.example", id, "prefix"],
    ["out", "com.example.any", id, "exact"],
    ["out", "com.example", id, "prefix"],
  ]);
});

test("an event can go to one session, or to all that subscribe", async () => {
  const topics = new TopicRoutes().route("com.example.chat", () => {});
  const rpc = new ProcedureRoutes().route("com.example.whisper", async (_args, _kwargs, { session }) => {
    await session.send("com.example.chat", ["to you"], { quietly: true });
  });
  await using app = await served({}, topics, rpc);
  const other = await app.connect();
  const heard: unknown[] = [];
  const all = Promise.withResolvers<void>();
  for (const [name, client] of [["one", app.client], ["other", other]] as const) {
    await client.subscribe("com.example.chat", (args, kwargs) => {
      heard.push([name, args[0], kwargs]);
      if (heard.length === 3) all.resolve();
    });
  }
  await app.client.call("com.example.whisper");
  await app.app.publish("com.example.chat", ["to all"]);
  await all.promise;
  expect(heard).toHaveLength(3);
  expect(heard[0]).toEqual(["one", "to you", { quietly: true }]);
  expect(heard.slice(1)).toEqual(expect.arrayContaining([["one", "to all", {}], ["other", "to all", {}]]));
});

test("what the router tells of others is for no client, whatever is listened to and routed", async () => {
  const topics = new TopicRoutes().route(/.*/, () => {});
  await using app = await served({}, topics);
  app.app.onSubscribe(() => {});
  for (const [topic, match] of [["wamp.session.on_join", "exact"], ["wamp", "prefix"], ["wamp..on_join", "wildcard"]]) {
    await expect(app.client.subscribe(topic!, () => {}, { match: match as "exact" })).rejects.toMatchObject({
      uri: "wamp.error.not_authorized",
    });
  }
});

test("no pattern goes around a route that refuses, though topics without a route can be subscribed to", async () => {
  const topics = new TopicRoutes().route("com.example.club", () => {
    throw new RemoteError("com.example.members_only");
  });
  await using app = await served({}, topics);
  app.app.onSubscribe(() => {});
  await app.client.subscribe("com.example.any", () => {});
  for (const [topic, match] of [["com.example", "prefix"], ["..", "wildcard"]]) {
    await expect(app.client.subscribe(topic!, () => {}, { match: match as "prefix" })).rejects.toMatchObject({
      uri: "wamp.error.not_authorized",
    });
  }
});

test("a client that goes on past its limit leaves no generators running", async () => {
  let [running, ended] = [0, 0];
  const done = Promise.withResolvers<void>();
  const topics = new TopicRoutes().route("com.example.t", async function* () {
    running++;
    try {
      yield;
    } finally {
      running--;
      if (++ended === 18) done.resolve();
    }
  }, { match: "prefix" });
  await using app = await served({ limits: { subscriptions: 2 } }, topics);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => app.client.subscribe(`com.example.t${index}`, () => {})),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  await expect(app.client.subscribe("com.example.nowhere", () => {})).rejects.toThrow("there is no topic");
  await done.promise;
  expect(running).toBe(2);
});

test("a route that takes too long refuses, is ended, and is asked anew", async () => {
  const clock = new FakeClock();
  const signals: AbortSignal[] = [];
  const asked = Promise.withResolvers<void>();
  const topics = new TopicRoutes().route("com.example.slow", async ({ signal }) => {
    if (signals.push(signal) === 1) {
      asked.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }
    throw new RemoteError("com.example.no");
  });
  await using app = await served({ clock }, topics);
  const refused = app.client.subscribe("com.example.slow", () => {}).catch((error) => error.uri);
  await asked.promise;
  clock.advance(30_000);
  expect(await refused).toBe("wamp.error.authorization_failed");
  expect(app.takeErrors()).toHaveLength(1);
  await expect(app.client.subscribe("com.example.slow", () => {})).rejects.toMatchObject({ uri: "com.example.no" });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});
