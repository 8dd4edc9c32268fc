import { expect, test } from "vitest";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { namesakes, twiceSpelled } from "../../src/nexusd/namesakes.ts";
import { Restrictions } from "../../src/nexusd/restrictions.ts";
import { authProcedures } from "../../src/nexusd/services/auth.ts";
import { directoryProcedures } from "../../src/nexusd/services/directory.ts";
import { keyProcedures } from "../../src/nexusd/services/keys.ts";
import { metadataProcedures } from "../../src/nexusd/services/metadata.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { ticket } from "../../src/auth/mod.ts";
import { connect } from "../../src/client/connect.ts";
import { NexusHarness } from "./nexus_harness.ts";

const PREFIX = "com.izaber.wamp.";

test("all procedures that have two names are known as such", () => {
  const nothing = {} as never;
  const all = [
    ...authProcedures(nothing),
    ...keyProcedures(nothing),
    ...metadataProcedures(nothing, nothing),
    ...directoryProcedures(undefined, nothing, new FakeClock()),
  ];
  const pairs = all.flatMap((one, at) =>
    all.slice(at + 1).filter(({ handler }) => handler === one.handler).map(({ name }) => [one.name, name])
  );
  const sorted = (list: readonly (readonly string[])[]) => list.map((pair) => [...pair].sort().join(" = ")).sort();
  expect(sorted(namesakes)).toEqual(sorted(pairs));
});

test("all procedures that are there with the prefix and without it are known as such", async () => {
  await using on = await NexusHarness.start();
  const tom = await on.join("tom");
  const { exact } = await tom.call("wamp.registration.list") as { exact: number[] };
  const uris = await Promise.all(
    exact.map(async (id) => (await tom.call("wamp.registration.get", [id]) as { uri: string }).uri),
  );
  expect([...twiceSpelled].sort()).toEqual(uris.filter((uri) => uris.includes(PREFIX + uri)).sort());
});

type Lines = readonly (readonly [uri: string, perms: string])[];

/** What may be called of some names, by restrictions of a source or of a key. */
async function callable(lines: Lines, names: readonly string[], ofKey = false): Promise<string[]> {
  const restrictions = await Restrictions.load(memoryStore());
  const permissions = lines.map(([uri, perms]) => ({ uri, perms }));
  if (!ofKey) await restrictions.save("local", permissions);
  const rules = restrictions.rules("local", ofKey ? permissions : []);
  return names.filter((name) => rules === undefined || rules.grants(name).call !== undefined);
}

test.each(namesakes)(
  "what refuses %s refuses %s, and the other way round, by whatever spelling",
  async (one, other) => {
    const names = [one, other, PREFIX + one, PREFIX + other];
    for (const name of names) {
      expect(await callable([[name, ""]], names)).toEqual([]);
      expect(await callable([[name, "c"]], names, true)).toEqual(names);
      expect(await callable([[name, ""], ["*", "c"]], names, true)).toEqual([]);
    }
  },
);

const names = ["my.metadata.set", "system.preference.set", "my.metadata.list", "system.roster.query"];
const cases: readonly [what: string, lines: Lines, ofKey: boolean, callable: readonly string[]][] = [
  ["a wide line that refuses holds for all names", [["my.*", ""]], false, ["system.roster.query"]],
  ["a wide line over other names does not", [["system.*", ""]], false, ["my.metadata.set", "my.metadata.list"]],
  ["all that has the prefix", [[`${PREFIX}*`, ""]], false, []],
  ["all of com.izaber", [["com.izaber.*", ""]], false, []],
  ["a wide line that allows holds for what it names", [["my.*", "c"]], true, ["my.metadata.set", "my.metadata.list"]],
  ["the group of the other name", [["my.*", "c"], ["system.preference.*", ""]], true, ["my.metadata.list"]],
  ["the nearer line wins", [["my.metadata.set", "c"], ["system.preference.*", ""]], true, [
    "my.metadata.set",
    "system.preference.set",
  ]],
  [
    "of two that are equally near the one that refuses wins",
    [
      ["my.metadata.set", "c"],
      ["system.preference.set", ""],
    ],
    true,
    [],
  ],
];

test.each(cases)("%s", async (_, lines, ofKey, expected) => {
  expect(await callable(lines, names, ofKey)).toEqual(expected);
});

const reaches: readonly [
  what: string,
  lines: Lines,
  ofKey: boolean,
  names: readonly string[],
  callable: readonly string[],
][] = [
  ["a group of one element reaches the other group", [["directory.*", ""]], false, ["ad.users", "ad.groups"], []],
  [
    "what is too wide for one procedure opens no other spelling",
    [["com.*", "c"]],
    true,
    ["my.metadata.list", `${PREFIX}my.metadata.list`],
    [`${PREFIX}my.metadata.list`],
  ],
  [
    "two lines that contradict one another refuse the other names, too",
    [["/my|x/.otp.list", "c"], ["/my|y/.otp.list", ""]],
    true,
    ["my.otp.list", "my.otps.list", `${PREFIX}my.otp.list`, `${PREFIX}my.otps.list`],
    [],
  ],
];

test.each(reaches)("%s", async (_, lines, ofKey, names, expected) => {
  expect(await callable(lines, names, ofKey)).toEqual(expected);
});

const list = ["my.metadata.list", "system.roster.query", "my.otp.delete"];
const spellings: readonly [pattern: string, of: readonly string[]][] = [
  [`${PREFIX}/my|system/.*`, list],
  [`${PREFIX}/my/.metadata.*`, list.slice(0, 1)],
  ["/my/.otp.delete", list.slice(2)],
  ["/.*/.otp.*", list.slice(2)],
  ["com./izaber/.wamp.my.otp.*", list.slice(2)],
  ["com./izaber/.wamp./m.*/.otp./del.*/", list.slice(2)],
  ["/com/.*", list],
];

test.each(spellings)("what %s refuses it refuses by either spelling", async (pattern, refused) => {
  const both = list.flatMap((name) => [name, PREFIX + name]);
  const expected = list.filter((name) => !refused.includes(name)).flatMap((name) => [name, PREFIX + name]);
  expect(await callable([[pattern, ""], ["*", "c"]], both, true)).toEqual(expected);
  expect(await callable([[pattern, ""]], both)).toEqual(expected);
});

test("of three names all have what the nearest line says, and what refuses where two are equally near", async () => {
  const three = ["my.otp.delete", "my.otps.delete", "system.otp.delete"];
  for (const refused of three) {
    for (const granted of three.filter((name) => name !== refused)) {
      expect(await callable([["*", ""], [refused, ""], [granted, "c"]], three, true)).toEqual([]);
      const [one, two] = [refused.split(".").slice(0, 2).join("."), granted];
      expect(await callable([[`${one}.*`, ""], [two, "c"]], three, true)).toEqual(three);
    }
  }
});

test("an expression that allows names no procedure that makes keys", async () => {
  const restrictions = await Restrictions.load(memoryStore());
  const rules = restrictions.rules("apikey", [{ uri: "/my/.*", perms: "c" }, { uri: "/my/.otp.*", perms: "c" }])!;
  const made = ["my.apikeys.create", "my.otp.create", "my.otps.create", "system.otp.create"];
  for (const name of made) {
    expect([rules.grants(name).call, rules.grants(PREFIX + name).call]).toEqual([undefined, undefined]);
  }
  for (const name of ["my.metadata.list", "my.metadata.get"]) expect(rules.grants(PREFIX + name).call).toBeDefined();
});

test("whoever comes by an API key that is kept from something is kept from it by any name", async () => {
  await using on = await NexusHarness.start();
  const { nexus } = on;
  await nexus.restrictions.save(
    "apikey",
    ["my.metadata.*", "ad.*", "auth.reauthenticate"].map((uri) => ({ uri: PREFIX + uri, perms: "" })),
  );
  const { plaintext } = await nexus.apiKeys.create(nexus.users.get("ann")!);
  await using ann = await connect(nexus.router.local(), { realm: nexus.realm, auth: ticket("ann", plaintext) });
  for (
    const [name, ...args] of [["system.preference.set", "k", 1], ["directory.users"], ["system.reauthenticate", "x"]]
  ) {
    const call = ann.call(`${PREFIX}${name}`, args);
    await expect(call).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  }
  expect(await ann.call("com.izaber.wamp.system.is_reauthenticated")).toBeGreaterThan(0);
});
