import { expect, test } from "vitest";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { UriRecords } from "../../src/nexusd/uri_records.ts";
import { systemClock } from "../../src/wire/clock.ts";
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
