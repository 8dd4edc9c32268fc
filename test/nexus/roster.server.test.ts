import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { createClient } from "../../src/client/connect.ts";
import { Nexus, nexus } from "../../src/nexus/mod.ts";
import type { Connection } from "../../src/transport/connection.ts";
import { RemoteError } from "../../src/wire/errors.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { RecordedNexus } from "./recorded_nexus.ts";

test("entries are made, changed, read and removed as recorded", async () => {
  await using router = await RecordedNexus.start("test-roster");
  const { roster } = nexus(await router.connect());
  expect(await roster.query("roster.one")).toEqual([]);
  expect(await roster.register("roster.one", { v: 1 })).toMatchObject({
    name: "roster.one",
    visibility: "*",
    data: { v: 1 },
  });
  expect(await roster.register("roster.two", "text", { visibility: ["frontend"] })).toMatchObject({
    visibility: ["frontend"],
  });
  expect(await roster.unregister("roster.one")).toBe(undefined);
  await expect(roster.register("", 1)).rejects.toMatchObject({ uri: "com.izaber.wamp.error.permissiondenied" });
});

test("an empty visibility is refused before it is sent: Nexus answers it with a riddle", async () => {
  await using router = await RecordedNexus.start();
  const { roster } = nexus(await router.connect());
  for (const visibility of ["", []]) {
    await expect(roster.register("r", 1, { visibility })).rejects.toMatchObject({ code: "invalid_argument" });
  }
  expect(router.calls).toEqual([]);
});

/** A Nexus with rosters as it keeps them, by session, and a client whose connection can be cut. */
class Rosters implements AsyncDisposable {
  readonly asked: unknown[] = [];
  readonly entries = new Map<string, unknown>();
  readonly wamp: Client;
  refuse: RemoteError | undefined;
  /** Whether the next registration cuts the connection instead of being answered. */
  cutAgain = false;
  readonly #router: RecordedNexus;
  #connection: Connection | undefined;

  constructor(router: RecordedNexus) {
    this.#router = router;
    const local = router.router.local();
    const dial: typeof local.dial = async (request) => this.#connection = await local.dial(request);
    this.wamp = createClient({ url: local.url, dial }, { realm: "izaber", reconnect: { initialDelay: 1 } });
  }

  static async start(): Promise<Rosters> {
    const rosters = new Rosters(await RecordedNexus.start());
    const server = await rosters.#router.connect("com.izaber.wamp.system.roster");
    await server.register("register", (args) => {
      rosters.asked.push(args);
      if (rosters.refuse !== undefined) throw rosters.refuse;
      if (rosters.cutAgain) {
        rosters.cutAgain = false;
        rosters.#connection?.terminate();
        return undefined;
      }
      rosters.entries.set(args[0] as string, args[1]);
      return { name: args[0], data: args[1] };
    });
    await server.register("unregister", ([name]) => {
      rosters.asked.push([name]);
      return rosters.entries.delete(name as string) || true;
    });
    await server.register("query", ([name]) => {
      rosters.asked.push("query");
      if (rosters.refuse !== undefined) throw rosters.refuse;
      return rosters.entries.has(name as string) ? [rosters.entries.get(name as string)] : [];
    });
    await rosters.wamp.open();
    return rosters;
  }

  /** Cuts the connection, on which Nexus drops the entries; resolves when the client is back. */
  async cut(): Promise<void> {
    this.entries.clear();
    this.asked.length = 0;
    const ready = Promise.withResolvers<unknown>();
    const stop = this.wamp.on("ready", ready.resolve);
    this.#connection?.terminate();
    await ready.promise;
    stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wamp.close();
    await this.#router[Symbol.asyncDispose]();
  }
}

test("entries come back with every session, before it is ready, until they are removed", async () => {
  await using rosters = await Rosters.start();
  const { roster } = nexus(rosters.wamp);
  await roster.register("printers", { host: "a" });
  await roster.register("printers", { host: "b" });
  await roster.register("scanners", 1, { visibility: ["frontend"] });
  for (let round = 0; round < 3; round++) {
    await rosters.cut();
    expect(rosters.asked).toEqual([["printers", { host: "b" }], ["scanners", 1, ["frontend"]]]);
  }
  await roster.unregister("printers");
  await rosters.cut();
  expect(rosters.asked).toEqual([["scanners", 1, ["frontend"]]]);
});

test("registering in a join hook makes one entry, however often it runs", async () => {
  await using rosters = await Rosters.start();
  let runs = 0;
  rosters.wamp.on("join", () => nexus(rosters.wamp).roster.register("printers", { run: ++runs }));
  for (let round = 1; round <= 3; round++) {
    await rosters.cut();
    expect(rosters.entries).toEqual(new Map([["printers", { run: round }]]));
    expect(rosters.asked.length).toBeLessThanOrEqual(2);
  }
});

test("another visibility removes the entry first, since Nexus would keep the old one", async () => {
  await using rosters = await Rosters.start();
  const { roster } = nexus(rosters.wamp);
  await roster.register("printers", 1);
  await roster.register("printers", 2, { visibility: "frontend" });
  expect(rosters.asked).toEqual([["printers", 1], ["printers"], ["printers", 2, "frontend"]]);
});

test("what was refused is not restored, and what it was to replace is", async () => {
  await using rosters = await Rosters.start();
  const { roster } = nexus(rosters.wamp);
  await roster.register("printers", 1);
  rosters.refuse = new RemoteError("com.izaber.wamp.error.permissiondenied");
  await expect(roster.register("printers", 2)).rejects.toMatchObject({ uri: rosters.refuse.uri });
  await expect(roster.register("scanners", 3)).rejects.toMatchObject({ uri: rosters.refuse.uri });
  rosters.refuse = undefined;
  await rosters.cut();
  expect(rosters.asked).toEqual([["printers", 1]]);
});

test("a session that is lost while entries are restored is no error: the next one restores them", async () => {
  await using rosters = await Rosters.start();
  const { roster } = nexus(rosters.wamp);
  await roster.register("printers", 1);
  const reported: unknown[] = [];
  rosters.wamp.on("error", (_, { during }) => during === "connect" || reported.push(during));
  rosters.cutAgain = true;
  await rosters.cut();
  expect(rosters.asked).toEqual([["printers", 1], ["printers", 1]]);
  expect([...rosters.entries]).toEqual([["printers", 1]]);
  expect(reported).toEqual([]);
});

test("an entry that cannot be restored is reported", async () => {
  await using rosters = await Rosters.start();
  const { roster } = nexus(rosters.wamp);
  await roster.register("printers", 1);
  const reported: unknown[] = [];
  rosters.wamp.on("error", (error) => reported.push(error));
  rosters.refuse = new RemoteError("com.izaber.wamp.error.permissiondenied");
  await rosters.cut();
  expect(reported).toMatchObject([{ uri: rosters.refuse.uri }]);
});

test("a roster is followed: at once, after changes, over a lost session, until the end", async () => {
  await using rosters = await Rosters.start();
  const clock = new FakeClock();
  const { roster } = new Nexus(rosters.wamp, clock);
  const end = new AbortController();
  const lists = roster.watch("printers", { interval: 1_000, signal: end.signal });
  expect((await lists.next()).value).toEqual([]);

  const next = lists.next();
  await expect.poll(() => clock.pending).toBe(1);
  rosters.asked.length = 0;
  clock.advance(1_000);
  await expect.poll(() => [rosters.asked, clock.pending]).toEqual([["query"], 1]);
  await rosters.cut();
  await roster.register("printers", "a");
  clock.advance(1_000);
  expect((await next).value).toEqual(["a"]);

  const last = lists.next();
  await expect.poll(() => clock.pending).toBe(1);
  end.abort();
  expect(await last).toEqual({ value: undefined, done: true });
  expect(clock.pending).toBe(0);
});

test("following ends with the error when the roster may not be read", async () => {
  await using rosters = await Rosters.start();
  rosters.refuse = new RemoteError("com.izaber.wamp.error.permissiondenied");
  await expect(nexus(rosters.wamp).roster.watch("printers").next()).rejects.toMatchObject({ uri: rosters.refuse.uri });
});
