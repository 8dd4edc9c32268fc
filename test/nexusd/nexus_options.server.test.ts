import { describe, expect, test } from "vitest";
import { msgpack } from "../../src/codec/mod.ts";
import { createNexus, fileDirectory, memoryStore, parseSeed } from "../../src/nexusd/mod.ts";
import type { NexusOptions, Store } from "../../src/nexusd/mod.ts";
import { systemRandom, WampError } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { NexusHarness } from "./nexus_harness.ts";

async function refusalOf(options: unknown): Promise<string> {
  const error = await createNexus(options as NexusOptions).then(() => "it was started", (error) => error);
  expect(error).toBeInstanceOf(WampError);
  expect(error.code).toBe("invalid_argument");
  return error.message;
}

const directory = fileDirectory("directory.yaml");
const judge = () => undefined;
const seedText = "realm: plant\n";
const seed = parseSeed(seedText, "seed.yaml");

describe("a Nexus is not started when it is given", () => {
  test.each<[string, unknown, string]>([
    ["nothing", undefined, "Cannot start a Nexus: options is undefined, expected an object such as { store: memory"],
    ["no store", {}, "Cannot start a Nexus: the option store is undefined, expected what openSqliteStore() or memoryS"],
    ["a file for a store", { store: "nexus.db" }, 'the option store is "nexus.db", expected what openSqliteStore() or'],
    ["a map for a store", { store: new Map() }, "the option store is a Map, expected what openSqliteStore() or"],
  ])("%s", async (_, options, why) => {
    expect(await refusalOf(options)).toContain(why);
  });

  test.each<[unknown, string]>([
    [{ sed: seed }, 'Cannot start a Nexus: there is no option "sed"; there are store, realm, seed, passwordRounds'],
    [{ realm: "a b" }, 'the option realm is "a b", expected a URI such as "izaber"'],
    [{ seed: seedText }, 'the option seed is "realm: plant\\n", expected what parseSeed() gives'],
    [{ seed: null }, "the option seed is null, expected what parseSeed() gives"],
    [{ seed: { ...seed, users: {} } }, "the option seed is an object, expected what parseSeed() gives"],
    [{ passwordRounds: 0 }, "the option passwordRounds is 0, expected a whole number from 1 to 10000000"],
    [{ passwordRounds: 1.5 }, "the option passwordRounds is 1.5"],
    [{ passwordRounds: 10_000_001 }, "the option passwordRounds is 10000001"],
    [{ passwordRounds: "600000" }, 'the option passwordRounds is "600000"'],
    [{ serializers: [] }, "the option serializers is an array, expected at least one serializer"],
    [{ limits: { session: 5 } }, 'there is no option "limits.session"; there are joinTimeout'],
    [{ limits: { sessions: 0 } }, "the option limits.sessions is 0, expected a number above 0"],
    [{ history: { uri: "com.log" } }, "the option history is an object, expected an array of { uri, match, limit }"],
    [{ history: ["com.log"] }, 'Cannot keep the history of a topic: options is "com.log", expected an object such as'],
    [
      { history: [{ uri: "com.log" }, { uri: "com.log" }] },
      'Cannot keep the history of "com.log" (exact) twice: name it once',
    ],
    [{ history: [{ uri: "com.log", limit: 0 }] }, 'Cannot keep the history of "com.log": the option limit is 0'],
    [{ clock: Date }, "the option clock is a function, expected a clock: { now, timer }"],
    [{ random: Math }, "the option random is an object, expected a source of randomness: { bytes, number }"],
    [{ onError: "log" }, 'the option onError is "log", expected (error) => void'],
    [{ loginSources: { name: "ours", judge } }, "the option loginSources is an object, expected an array of"],
    [{ loginSources: [{ name: "ours", judge }, judge] }, "loginSources[1] is a function, expected { name, judge }"],
    [{ loginSources: [null] }, "loginSources[0] is null, expected { name, judge }"],
    [{ cookies: { max_age: 60 } }, 'there is no option "cookies.max_age"; there are maxAge, secure'],
    [{ cookies: { maxAge: 0.5 } }, "the option cookies.maxAge is 0.5, expected a whole number of at least 1"],
    [{ cookies: { secure: 1 } }, "the option cookies.secure is 1, expected true or false"],
    [
      { slowSubscribers: true },
      'the option slowSubscribers is true, expected "drop-newest" or "drop-oldest" or "disconnect"',
    ],
    [{ audit: 100 }, "the option audit is 100, expected an object with logins, changes"],
    [{ audit: { logins: -1 } }, "the option audit.logins is -1, expected a whole number of at least 0, or Infinity"],
    [{ audit: { changes: "all" } }, 'the option audit.changes is "all"'],
    [{ leniency: true }, "the option leniency is true, expected an object with sessionsOutliveTheirCookie"],
    [{ leniency: { keysMakeKey: true } }, 'there is no option "leniency.keysMakeKey"; there are sessionsOutlive'],
    [{ leniency: { keysMakeKeys: "no" } }, 'the option leniency.keysMakeKeys is "no", expected true or false'],
    [
      { metadataLimits: { keys: NaN } },
      "the option metadataLimits.keys is NaN, expected a finite number of at least 0",
    ],
    [{ metadataLimits: { entries: 1 } }, 'there is no option "metadataLimits.entries"; there are valueBytes, keys, us'],
    [{ rosterLimits: { entries: "1" } }, 'the option rosterLimits.entries is "1", expected a finite number of at'],
    [{ rosterLimits: { keys: 1 } }, 'there is no option "rosterLimits.keys"; there are entries, dataBytes, userBytes'],
    [{ directory: "directory.yaml" }, 'the option directory is "directory.yaml", expected what ldapDirectory() or'],
    [{ startupSync: "yes" }, 'the option startupSync is "yes", expected true or false'],
    [{ startupReset: 0 }, "the option startupReset is 0, expected true or false"],
    [{ startupVacuum: null }, "the option startupVacuum is null, expected true or false"],
    [{ notificationGrace: -1 }, "the option notificationGrace is -1, expected a finite number of at least 0, or Infi"],
    [{ zombieLifespan: "never" }, 'the option zombieLifespan is "never", expected a finite number of at least 0'],
    [{ timeZone: "Vancouver" }, 'the option timeZone is "Vancouver", expected a time zone such as "America/Vancouver"'],
    [{ timeZone: 0 }, "the option timeZone is 0, expected a time zone"],
  ])("%j", async (options, why) => {
    const store = memoryStore();
    expect(await refusalOf({ store, ...options as object })).toContain(why);
    expect([await store.list("nexus"), await store.list("users")]).toEqual([[], []]);
  });
});

const everything: Required<Omit<NexusOptions, "store">> = {
  realm: "plant",
  seed,
  passwordRounds: 1,
  serializers: [msgpack],
  limits: { sessions: 10, messagesPerSecond: Infinity },
  slowSubscribers: "disconnect",
  history: [{ uri: "com.log", match: "prefix", limit: 5 }],
  clock: new FakeClock(),
  random: systemRandom,
  onError: () => {},
  loginSources: [{ name: "ours", judge }],
  cookies: { maxAge: 60, secure: true },
  audit: { logins: 0, changes: Infinity },
  leniency: {
    sessionsOutliveTheirCookie: false,
    sessionsKeepWhatTheyHave: true,
    restrictionsHoldForOneSpelling: true,
    keysMakeKeys: false,
    strangersCountAsElevated: true,
    plaintextKeysAreKept: false,
  },
  metadataLimits: { valueBytes: 1, keys: 0, userBytes: Infinity },
  rosterLimits: { entries: 1, dataBytes: 0, userBytes: Infinity },
  directory,
  startupSync: false,
  startupReset: false,
  startupVacuum: true,
  notificationGrace: 0,
  zombieLifespan: Infinity,
  timeZone: "UTC",
};

test("a Nexus takes everything that there is, and a store of a class", async () => {
  const store: Store = memoryStore();
  expect(Object.getPrototypeOf(store)).not.toBe(Object.prototype);
  await using nexus = await createNexus({ store, ...everything });
  expect(nexus.realm).toBe("plant");
});

test("a Nexus takes what is undefined for what was not said", async () => {
  const unsaid = Object.fromEntries(Object.keys(everything).map((name) => [name, undefined]));
  await using nexus = await createNexus({ store: memoryStore(), ...unsaid, passwordRounds: 1 });
  expect([nexus.realm, nexus.start.outcome]).toEqual(["izaber", "defaults"]);
});

test("a limit that is undefined is the usual one", async () => {
  await using on = await NexusHarness.start({
    metadataLimits: { valueBytes: undefined } as never,
    rosterLimits: { dataBytes: undefined } as never,
  });
  const ann = await on.join("ann");
  const large = "x".repeat(262_144);
  const refused = { args: [expect.stringContaining("the most is 262144")] };
  await expect(ann.call("com.izaber.wamp.my.metadata.set", ["key", large])).rejects.toMatchObject(refused);
  await expect(ann.call("com.izaber.wamp.system.roster.register", ["roster.1", large])).rejects.toMatchObject(refused);
});
