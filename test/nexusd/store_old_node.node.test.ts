import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { openSqliteStore } from "../../src/nexusd/sqlite_store.ts";
import { put } from "../../src/nexusd/store.ts";

// What Node 22.13, the oldest that is supported, lacks.
vi.mock("node:sqlite", async (original) => {
  const sqlite = await original<typeof import("node:sqlite")>();
  const later: readonly PropertyKey[] = ["isOpen", "isTransaction"];
  const withoutLater: ProxyHandler<DatabaseSync> = {
    get: (database, name) => {
      const value: unknown = later.includes(name) ? undefined : Reflect.get(database, name);
      return typeof value === "function" ? value.bind(database) : value;
    },
  };
  class OldDatabaseSync {
    constructor(...args: ConstructorParameters<typeof DatabaseSync>) {
      return new Proxy(new sqlite.DatabaseSync(...args), withoutLater);
    }
  }
  return { ...sqlite, DatabaseSync: OldDatabaseSync };
});

test("on Node 22.13 a failed write leaves nothing behind, and closing frees the file", async () => {
  expect(new DatabaseSync(":memory:").isOpen).toBeUndefined();
  const folder = mkdtempSync(join(tmpdir(), "nexus-old-"));
  const file = join(folder, "nexus.db");
  const store = openSqliteStore(file);
  await expect(store.write([put("a", "1", {}), put("a", "\ud800", {})])).rejects.toMatchObject({
    code: "invalid_argument",
  });
  await store.write([put("a", "2", { n: 2 })]);
  expect(await store.list("a")).toEqual([{ key: "2", value: { n: 2 } }]);
  await store.close();
  await store.close();
  const again = openSqliteStore(file);
  expect(await again.get("a", "2")).toEqual({ n: 2 });
  await again.close();
  rmSync(folder, { recursive: true, force: true });
});
