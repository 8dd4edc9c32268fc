import { expect, test } from "vitest";
import { nexus, permissions, ROOT } from "../../src/nexus/mod.ts";
import { RecordedNexus } from "./recorded_nexus.ts";

const prefixed = "com.izaber.wamp";

test.each(["", prefixed, "com.example"])("URIs are complete whatever the client's prefix, here %j", async (prefix) => {
  await using router = await RecordedNexus.start("whoami-frontend");
  const wamp = await router.connect(prefix);
  expect(await nexus(wamp).whoami()).toEqual({ authid: "frontend-2", role: "frontend" });
});

test("the same client has the same Nexus", async () => {
  await using router = await RecordedNexus.start();
  const [one, other] = [await router.connect(), await router.connect()];
  expect(nexus(one)).toBe(nexus(one));
  expect(nexus(one)).not.toBe(nexus(other));
});

test("metadata as values and as YAML", async () => {
  await using router = await RecordedNexus.start("my-metadata");
  const { metadata } = nexus(await router.connect());
  const value = { a: [1, 2, null, true, 1.5], b: { c: "d" } };
  expect(await metadata.list()).toEqual({});
  expect(await metadata.get("k1")).toBe(null);
  expect(await metadata.set("k1", value)).toEqual(value);
  expect(await metadata.get("k1")).toEqual(value);
  expect(await metadata.get("k1", { yaml: true })).toBe("a:\n- 1\n- 2\n- \n- true\n- 1.5\nb:\n  c: d\n");
  const text = "something:\n  goes:\n    here: right\n    there: 1\n";
  expect(await metadata.set("k2", text, { yaml: true })).toBe(text);
  expect(await metadata.get("k2")).toEqual({ something: { goes: { here: "right", there: 1 } } });
  await expect(metadata.set("k2", "a: [b", { yaml: true })).rejects.toMatchObject({ uri: "com.izaber.wamp.error" });
  expect(await metadata.list()).toMatchObject({ k1: { value }, k2: { uuid: router.value("<uuid:4>") } });
  expect((await metadata.list({ yaml: true })).k2?.value).toBe(text);
  expect(await metadata.delete("k1")).toBe(undefined);
  expect(router.calls.at(-1)).toEqual(["com.izaber.wamp.my.metadata.delete", ["k1"], {}]);
});

test("API keys with permissions and a time to end", async () => {
  await using router = await RecordedNexus.start("my-apikeys");
  const { apikeys } = nexus(await router.connect());
  expect(await apikeys.list()).toEqual([]);
  expect(await apikeys.create()).toMatchObject({ description: "", expires: null, permissions: [] });
  const expires = router.value("<timestamp>") as string;
  const key = await apikeys.create({
    description: "mine",
    expires,
    permissions: permissions().allow("com.izaber.wamp.auth.whoami", "call"),
  });
  expect(key).toMatchObject({ expires, permissions: [{ uri: "com.izaber.wamp.auth.whoami", perms: "c" }] });
  expect(key.plaintext_key).toHaveLength(32);
  await expect(apikeys.delete("nosuch")).rejects.toMatchObject({ uri: "com.izaber.wamp.error" });
  expect(await apikeys.delete(key.uuid)).toBe(undefined);
});

test("a Date becomes a time with its offset, and what is no time is refused before it is sent", async () => {
  await using router = await RecordedNexus.start("my-apikeys");
  const { apikeys } = nexus(await router.connect());
  const refused = await apikeys.create({ expires: new Date(Date.UTC(2030, 0, 1)) }).catch((error) => error);
  expect(refused).toMatchObject({ uri: "test.error.not_recorded" });
  expect(router.calls).toEqual([[
    "com.izaber.wamp.my.apikeys.create",
    [{ expires: "2030-01-01T00:00:00.000+00:00" }],
    {},
  ]]);
  await expect(apikeys.create({ expires: "not a date" })).rejects.toThrow(/"not a date"/);
  await expect(apikeys.create({ expires: "tomorrow 2099" })).rejects.toThrow(/"tomorrow 2099"/);
  await expect(apikeys.create({ expires: "" })).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(apikeys.create({ expires: new Date(NaN) })).rejects.toMatchObject({ code: "invalid_argument" });
  expect(router.calls).toHaveLength(1);
});

test("one-time passwords by the spelling that the router has, which is found once", async () => {
  await using router = await RecordedNexus.start("otp-login");
  const { otp } = nexus(await router.connect());
  expect(await otp.create()).toMatchObject({ login: "frontend-2", plaintext_key: expect.any(String) });
  await expect(otp.list()).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  expect(router.calls.map(([uri]) => uri)).toEqual(["com.izaber.wamp.my.otp.create", "com.izaber.wamp.my.otp.list"]);
});

test("documents are set and read, and a refusal is an error", async () => {
  await using router = await RecordedNexus.start("document");
  const { documents } = nexus(await router.connect());
  const document = { match: "exact", description: "D", contact: "C" } as const;
  expect(await documents.set("com.izaber.wamp.doc.one", document)).toBe(undefined);
  expect(await documents.get("com.izaber.wamp.doc.one")).toBe(null);
  const refused = documents.set("outside.doc", { description: "D", contact: "C" });
  await expect(refused).rejects.toMatchObject({ code: "refused" });
});

test("the directory has users and groups", async () => {
  await using router = await RecordedNexus.start("test-ad-users-groups");
  const { directory } = nexus(await router.connect());
  const [user] = await directory.users();
  expect(user?.attributes.sAMAccountName).toEqual(["adaone"]);
  expect((await directory.groups()).map((group) => group.name)).toEqual([["Makers Group"]]);
});

test("the database is queried and changed", async () => {
  await using router = await RecordedNexus.start("db-frontend");
  const { db } = nexus(await router.connect());
  const { records, hits, limit } = await db.query<{ uuid: string; login: string }>("users");
  expect([hits, limit, records[0]?.login]).toEqual([1, null, "frontend-2"]);
  expect((await db.query("users", [["login", "=", "trust-1"]])).records).toEqual([]);
  const { uuid: owner } = records[0]!;
  expect(await db.create(owner, "metadata", { key: "dbk", value: 1 })).toMatchObject({ key: "dbk", value: 1, owner });
  await expect(db.upsert(owner, "metadata", { key: "dbk", value: 2 })).rejects.toMatchObject({
    uri: "com.izaber.wamp.error",
  });
  expect(await db.update([owner], { name: "frontend-2 Name" })).toBe(undefined);
  await expect(db.create(ROOT, "users", {})).rejects.toMatchObject({ uri: "test.error.not_recorded" });
  expect(router.calls.at(-1)?.[1]).toEqual(["%root", "users", {}]);
  await expect(db.stats()).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  await expect(db.query("users", [], { limit: 5, page_index: 1, sort: [["login", "asc"]] })).rejects.toThrow();
  expect(router.calls.at(-1)?.[2]).toEqual({ limit: 5, page_index: 1, sort: [["login", "asc"]] });
});

test("records are removed", async () => {
  await using router = await RecordedNexus.start("system-otp");
  const { db } = nexus(await router.connect());
  expect(await db.delete([router.value("<uuid:4>") as string])).toBe(undefined);
});

test("warnings come from a topic that has no prefix", async () => {
  await using router = await RecordedNexus.start();
  const [wamp, publisher] = [await router.connect(prefixed), await router.connect()];
  const heard = Promise.withResolvers<unknown>();
  await nexus(wamp).warnings.subscribe((warning) => heard.resolve(warning));
  const registration = { uuid: "u", uri: "com.izaber.wamp.warn.me", active: false };
  await publisher.publish("system.event.warning.registration", ["disconnect_count", 1, registration]);
  expect(await heard.promise).toEqual({ type: "disconnect_count", number: 1, registration });
});
