import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { openSqliteStore } from "../../src/nexusd/sqlite_store.ts";
import { put, remove } from "../../src/nexusd/store.ts";
import type { Store } from "../../src/nexusd/store.ts";
import { WampError } from "../../src/wire/errors.ts";

let folder: string;
let file: string;
let stores: Store[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nexus-store-"));
  file = join(folder, "data", "nexus.db");
  stores = [];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function opened<S extends Store>(store: S): S {
  stores.push(store);
  return store;
}

function failure(action: () => unknown): WampError {
  try {
    action();
  } catch (error) {
    if (error instanceof WampError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe.each([
  ["the memory store", () => memoryStore()],
  ["the SQLite store", () => openSqliteStore(file)],
])("%s", (_name, open) => {
  let store: Store;
  beforeEach(() => {
    store = opened(open());
  });

  test("gives back what was written, and nothing else", async () => {
    await store.write([put("users", "ann", { login: "ann", age: 7, tags: ["a", null, true], more: { x: 1.5 } })]);
    expect(await store.get("users", "ann")).toEqual({
      login: "ann",
      age: 7,
      tags: ["a", null, true],
      more: { x: 1.5 },
    });
    expect(await store.get("users", "bob")).toBeUndefined();
    expect(await store.get("roles", "ann")).toBeUndefined();
  });

  test("keeps binary and integers beyond 2^53", async () => {
    await store.write([put("a", "k", { bytes: new Uint8Array([0, 255]), big: 2n ** 60n })]);
    const value = await store.get("a", "k");
    expect(new Uint8Array(value!["bytes"] as Uint8Array)).toEqual(new Uint8Array([0, 255]));
    expect(BigInt(value!["big"] as bigint)).toBe(2n ** 60n);
  });

  test("replaces and removes", async () => {
    await store.write([put("a", "k", { n: 1 })]);
    await store.write([put("a", "k", { n: 2 })]);
    expect(await store.get("a", "k")).toEqual({ n: 2 });
    await store.write([remove("a", "k"), remove("a", "never there")]);
    expect(await store.get("a", "k")).toBeUndefined();
    expect(await store.list("a")).toEqual([]);
  });

  test("counts a collection", async () => {
    await store.write([put("a", "k", { n: 1 }), put("a", "l", { n: 2 }), put("b", "k", { n: 3 })]);
    await store.write([put("a", "k", { n: 4 }), remove("b", "k")]);
    expect(await Promise.all(["a", "b", "c"].map((collection) => store.count?.(collection)))).toEqual([2, 0, 0]);
  });

  test("hands out copies", async () => {
    const value = { list: [1] };
    await store.write([put("a", "k", value)]);
    value.list.push(2);
    const first = await store.get("a", "k") as { list: number[] };
    first.list.push(3);
    expect(await store.get("a", "k")).toEqual({ list: [1] });
  });

  test("lists a collection by the bytes of its keys", async () => {
    const keys = ["b", "a", "a/2", "a/1", "\uffee", "\u{1f600}", "", "a\0b", "a\x01b", "B"];
    await store.write(keys.map((key) => put("a", key, { key })));
    await store.write([put("b", "other", {})]);
    const listed = await store.list("a");
    expect(listed.map(({ key }) => key)).toEqual([
      "",
      "B",
      "a",
      "a\0b",
      "a\x01b",
      "a/1",
      "a/2",
      "b",
      "\uffee",
      "\u{1f600}",
    ]);
    for (const { key, value } of listed) expect(value).toEqual({ key });
  });

  test("lists what begins with a prefix", async () => {
    const keys = ["a", "a/", "a/1", "a/\u{10ffff}", "a/\u{10ffff}x", "a0", "\ud7ff", "\ud7ffx", "\ue000"];
    await store.write(keys.map((key) => put("a", key, {})));
    const under = async (prefix: string) => (await store.list("a", prefix)).map(({ key }) => key);
    expect(await under("a/")).toEqual(["a/", "a/1", "a/\u{10ffff}", "a/\u{10ffff}x"]);
    expect(await under("a/\u{10ffff}")).toEqual(["a/\u{10ffff}", "a/\u{10ffff}x"]);
    expect(await under("\ud7ff")).toEqual(["\ud7ff", "\ud7ffx"]);
    expect(await under("nothing")).toEqual([]);
  });

  test("writes all of a batch or none of it, in order", async () => {
    await store.write([put("a", "1", { n: 1 }), put("a", "1", { n: 2 }), remove("a", "1"), put("a", "2", { n: 3 })]);
    expect(await store.list("a")).toEqual([{ key: "2", value: { n: 3 } }]);
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    await expect(store.write([put("a", "3", {}), remove("a", "2"), put("a", "4", circle as never)])).rejects
      .toMatchObject({ code: "unserializable" });
    await expect(store.write([put("a", "3", {}), put("a", "\ud800", {})])).rejects.toMatchObject({
      code: "invalid_argument",
    });
    expect(await store.list("a")).toEqual([{ key: "2", value: { n: 3 } }]);
  });
});

describe("the file of the SQLite store", () => {
  test("holds what was written after it is closed and opened again", async () => {
    const first = openSqliteStore(file);
    await first.write([put("a", "k", { n: 1 })]);
    await first.close();
    await first.close();
    expect(readdirSync(join(folder, "data"))).toEqual(expect.not.arrayContaining(["nexus.db-wal"]));
    expect(await opened(openSqliteStore(file)).get("a", "k")).toEqual({ n: 1 });
  });

  test("can be read by its owner alone, and so can all that is beside it", async () => {
    await opened(openSqliteStore(file)).write([put("a", "k", { n: 1 })]);
    const files = readdirSync(dirname(file));
    expect(files).toContain("nexus.db-wal");
    for (const name of ["", ...files]) {
      expect([name, statSync(join(dirname(file), name)).mode & 0o077]).toEqual([name, 0]);
    }
  });

  test.each([
    ["{", "it is not JSON"],
    ["[1]", "it is no JSON object"],
  ])("with a record of %j is refused by file, collection, key and problem when that is read", async (text, problem) => {
    const first = openSqliteStore(file);
    await first.write([put("roles", "public", {}), put("roles", "well", {})]);
    await first.close();
    const database = new DatabaseSync(file);
    database.prepare("UPDATE records SET value = ? WHERE key = 'public'").run(text);
    database.close();
    const store = opened(openSqliteStore(file));
    const expected = {
      code: "store_damaged",
      message: expect.stringContaining(
        `"public" in roles of the store ${file}: ${problem}`,
      ),
    };
    await expect(store.get("roles", "public")).rejects.toMatchObject(expected);
    await expect(store.list("roles")).rejects.toMatchObject(expected);
    expect(await store.get("roles", "well")).toEqual({});
  });

  test("is refused while another store has it open, and free afterwards", async () => {
    const first = openSqliteStore(file);
    const error = failure(() => openSqliteStore(file));
    expect(error.code).toBe("store_locked");
    expect(error.message).toContain(file);
    expect(error.message).toContain(`process ${process.pid} on ${hostname()}`);
    await first.write([put("a", "k", { n: 1 })]);
    await first.close();
    expect(await opened(openSqliteStore(file)).get("a", "k")).toEqual({ n: 1 });
  });

  test.each<[string, (content: Buffer) => Buffer | string]>([
    ["no database", () => "roles:\n  public:\n".repeat(99)],
    ["a few bytes", () => "x"],
    ["cut off", (content) => content.subarray(0, content.length - 4096)],
    ["overwritten in the middle", (content) => {
      content.fill(0x5a, 4096, 12288);
      return content;
    }],
  ])("is refused and left as it is when it is %s", async (_name, spoil) => {
    const store = openSqliteStore(file);
    for (let n = 0; n < 200; n++) await store.write([put("a", `k${n}`, { text: "x".repeat(200) })]);
    await store.close();
    const spoilt = Buffer.from(spoil(readFileSync(file)));
    writeFileSync(file, spoilt);
    const before = readdirSync(join(folder, "data"));
    const error = failure(() => openSqliteStore(file));
    expect(error.code).toBe("store_damaged");
    expect(error.message).toContain(file);
    expect(readFileSync(file).equals(spoilt)).toBe(true);
    expect(readdirSync(join(folder, "data"))).toEqual(before);
  });

  test.each([
    ["a later version wrote it", "PRAGMA user_version = 99"],
    ["another program", "PRAGMA application_id = 1"],
  ])("is refused and left as it is when it says: %s", async (text, statement) => {
    await openSqliteStore(file).close();
    const database = new DatabaseSync(file);
    database.exec(statement);
    database.close();
    const before = readFileSync(file);
    const error = failure(() => openSqliteStore(file));
    expect(error).toMatchObject({ code: "store_damaged", message: expect.stringContaining(text) });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  test("is copied while it is used, and the copy is a store that its owner alone can read", async () => {
    const store = opened(openSqliteStore(file));
    for (let n = 0; n < 200; n++) await store.write([put("a", `k${n}`, { n })]);
    const copy = join(folder, "backups", "it's a copy.db");
    await store.backup(copy);
    await store.write([put("a", "later", {})]);
    expect(statSync(copy).mode & 0o077).toBe(0);
    const listed = await opened(openSqliteStore(copy)).list("a");
    expect(listed).toHaveLength(200);
    expect(await store.list("a")).toHaveLength(201);
    expect(readdirSync(dirname(copy)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("is never copied over a file, nor half", async () => {
    const store = opened(openSqliteStore(file));
    const copy = join(folder, "copy.db");
    writeFileSync(copy, "precious");
    await expect(store.backup(copy)).rejects.toMatchObject({ code: "invalid_argument" });
    expect(readFileSync(copy, "utf8")).toBe("precious");
    await expect(store.backup(join(copy, "x"))).rejects.toMatchObject({ code: "store_damaged" });
    mkdirSync(join(folder, "other.db.part"));
    await expect(store.backup(join(folder, "other.db"))).rejects.toMatchObject({ code: "store_damaged" });
    expect(existsSync(join(folder, "other.db"))).toBe(false);
    expect(await store.list("a")).toEqual([]);
  });

  test("leaves nothing that says who has it once it is closed", async () => {
    await openSqliteStore(file).close();
    expect(readdirSync(dirname(file)).sort()).toEqual(["nexus.db", "nexus.db-lock"]);
  });

  test("refuses a folder, and leaves nothing beside it", () => {
    const taken = join(folder, "data");
    mkdirSync(taken);
    const error = failure(() => openSqliteStore(taken));
    expect(error.code).toBe("invalid_argument");
    expect(error.message).toBe(`Cannot open the store ${taken}: it is a folder; give the name of a file in it`);
    expect(readdirSync(folder)).toEqual(["data"]);
  });
});
