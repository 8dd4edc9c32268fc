import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { json } from "../../src/codec/mod.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import type { NexusOptions } from "../../src/nexusd/nexus.ts";
import type { Dict } from "../../src/wire/values.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { dial } from "../router/peer.ts";
import { NexusHarness } from "./nexus_harness.ts";

const topic = "system.event.warning.registration";
const procedure = "com.example.watched";

type Warning = [type: string, number: number, record: Dict];

/** Somebody who is warned, and somebody whose procedure is watched. */
class Watch implements AsyncDisposable {
  readonly clock = new FakeClock();
  harness!: NexusHarness;
  tom!: Client;
  ann!: Client;
  readonly warnings: Warning[] = [];

  static async start(settings: Dict, options: Partial<NexusOptions> = {}): Promise<Watch> {
    const watch = new Watch();
    watch.harness = await NexusHarness.start({ clock: watch.clock, notificationGrace: 0, ...options });
    watch.tom = await watch.harness.join("tom");
    await watch.tom.subscribe(topic, (args) => void watch.warnings.push(args as unknown as Warning));
    await watch.come();
    const set = ["register", procedure, settings];
    expect(await watch.tom.call("com.izaber.wamp.system.document.set", set)).toBe(true);
    return watch;
  }

  async come(): Promise<void> {
    this.ann = await this.harness.join("ann");
    await this.ann.register(procedure, () => 1);
    await this.settled();
  }

  async go(): Promise<void> {
    await this.ann.close();
    await this.settled();
  }

  /** Lets seconds pass, one by one. */
  async pass(seconds: number): Promise<string[]> {
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(1000);
      await this.settled();
    }
    return this.warnings.splice(0).map(([type, number]) => `${type} ${number}`);
  }

  /** What was under way when this was called has come: what is published goes the same way as the answer. */
  async settled(): Promise<void> {
    await this.tom.call("com.izaber.wamp.system.state.registrations.list");
    await this.tom.call("com.izaber.wamp.auth.whoami");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
  }
}

test("there is a warning when a procedure is gone for long, a reminder, and a word when it is back", async () => {
  await using watch = await Watch.start({ disconnect_warn_after: 5, disconnect_warn_reminder_after: 10 });
  expect(await watch.pass(20)).toEqual([]);
  await watch.go();
  expect(await watch.pass(5)).toEqual([]);
  expect(await watch.pass(1)).toEqual(["disconnect 1"]);
  expect(await watch.pass(10)).toEqual([]);
  expect(await watch.pass(1)).toEqual(["disconnect_reminder 1"]);
  await watch.come();
  const now = watch.clock.now() / 1000 + 1;
  expect(await watch.pass(1)).toEqual([`disconnect_recovery ${now}`]);
  expect(await watch.pass(30)).toEqual([]);
});

test("there is a warning when a procedure goes too often, and a word when it does no more", async () => {
  await using watch = await Watch.start({ disconnect_count_warn_after: 2, disconnect_count_warn_reminder_after: 300 });
  await watch.go();
  expect(await watch.pass(3)).toEqual([]);
  await watch.come();
  await watch.go();
  expect(await watch.pass(2)).toEqual(["disconnect_count 2"]);
  await watch.come();
  expect(await watch.pass(300)).toEqual(["disconnect_count_reminder 2"]);
  expect(await watch.pass(300)).toEqual(["disconnect_count_recovery 1"]);
});

test("a schedule says otherwise at its times", async () => {
  // 2023-11-14 22:13:20 UTC is a Tuesday.
  const schedule = "* * * * * disconnect_warn_after:1000\n* 22 * * 2 disconnect_warn_after:3 # at night";
  await using watch = await Watch.start({ disconnect_warn_after: 1, schedule }, { timeZone: "UTC" });
  await watch.go();
  expect(await watch.pass(3)).toEqual([]);
  expect(await watch.pass(2)).toEqual(["disconnect 1"]);
});

test.each([
  ["a line that is none", "whenever"],
  ["an unknown field", "* * * * * zombie_lifespan:1"],
  ["an hour that there is not", "0 25 * * * disconnect_warn_after:1"],
  ["a range from behind", "30-10 * * * * disconnect_warn_after:1"],
])("a schedule with %s is not taken", async (_name, schedule) => {
  await using harness = await NexusHarness.start();
  const tom = await harness.join("tom");
  const set = ["register", procedure, { schedule }];
  expect(await tom.call("com.izaber.wamp.system.document.set", set)).toBe(false);
});

test("nothing is warned of while services come back after the start", async () => {
  await using watch = await Watch.start({ disconnect_warn_after: 1 }, { notificationGrace: 60_000 });
  await watch.go();
  expect(await watch.pass(59)).toEqual([]);
  expect(await watch.pass(1)).toEqual(["disconnect 59"]);
});

test("the record of a procedure that stays away is removed after its lifespan", async () => {
  await using watch = await Watch.start({ description: "d" }, { zombieLifespan: 200 });
  await watch.tom.call("com.izaber.wamp.system.document.set", ["register", "com.example.never", { description: "x" }]);
  await watch.go();
  expect(await watch.pass(120)).toEqual([]);
  expect(await watch.pass(120)).toEqual(["zombie_reap 240"]);
  const get = "com.izaber.wamp.system.document.get";
  expect(await watch.tom.call(get, ["exact", procedure])).toBeNull();
  expect(await watch.tom.call(get, ["exact", "com.example.never"])).toMatchObject({ description: "x" });
});

test.each([[true, []], [false, ["zombie_reap 120"]], [10, ["zombie_reap 120"]]])(
  "a record whose lifespan is %j goes its own way",
  async (zombie_lifespan, expected) => {
    await using watch = await Watch.start({ zombie_lifespan }, { zombieLifespan: 1_000_000 });
    await watch.go();
    expect(await watch.pass(120)).toEqual(expected);
  },
);

test("who registers and leaves at once is written down all the same", async () => {
  const store = memoryStore();
  await using harness = await NexusHarness.start({ store });
  const { router, realm } = harness.nexus;
  const tom = await harness.join("tom");
  const left = Promise.withResolvers<void>();
  await tom.subscribe("wamp.session.on_leave", () => left.resolve());
  const eve = dial(router, json, { authid: "eve", authrole: "backend", authprovider: "test" });
  await eve.join(realm);
  eve.send([64, 1, {}, procedure]);
  eve.send([6, {}, "wamp.close.normal"]);
  await left.promise;
  await harness.nexus.close();
  expect(await store.get("uris", `${procedure}_exact_register`)).toMatchObject({
    active: false,
    authid: "eve",
    history: [[expect.any(Number), expect.any(Number), "eve", expect.any(String), eve.id]],
  });
});

test("what a server knew of registrations outlives it, and none of them counts as there", async () => {
  const store = memoryStore();
  const first = await Watch.start({ disconnect_warn_after: 5 }, { store });
  await first[Symbol.asyncDispose]();
  const key = `${procedure}_exact_register`;
  expect(await store.get("uris", key)).toMatchObject({ authid: "ann", disconnect_warn_after: 5 });
  await using harness = await NexusHarness.start({ store });
  const tom = await harness.join("tom");
  expect(await tom.call("com.izaber.wamp.system.state.registrations.list")).toEqual([]);
  await harness[Symbol.asyncDispose]();
  expect(await store.get("uris", key)).toMatchObject({ active: false, disconnect: expect.any(Number) });
});

test("thousands of registrations at once are all written down", async () => {
  const store = memoryStore();
  const clock = new FakeClock();
  await using harness = await NexusHarness.start({ store, clock });
  const ann = await harness.join("ann");
  await Promise.all(Array.from({ length: 5000 }, (_, n) => ann.register(`com.example.p${n}`, () => n)));
  await ann.call("com.izaber.wamp.auth.whoami");
  for (const kept of [2000, 4000, 5000]) {
    clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve));
    expect(await store.list("uris")).toHaveLength(kept);
  }
});

test("a record that is not what it has to be ends nothing: what is wrong in it is left out", async () => {
  const store = memoryStore();
  const clock = new FakeClock();
  const sound = [clock.now() / 1000 - 60, null, "ann", "127.0.0.1", 5];
  const about = { uuid: "u", uri: procedure, match: "exact", action: "register", active: true };
  const value = {
    ...about,
    disconnect_warn_after: 30,
    disconnect_count_warn_after: 1,
    disconnect_warn_reminder_after: "x",
    schedule: 5,
    contact: ["ann"],
    disconnect_warn_last: "x",
    history: [null, 7, [], [{}, 1, 2], sound],
  };
  await store.write([{ collection: "uris", put: { key: `${procedure}_exact_register`, value } }]);
  await using harness = await NexusHarness.start({ store, clock, notificationGrace: 0 });
  const tom = await harness.join("tom");
  const warnings: unknown[] = [];
  await tom.subscribe(topic, ([type]) => void warnings.push(type));
  clock.advance(31_000);
  await tom.call("com.izaber.wamp.systems.handle.alerts");
  const [record] = await tom.call("com.izaber.wamp.system.uris.list", [procedure]) as Dict[];
  const [, , ...who] = sound;
  expect(record).toMatchObject({ schedule: null, contact: null, disconnect_warn_reminder_after: null });
  expect((record!["history"] as unknown[][]).map(([, , ...rest]) => rest)).toEqual([who]);
  expect(warnings).toContain("disconnect");
});
