import { expect, test } from "vitest";
import { Passwords } from "../../src/nexusd/passwords.ts";
import { NexusAuthorizer } from "../../src/nexusd/authorizer.ts";
import { ApiKeys } from "../../src/nexusd/api_keys.ts";
import { Documentation } from "../../src/nexusd/documentation.ts";
import { Logins } from "../../src/nexusd/logins.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { Restrictions } from "../../src/nexusd/restrictions.ts";
import { Roles } from "../../src/nexusd/roles.ts";
import { Users } from "../../src/nexusd/users.ts";
import type { SessionInfo } from "../../src/router/authorization.ts";
import { systemRandom } from "../../src/wire/random.ts";
import { FakeClock } from "../support/fake_clock.ts";

const allowed = { allow: true, disclose: true };

async function setUp(read?: Pick<Documentation, "has">) {
  const store = memoryStore();
  const clock = new FakeClock();
  const passwords = new Passwords({ rounds: 100 });
  const [roles, users, restrictions] = await Promise.all([
    Roles.load(store),
    Users.load(store, { passwords, random: systemRandom }),
    Restrictions.load(store),
  ]);
  const logins = new Logins(systemRandom);
  const apiKeys = new ApiKeys(store, { passwords, random: systemRandom, clock, hashesOf: () => [] }, false);
  const documentation = read ?? new Documentation(store);
  const authorizer = new NexusAuthorizer({ roles, users, restrictions, logins, apiKeys, clock, documentation });
  await roles.save({
    uuid: "1",
    role: "frontend",
    permissions: [{ uri: "a.*", perms: "crsp" }, { uri: "plus", perms: "c+" }, { uri: "doc", perms: "c!" }],
  });
  const user = { uuid: "u", login: "ann", enabled: true, role: null, source: "local", password: null };
  await users.save({ ...user, name: null, email: null, upn: null });
  return { authorizer, logins, restrictions, users, roles, apiKeys };
}

function session(how: Partial<SessionInfo>): SessionInfo {
  return {
    id: 1,
    authid: "ann",
    authrole: "frontend",
    authmethod: "ticket",
    authprovider: "dynamic",
    authextra: {},
    peer: { transport: "memory", address: "memory" },
    roles: {},
    realm: "izaber",
    ...how,
  };
}

function loggedIn(logins: Logins, restrictions: { uri: string; perms: string }[], role = "frontend"): SessionInfo {
  const login = { login: "ann", userId: "u", role, source: "apikey", restrictions, authenticatedAt: 0 };
  const { authextra = {} } = logins.principal(login, undefined);
  return session({ authextra, authrole: role });
}

test("a credential's own restrictions never widen the role and come before those of its source", async () => {
  const { authorizer, logins, restrictions } = await setUp();
  await restrictions.save("apikey", [{ uri: "a.closed", perms: "" }]);
  const limited = loggedIn(logins, [{ uri: "a.*", perms: "c" }, { uri: "b.*", perms: "c" }]);
  expect(authorizer.authorize(limited, "call", "a.x", {})).toEqual(allowed);
  expect(authorizer.authorize(limited, "publish", "a.x", {})).toEqual({ allow: false });
  expect(authorizer.authorize(limited, "call", "b.x", {})).toEqual({ allow: false });
  expect(authorizer.authorize(limited, "call", "a.closed", {})).toEqual({ allow: false });
  const free = loggedIn(logins, []);
  expect(authorizer.authorize(free, "publish", "a.x", {})).toEqual(allowed);
  expect(authorizer.authorize(free, "call", "a.closed", {})).toEqual({ allow: false });
});

test("restrictions hold for roles that may do everything, too", async () => {
  const { authorizer, logins } = await setUp();
  const limited = loggedIn(logins, [{ uri: "a.*", perms: "c" }], "trust");
  expect(authorizer.authorize(limited, "call", "a.x", {})).toEqual(allowed);
  expect(authorizer.authorize(limited, "call", "b.x", {})).toEqual({ allow: false });
});

test("a session that should live by a login and has none may do nothing", async () => {
  const { authorizer, logins } = await setUp();
  const { authextra } = loggedIn(logins, []);
  const forged = session({ authextra: { ...authextra } });
  expect(authorizer.authorize(forged, "call", "a.x", {})).toEqual({ allow: false });
});

test("strangers have the role's permissions, but for those that ask for a password or documentation", async () => {
  const { authorizer } = await setUp();
  const stranger = session({ authmethod: "anonymous", authprovider: "static" });
  expect(authorizer.authorize(stranger, "call", "a.x", {})).toEqual(allowed);
  expect(authorizer.authorize(stranger, "call", "plus", {})).toEqual({ allow: false });
  expect(authorizer.authorize(stranger, "call", "doc", {})).toMatchObject({
    error: "wamp.error.authorization_failed",
    message: expect.stringContaining("com.izaber.wamp.error.requiredocumentation"),
  });
});

test("clients of the same process have what their role grants", async () => {
  const { authorizer } = await setUp();
  const local = session({ authmethod: "local", authid: "worker" });
  expect(authorizer.authorize(local, "call", "plus", {})).toEqual(allowed);
  expect(authorizer.authorize(local, "call", "b.x", {})).toEqual({ allow: false });
  expect(authorizer.authorize({ ...local, authrole: "nosuch" }, "call", "a.x", {})).toEqual({ allow: false });
});

test("who loses a permission while the documentation is read is refused", async () => {
  const losses: ((given: Awaited<ReturnType<typeof setUp>>) => unknown)[] = [
    ({ users }) => users.update("ann", { enabled: false }),
    ({ roles }) => roles.remove("frontend"),
    ({ restrictions }) => restrictions.save("apikey", [{ uri: "doc", perms: "" }]),
    () => {},
  ];
  const decided = [];
  for (const lose of losses) {
    const { promise: documented, resolve } = Promise.withResolvers<boolean>();
    const given = await setUp({ has: () => documented });
    const decision = given.authorizer.authorize(loggedIn(given.logins, []), "call", "doc", {});
    await lose(given);
    resolve(true);
    decided.push(await decision);
  }
  expect(decided).toEqual([{ allow: false }, { allow: false }, { allow: false }, allowed]);
});

test("what refuses is asked in the order of the original: role, user, cookie, key, restrictions, documentation, password", async () => {
  const { authorizer, restrictions, users, roles, apiKeys } = await setUp();
  const everything = { uuid: "1", role: "frontend", permissions: [{ uri: "both", perms: "c!+" }] };
  const { record } = await apiKeys.create(users.get("ann")!);
  const login = {
    login: "ann",
    userId: "u",
    role: "frontend",
    source: "apikey",
    restrictions: [],
    apiKey: record.uuid,
    authenticatedAt: 0,
    ended: true,
  };
  const ask = () => {
    const outcome = authorizer.judge({ authrole: "frontend", authmethod: "ticket" }, login, "call", "both");
    return outcome.kind === "refused" ? outcome.by : outcome.kind === "if documented" ? outcome : outcome.kind;
  };
  const user = users.get("ann")!;
  await users.save({ ...user, enabled: false });
  await apiKeys.remove(record.uuid);
  await restrictions.save("apikey", [{ uri: "both", perms: "" }]);
  const asked = [ask()];
  const remedies: (() => unknown)[] = [
    () => roles.save(everything),
    () => users.save(user),
    () => login.ended = false,
    () => apiKeys.save(record),
    () => restrictions.save("apikey", []),
    () => login.authenticatedAt = 1_700_000_000_000,
  ];
  for (const remedy of remedies) {
    await remedy();
    asked.push(ask());
  }
  expect(asked).toEqual([
    "role",
    "user",
    "cookie",
    "apikey",
    "restrictions",
    { kind: "if documented", elevated: false },
    { kind: "if documented", elevated: true },
  ]);
});
