import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lintLines } from "../../src/nexusd/lint_rules.ts";
import type { Question } from "../../src/nexusd/explain.ts";
import { Identity } from "../../src/nexusd/identity.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { createNexus } from "../../src/nexusd/nexus.ts";
import { Passwords } from "../../src/nexusd/passwords.ts";
import type { SessionInfo } from "../../src/router/authorization.ts";
import { systemRandom } from "../../src/wire/random.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { NexusHarness } from "./nexus_harness.ts";

describe("explain", () => {
  test("says which line of the role decides, and why", async () => {
    await using on = await NexusHarness.start();
    const { permissions, roles, users } = on.nexus;
    await roles.save({
      uuid: "r",
      role: "frontend",
      permissions: [
        { uri: "a.*", perms: "cs" },
        { uri: "a./x.*/", perms: "c" },
        { uri: "a./.*y/", perms: "c" },
        { uri: "plus", perms: "c+" },
        { uri: "doc", perms: "r!" },
      ],
    });
    const ask = (question: Question) => permissions.explain(question);
    expect(await ask({ authid: "ANN", action: "call", uri: "a.b" })).toEqual({
      allow: true,
      by: null,
      role: "frontend",
      rule: { uri: "a.*", perms: "cs" },
      conflict: [],
      restriction: null,
      elevated: false,
      documented: false,
      text: 'The nearest line of the role "frontend" is "a.*" (cs), which grants call.',
    });
    expect(await ask({ role: "frontend", action: "publish", uri: "a.b" })).toMatchObject({
      allow: false,
      by: "role",
      rule: { uri: "a.*" },
      text: expect.stringContaining("does not grant publish"),
    });
    expect(await ask({ authid: "ann", action: "call", uri: "a.xy" })).toMatchObject({
      allow: false,
      by: "role",
      rule: null,
      conflict: [{ uri: "a./x.*/" }, { uri: "a./.*y/" }],
      text: expect.stringContaining('equally near, so call is refused: "a./x.*/" (c) and "a./.*y/" (c)'),
    });
    expect(await ask({ authid: "ann", action: "call", uri: "b" })).toMatchObject({
      by: "role",
      text: 'The role "frontend" has no line for "b", so call is refused.',
    });
    expect(await ask({ role: "nosuch", action: "call", uri: "b" })).toMatchObject({
      by: "role",
      text: 'There is no role "nosuch", so nothing is granted.',
    });
    expect(await ask({ authid: "tom", action: "call", uri: "b" })).toMatchObject({
      allow: true,
      text: 'The role "trust" may do everything.',
    });
    expect(await ask({ authid: "ann", action: "call", uri: "plus" })).toMatchObject({ allow: true, elevated: true });
    expect(await ask({ authid: "ann", action: "register", uri: "doc" })).toMatchObject({
      by: "documentation",
      documented: true,
      text: expect.stringContaining("documentation of register://doc (exact) that is asked for (!) is missing"),
    });
    expect(await ask({ authid: "nobody", action: "call", uri: "a.b" })).toMatchObject({
      by: "user",
      text: 'There is no user "nobody", so nothing is allowed.',
    });
    await users.save({ ...users.get("ann")!, enabled: false });
    expect(await ask({ authid: "ann", action: "call", uri: "a.b" })).toMatchObject({
      by: "user",
      text: expect.stringContaining('The user "ann" is disabled'),
    });
  });

  test("says what restrictions do, and what strangers lack", async () => {
    await using on = await NexusHarness.start();
    const { permissions, apiKeys, users, roles, restrictions } = on.nexus;
    const { record } = await apiKeys.create(users.get("ann")!, { permissions: [{ uri: "a.*", perms: "c" }] });
    const question: Question = { authid: "ann", action: "call", uri: "a.b", apiKey: record.uuid };
    expect(await permissions.explain(question)).toMatchObject({
      allow: true,
      restriction: { uri: "a.*" },
      text: expect.stringContaining(
        'The restrictions of sessions by apikey let it pass: their nearest line is "a.*" (c)',
      ),
    });
    expect(await permissions.explain({ ...question, uri: "b" })).toMatchObject({
      by: "restrictions",
      restriction: null,
      text: expect.stringContaining("have no line for it, so they refuse it"),
    });
    await apiKeys.remove(record.uuid);
    expect(await permissions.explain(question)).toMatchObject({ by: "apikey" });
    await restrictions.save("local", [{ uri: "a.*", perms: "" }]);
    expect(await permissions.explain({ authid: "ann", action: "call", uri: "a.b" })).toMatchObject({
      by: "restrictions",
      restriction: { uri: "a.*", perms: "" },
    });
    await roles.save({
      uuid: "r",
      role: "public",
      permissions: [{ uri: "a", perms: "c+" }, { uri: "b", perms: "c!" }],
    });
    expect(await permissions.explain({ action: "call", uri: "a" })).toMatchObject({ by: "elevation", role: "public" });
    expect(await permissions.explain({ action: "call", uri: "b" })).toMatchObject({ by: "documentation" });
  });

  test("an API key is that of its owner, and a source restricts a role without a user, too", async () => {
    await using on = await NexusHarness.start();
    const { permissions, apiKeys, users, restrictions } = on.nexus;
    const only = [{ uri: "a.*", perms: "c" }];
    const { record } = await apiKeys.create(users.get("ann")!, { role: "backend", permissions: only });
    const ask = (question: Partial<Question>) => permissions.explain({ action: "call", uri: "b", ...question });
    const apiKey = record.uuid;
    expect(await ask({ apiKey })).toMatchObject({ allow: false, by: "restrictions", role: "backend" });
    expect(await ask({ apiKey, uri: "a.b" })).toMatchObject({ allow: true, role: "backend" });
    expect(await ask({ apiKey, authid: "Bob", uri: "a.b" })).toMatchObject({
      by: "apikey",
      text: `The API key "${apiKey}" is not one of "Bob".`,
    });
    expect(await ask({ apiKey: "nosuch", role: "backend" })).toMatchObject({
      by: "apikey",
      text: 'There is no API key "nosuch" any more, or its time is over.',
    });
    await restrictions.save("badge", only);
    expect(await ask({ role: "backend", source: "badge" })).toMatchObject({ allow: true });
    await restrictions.save("badge", [{ uri: "b", perms: "" }]);
    expect(await ask({ role: "backend", source: "badge" })).toMatchObject({
      allow: false,
      by: "restrictions",
      restriction: { uri: "b", perms: "" },
    });
    expect(await ask({ role: "backend", source: "badge", uri: "c" })).toMatchObject({
      allow: true,
      restriction: { uri: "*" },
    });
    expect(await ask({ role: "backend" })).toMatchObject({ allow: true, restriction: null });
    await users.save({ ...users.get("ann")!, enabled: false });
    expect(await ask({ apiKey, uri: "a.b" })).toMatchObject({
      by: "user",
      text: expect.stringContaining('The user "ann" is disabled'),
    });
  });

  test("says what the authorizer says, whatever the roles, users and restrictions", async () => {
    const element = fc.constantFrom("a", "b", "/.*/", "/a/");
    const uri = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }).map((parts) =>
      parts.join(".")
    );
    const line = fc.record({
      uri: fc.tuple(fc.array(element, { minLength: 1, maxLength: 3 }), fc.boolean()).map(([parts, prefix]) =>
        [...parts, ...prefix ? ["*"] : []].join(".")
      ),
      perms: fc.constantFrom("c", "cs", "", "c+", "c!", "s!+", "crsp"),
    });
    const lines = fc.array(line, { maxLength: 5 });
    const action = fc.constantFrom("call" as const, "subscribe" as const);
    const clock = new FakeClock();
    const passwords = new Passwords({ rounds: 1 });
    const tools = { store: memoryStore(), passwords, clock, random: systemRandom, onError: fail };
    const { roles, restrictions, users, apiKeys, permissions, authorizer } = await Identity.load(tools, {});
    await users.create({ login: "ann" });
    const { record } = await apiKeys.create(users.get("ann")!);
    await fc.assert(
      fc.asyncProperty(lines, lines, lines, fc.boolean(), fc.boolean(), uri, action, async (
        ofRole,
        ofSource,
        ofKey,
        byKey,
        enabled,
        uri,
        action,
      ) => {
        await roles.save({ uuid: "r", role: "frontend", permissions: ofRole });
        await restrictions.save(byKey ? "apikey" : "local", ofSource);
        await apiKeys.save({ ...record, permissions: ofKey });
        await users.save({ ...users.get("ann")!, enabled });
        const key = byKey ? { apiKey: record.uuid } : {};
        const login = {
          login: "ann",
          userId: users.get("ann")!.uuid,
          role: "frontend",
          source: byKey ? "apikey" : "local",
          restrictions: byKey ? ofKey : [],
          authenticatedAt: clock.now(),
          ...key,
        };
        const session = { authid: "ann", authrole: "frontend", authmethod: "ticket" } as SessionInfo;
        const decision = await authorizer.decide(session, login, action, uri, {});
        const explained = await permissions.explain({ authid: "ann", action, uri, ...key });
        expect(explained.allow).toBe(decision.allow);
      }),
      { numRuns: 400 },
    );
  });
});

function fail(error: unknown): void {
  throw error;
}

describe("lint", () => {
  const kinds = (...lines: [string, string][]) =>
    lintLines(lines.map(([uri, perms]) => ({ uri, perms }))).map(({ kind, line }) => `${line.uri} ${kind}`);

  test("finds nothing in lists that mean what they say", () => {
    expect(kinds(["a.*", "c"], ["a.b", "cs"], ["a.c", ""], ["*", "s"], ["a./x.*/.y", "c+"])).toEqual([]);
    expect(kinds(["a.b", ""])).toEqual([]);
  });

  test("finds lines without effect, and letters without meaning", () => {
    expect(kinds(["a..b", "c"], ["a", "c"], ["a", "s"], ["b./(?!x)y/", "c"], ["c", "cx"])).toEqual([
      "a..b unusable",
      "a duplicate",
      "b./(?!x)y/ unusable",
      "c letters",
    ]);
  });

  test("finds lines that are equally near to some URI", () => {
    expect(kinds(["a./.*/.c.d", "c"], ["a.b./.*/.d", "s"])).toEqual(["a./.*/.c.d conflict"]);
    expect(kinds(["a./x.*/.*", "c"], ["a./.*y/.*", "c"])).toEqual(["a./x.*/.* conflict"]);
    expect(kinds(["a./x/", "c"], ["b./x/", "c"])).toEqual([]);
    expect(kinds(["a./foo/", "c"], ["a./bar/", "c"])).toEqual([]);
  });

  test("finds lines that never decide, and lines that say nothing new", () => {
    expect(kinds(["a.foo", "c"], ["a./foo$/", "s"])).toEqual(["a./foo$/ shadowed"]);
    expect(kinds(["a.*", "cs"], ["a.b", "sc"], ["a.b.c", "c"])).toEqual(["a.b redundant"]);
    expect(kinds(["*", "c"], ["a.*", "c"], ["a.b", "c"])).toEqual(["a.* redundant", "a.b redundant"]);
  });

  test("looks at many lines", () => {
    const lines = Array.from({ length: 150 }, (_, n) => ({ uri: `a./x${n}.*/.b${n % 7}`, perms: "c" }));
    expect(lintLines(lines).filter(({ kind }) => kind === "unusable")).toEqual([]);
  });

  test("a Nexus that has just begun has no findings; a role that nobody has is one once it is changed, or made", async () => {
    await using nexus = await createNexus({ store: memoryStore(), passwordRounds: 100 });
    const { roles, permissions } = nexus;
    expect(permissions.lint()).toEqual([]);
    await roles.save({ uuid: "1", role: "constructor", permissions: [] });
    await roles.save({ ...roles.get("backend")!, permissions: roles.get("backend")!.permissions.slice(1) });
    await roles.save({ ...roles.get("backend")!, uuid: "2", role: "spare" });
    expect(permissions.lint().map(({ place, kind }) => `${place}: ${kind}`)).toEqual([
      "role backend: unused",
      "role constructor: unused",
      "role spare: unused",
    ]);
  });

  test("looks at roles, restrictions, users and keys", async () => {
    await using on = await NexusHarness.start();
    const { nexus } = on;
    const { users, roles, restrictions, apiKeys } = nexus;
    await roles.save({ uuid: "1", role: "public", permissions: [{ uri: "a", perms: "c+s!" }] });
    await roles.save({ uuid: "2", role: "spare", permissions: [] });
    await roles.save({ uuid: "3", role: "backend", permissions: [] });
    await roles.save({ uuid: "4", role: "frontend", permissions: [] });
    await restrictions.save("nobody", []);
    await restrictions.save("apikey", [{ uri: "a", perms: "c+" }]);
    await users.save({ ...users.get("bob")!, role: "gone", source: "ldap" });
    await apiKeys.create(users.get("ann")!, { expires: "2020-01-01T00:00:00+00:00", role: "lost" });
    const found = nexus.permissions.lint().map(({ place, kind }) => `${place.replace(/[\w-]{22}/, "KEY")}: ${kind}`);
    expect(found).toEqual([
      "role backend: unused",
      "role public: traits",
      "role public: traits",
      "role spare: unused",
      "restrictions nobody: unknown",
      "restrictions apikey: ignored",
      "user bob: unknown",
      "user bob: unknown",
      "API key KEY of ann: ended",
      "API key KEY of ann: unknown",
    ]);
  });
});
