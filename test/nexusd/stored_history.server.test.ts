import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { openSqliteStore } from "../../src/nexusd/sqlite_store.ts";
import { put } from "../../src/nexusd/store.ts";
import type { Store } from "../../src/nexusd/store.ts";
import { openStoredHistory } from "../../src/nexusd/stored_history.ts";
import type { HistoryEvent } from "../../src/router/event_history.ts";
import type { Dict, WampValue } from "../../src/wire/values.ts";
import { NexusHarness } from "./nexus_harness.ts";

const auth = { uri: "com.log.auth", match: "exact", limit: 3 } as const;
const all = { uri: "com.log", match: "prefix", limit: 100 } as const;

function event(n: number, more: Partial<HistoryEvent> = {}): HistoryEvent {
  const details = { publisher_authid: "ann" };
  return {
    publication: n,
    timestamp: n,
    topic: "com.log.auth",
    details,
    options: {},
    args: [n],
    kwargs: {},
    size: 10,
    ...more,
  };
}

async function numbers(client: Client, topic: string, match: string): Promise<WampValue[]> {
  const { id } = await client.subscribe(topic, () => {}, { match: match as "exact" });
  const { args } = await client.callResult("wamp.subscription.get_events", [id]);
  return args.map((item) => (item as { args: WampValue[] }).args[0]);
}

test("events outlive the router that took them, the latest of each topic", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-history-"));
  const start = () => NexusHarness.start({ store: openSqliteStore(join(folder, "nexus.db")), history: [auth, all] });
  try {
    const first = await start();
    const tom = await first.join("tom");
    for (let n = 1; n <= 5; n++) await tom.publish("com.log.auth", [n], {}, { acknowledge: true });
    await tom.publish("com.log.other", [6], {}, { acknowledge: true });
    await tom.publish("com.elsewhere", [7], {}, { acknowledge: true });
    await first[Symbol.asyncDispose]();
    await using second = await start();
    const ann = await second.join("ann");
    expect(await numbers(ann, "com.log.auth", "exact")).toEqual([3, 4, 5]);
    expect(await numbers(ann, "com.log", "prefix")).toEqual([1, 2, 3, 4, 5, 6]);
    await ann.publish("com.log.auth", [8], {}, { acknowledge: true });
    expect(await numbers(ann, "com.log.auth", "exact")).toEqual([4, 5, 8]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what is kept is bounded in bytes, too, and goes with its topic", async () => {
  const store = memoryStore();
  const history = await openStoredHistory(store, [all], { bytes: 100 });
  for (let n = 1; n <= 20; n++) history.append(all, event(n));
  history.append(all, event(21, { size: 85 }));
  expect([...await history.events(all)].map(({ publication }) => publication)).toEqual([20, 21]);
  await history[Symbol.asyncDispose]();
  const again = await openStoredHistory(store, [all], { bytes: 100 });
  again.append(all, event(22));
  expect([...await again.events(all)].map(({ publication }) => publication)).toEqual([21, 22]);
  await again[Symbol.asyncDispose]();
  const other = await openStoredHistory(store, [auth]);
  await other[Symbol.asyncDispose]();
  expect(await store.list("history")).toEqual([]);
});

test.each<[unknown[], string]>([
  [
    ["nexus.db", []],
    'Cannot open a stored history: the option store is "nexus.db", expected what openSqliteStore() or',
  ],
  [[memoryStore(), undefined], "the option topics is undefined, expected an array of { uri, match, limit }"],
  [[memoryStore(), all], "the option topics is an object, expected an array of { uri, match, limit }"],
  [
    [memoryStore(), ["com.log"]],
    'Cannot keep the history of a topic: options is "com.log", expected an object such as',
  ],
  [[memoryStore(), [all, all]], 'Cannot keep the history of "com.log" (prefix) twice: name it once'],
  [
    [memoryStore(), [all], { byte: 5 }],
    'Cannot open a stored history: there is no option "byte"; there are bytes, onE',
  ],
  [[memoryStore(), [all], { bytes: -1 }], "the option bytes is -1, expected a number above 0"],
  [[memoryStore(), [all], { onError: "log" }], 'the option onError is "log", expected (error) => void'],
])("a history is not opened with what is wrong: %#", async (given, why) => {
  const [store] = given;
  const kept = { ...event(1) } as unknown as Dict;
  if (typeof store === "object") await (store as Store).write([put("history", "exact com.old 0000000000000001", kept)]);
  await expect(openStoredHistory(...given as Parameters<typeof openStoredHistory>)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(why),
  });
  if (typeof store === "object") expect(await (store as Store).list("history")).toHaveLength(1);
});

test("an event that cannot be kept is told of, and the others are kept", async () => {
  const errors: unknown[] = [];
  const history = await openStoredHistory(memoryStore(), [all], { onError: (error) => void errors.push(error) });
  history.append(all, event(1));
  history.append(all, event(2, { args: ["\0 looks like binary"] }));
  history.append(all, event(3, { args: [new Uint8Array([1, 2])] }));
  const kept = [...await history.events(all)];
  expect(kept.map(({ publication }) => publication)).toEqual([1, 3]);
  expect([...kept[1]!.args[0] as Uint8Array]).toEqual([1, 2]);
  expect(kept[0]).toEqual(event(1));
  expect(errors).toMatchObject([{ code: "unserializable" }]);
});
