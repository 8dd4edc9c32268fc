import { expect, test } from "vitest";
import { LateWrites } from "../../src/nexusd/late_writes.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { put, remove } from "../../src/nexusd/store.ts";
import type { Store } from "../../src/nexusd/store.ts";
import { WampError } from "../../src/wire/mod.ts";

/** A store that fails when it is told to. */
interface Failing {
  readonly store: Store;
  readonly told: unknown[];
  readonly keys: () => Promise<string[]>;
  isFull: boolean;
  /** What the next write waits for once it has begun, and tells. */
  held: { readonly begun: () => void; readonly until: Promise<void> } | undefined;
}

function failing(): Failing {
  const store = memoryStore();
  const on: Failing = {
    isFull: false,
    held: undefined,
    told: [],
    keys: async () => (await store.list("a")).map(({ key, value }) => `${key}${String(value["n"])}`),
    store: {
      name: store.name,
      get: (collection, key) => store.get(collection, key),
      close: () => store.close(),
      list: (collection, prefix) => store.list(collection, prefix),
      write: async (operations) => {
        const { held } = on;
        on.held = undefined;
        held?.begun();
        await held?.until;
        if (on.isFull) throw new Error("disk full");
        await store.write(operations);
      },
    },
  };
  return on;
}

test("what could not be written is written with the next, and of a record what was said last", async () => {
  const on = failing();
  const writes = new LateWrites(on.store, (error) => on.told.push(error), 100);
  writes.add([put("a", "x", { n: 1 }), put("a", "y", { n: 1 })]);
  await writes.write();
  on.isFull = true;
  writes.add([put("a", "x", { n: 2 }), remove("a", "y")]);
  const failed = writes.write();
  writes.add([put("a", "x", { n: 3 }), put("a", "z", { n: 3 })]);
  await expect(failed).rejects.toThrow("disk full");
  await expect(writes.write()).rejects.toThrow("disk full");
  expect(on.told).toHaveLength(2);
  on.isFull = false;
  writes.add([put("a", "w", { n: 4 })]);
  await writes.write();
  expect(await on.keys()).toEqual(["w4", "x3", "z3"]);
});

test("what is said of a record while what was said of it before is being written counts, and counts as new", async () => {
  const on = failing();
  const writes = new LateWrites(on.store, (error) => on.told.push(error), 3);
  const [begun, until] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  on.held = { begun: begun.resolve, until: until.promise };
  on.isFull = true;
  writes.add([put("a", "x", { n: 1 }), put("a", "y", { n: 1 }), put("a", "z", { n: 1 })]);
  const failed = writes.write();
  await begun.promise;
  writes.add([put("a", "x", { n: 2 }), put("a", "w", { n: 2 })]);
  until.resolve();
  await expect(failed).rejects.toThrow("disk full");
  on.isFull = false;
  await writes.write();
  expect(await on.keys()).toEqual(["w2", "x2", "z1"]);
});

test("one that can never be written keeps back no other", async () => {
  const on = failing();
  const writes = new LateWrites(on.store, (error) => on.told.push(error), 100);
  writes.add([put("a", "x", { n: 1 }), put("a", "bad", { n: "\0" }), put("a", "y", { n: 1 })]);
  await writes.write();
  expect(await on.keys()).toEqual(["x1", "y1"]);
  expect(on.told).toMatchObject([{ code: "unserializable" }]);
  await writes.write();
  expect(on.told).toHaveLength(1);
});

test("no more than the most wait, the newest", async () => {
  const on = failing();
  const writes = new LateWrites(on.store, (error) => on.told.push(error), 3);
  on.isFull = true;
  for (let n = 0; n < 10; n++) {
    writes.add([put("a", String(n), { n })]);
    await writes.write().catch(() => {});
  }
  on.isFull = false;
  await writes.write();
  expect(await on.keys()).toEqual(["77", "88", "99"]);
  const givenUp = on.told.filter((error) => WampError.is(error, "overflow"));
  expect(givenUp.map(({ message }) => message)).toEqual(
    Array(7).fill(expect.stringMatching(/^Gave up 1 changes of the store in memory, the oldest: more than 3 wait/)),
  );
});
