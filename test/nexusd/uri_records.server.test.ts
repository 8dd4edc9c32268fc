import { expect, test } from "vitest";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import type { Store } from "../../src/nexusd/store.ts";
import { UriRecords } from "../../src/nexusd/uri_records.ts";
import { systemClock } from "../../src/wire/clock.ts";
import { WampError } from "../../src/wire/errors.ts";
import { systemRandom } from "../../src/wire/random.ts";

test("where there is no room for another URI, those that are gone and of which nobody has said anything give way", async () => {
  const onError = (error: unknown) => {
    throw error;
  };
  const uris = await UriRecords.load(memoryStore(), { clock: systemClock, random: systemRandom, onError });
  for (let n = 0; n < 100_000; n++) {
    uris.set(`a.${n}`, "exact", "register", { active: n > 3, ...n === 0 && { contact: "ann" } });
  }
  uris.set("a.1", "exact", "register", { active: true });
  const [first] = uris.all();
  expect(uris.byId(first!.uuid)).toBe(first);
  const made = ["b", "c", "d"].map((uri) => uris.set(uri, "exact", "register", { active: true })?.uri);
  expect(made).toEqual(["b", "c", undefined]);
  const there = [0, 1, 2, 3, 4].map((n) => uris.get(`a.${n}_exact_register`) !== undefined);
  expect(there).toEqual([true, true, false, false, true]);
  uris.set("a.4", "exact", "register", { active: false });
  expect(uris.set("d", "exact", "register", { active: true })?.uri).toBe("d");
  await uris.flush();
});

test("one record that can never be kept does not keep the others from it", async () => {
  const store = memoryStore();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const uris = await UriRecords.load(store, { clock: systemClock, random: systemRandom, onError });
  expect(uris.set("\0x", "exact", "register", {})).toBeUndefined();
  expect(uris.set("a", "\0", "register", {})).toBeUndefined();
  for (let n = 0; n < 9; n++) uris.set(`a.${n}`, "exact", "register", { authid: n === 4 ? "\0" : "ann" });
  await uris.flush();
  const kept = (await store.list("uris")).map(({ value }) => value["uri"]);
  expect(kept).toEqual([0, 1, 2, 3, 5, 6, 7, 8].map((n) => `a.${n}`));
  expect(errors.map((error) => WampError.is(error, "unserializable"))).toEqual([true]);
  uris.set("a.4", "exact", "register", { authid: "ann" });
  await uris.flush();
  expect(await store.list("uris")).toHaveLength(9);
});

test("what the store has refused for a reason of its own is tried again, all of it", async () => {
  const inner = memoryStore();
  let isFull = true;
  const store: Store = {
    name: inner.name,
    get: (collection, key) => inner.get(collection, key),
    list: (collection, prefix) => inner.list(collection, prefix),
    write: (operations) => isFull ? Promise.reject(new Error("disk full")) : inner.write(operations),
    close: () => inner.close(),
  };
  const uris = await UriRecords.load(store, { clock: systemClock, random: systemRandom, onError: () => {} });
  for (let n = 0; n < 9; n++) uris.set(`a.${n}`, "exact", "register", { authid: n === 4 ? "\0" : "ann" });
  await expect(uris.flush()).rejects.toThrow("disk full");
  isFull = false;
  await uris.flush();
  expect(await inner.list("uris")).toHaveLength(8);
});
