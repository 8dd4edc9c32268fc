import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultRestrictions, defaultRoles } from "../../src/nexusd/default_roles.ts";
import { RuleSet } from "../../src/nexusd/rule_set.ts";
import { parseSeed } from "../../src/nexusd/seed.ts";
import { recordingsFolder } from "../support/recording.ts";

function readSeed(name: string) {
  const file = join(recordingsFolder, `seed-${name}.yaml`);
  return parseSeed(readFileSync(file, "utf8"), file);
}

test("a seed names realm, roles, restrictions and users", () => {
  const seed = readSeed("dev");
  expect(seed.realm).toBe("izaber");
  expect([...seed.roles.keys()]).toEqual(["backend", "frontend", "public", "trust"]);
  expect(seed.roles.get("backend")).toEqual([
    { uri: "com.izaber.wamp.*", perms: "crsp" },
    { uri: "roster.*", perms: "oq" },
  ]);
  expect(seed.restrictions.get("otp")).toHaveLength(6);
  expect(seed.users).toHaveLength(15);
  expect(seed.users.find(({ login }) => login === "disabled-1")).toEqual({
    login: "disabled-1",
    password: "disabled-1-pass",
    role: "frontend",
    enabled: false,
    source: "local",
    name: "disabled-1 Name",
    email: "disabled-1@nexus",
    upn: "disabled-1@nexus",
    named: expect.arrayContaining(["login", "enabled"]),
  });
  expect(seed.users.find(({ login }) => login === "norole-1")?.role).toBeNull();
});

test("what is left out is as usual, and logins are in lower case", () => {
  const seed = parseSeed("users:\n- { login: Ann }\n", "seed.yaml");
  expect(seed).toMatchObject({
    realm: undefined,
    users: [{ login: "ann", password: null, role: null, enabled: true }],
  });
  expect(parseSeed("", "seed.yaml").users).toEqual([]);
});

test.each([
  ["realm: [", "config_malformed", "seed.yaml"],
  ["- a\n", "config_invalid", "the seed is a list; it has to be a mapping"],
  ["users: { a: b }\n", "config_invalid", "users is a mapping; it has to be a list"],
  ["user: []\n", "config_invalid", 'the seed has the unknown key "user"; there are realm, roles'],
  ["realm: a b\n", "config_invalid", 'realm is "a b"'],
  ["realm: 7\n", "config_invalid", "realm is 7"],
  ["roles:\n  a:\n  - { uri: x, perms: c, note: n }\n", "config_invalid", 'roles.a[0] has the unknown key "note"'],
  ["roles:\n  a:\n  - { uri: x }\n", "config_invalid", "roles.a[0].perms is missing"],
  ["roles:\n  a:\n  - { uri: x, perms: c }\n  - { uri: x, perms: cx }\n", "config_invalid", 'roles.a[1].perms is "cx"'],
  [
    "roles:\n  a:\n  - { uri: x..y, perms: c }\n",
    "config_invalid",
    'element 2 of "x..y" is empty; correct the pattern',
  ],
  ["roles:\n  a:\n  - { uri: 'x./(/', perms: c }\n", "config_invalid", "/(/"],
  ["restrictions:\n  otp: c\n", "config_invalid", 'restrictions.otp is "c"; it has to be a list'],
  ["users:\n- { password: p }\n", "config_invalid", "users[0].login is missing"],
  [
    "users:\n- { login: a, password: 1 }\n",
    "config_invalid",
    "users[0].password is a number; it has to be a text, in quotes",
  ],
  ["users:\n- { login: a, enabled: maybe }\n", "config_invalid", "users[0].enabled is a string; it"],
  ["users:\n- { login: a, admin: true }\n", "config_invalid", 'users[0] has the unknown key "admin"; there are login'],
  ["users:\n- { login: a }\n- { login: A }\n", "config_invalid", 'users[1].login "a" is that of users[0], too'],
  ["users: [ann-secret]\n", "config_invalid", "users[0] is a string; it has to be a mapping"],
  ["users:\n- { login: a, password: [a-secret] }\n", "config_invalid", "users[0].password is a list; it has to be"],
  ["users:\n- { login: a, password: 2026-01-02 }\n", "config_malformed", "line 2: a value (not shown) is read diff"],
])("%j is refused and says where", (text, code, part) => {
  expect(() => parseSeed(text, "dir/seed.yaml")).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(part) }),
  );
  expect(() => parseSeed(text, "dir/seed.yaml")).toThrow("dir/seed.yaml");
  expect(() => parseSeed(text, "dir/seed.yaml")).not.toThrow(/-secret|2026/);
});

test("the default roles are those of the original's development database", () => {
  const { roles } = readSeed("dev");
  expect(Object.keys(defaultRoles).sort()).toEqual([...roles.keys()].sort());
  const sorted = (lines: readonly { uri: string; perms: string }[]) =>
    lines.map(({ uri, perms }) => `${uri} ${perms}`).sort();
  for (const [role, lines] of roles) expect(sorted(defaultRoles[role]!)).toEqual(sorted(lines));
});

test("the default restrictions hold all of the original's and close the gap in them", () => {
  for (const [source, lines] of readSeed("dev").restrictions) {
    const ours = defaultRestrictions[source]!;
    expect(new RuleSet(ours).problems).toEqual([]);
    for (const line of [...lines, { uri: "my.apikeys.*", perms: "" }]) expect(ours).toContainEqual(line);
  }
});
