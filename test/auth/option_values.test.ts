import { expect, test } from "vitest";
import {
  anonymousAuthenticator,
  cryptosignAuthenticator,
  scram,
  scramAuthenticator,
  scramCredentials,
  wampcraAuthenticator,
} from "../../src/auth/mod.ts";
import { scram as scramArgon2, scramCredentials as credentialsArgon2 } from "../../src/auth/scram_argon2.ts";
import { scramDraft, scramDraftAuthenticator, scramDraftCredentials } from "../../src/auth/scram_draft.ts";

const nobody = () => undefined;
const noRandom: [unknown, string][] = [
  [{ randm: 1 }, 'there is no option "randm"; there are '],
  [{ random: Math }, "the option random is an object, expected a source of randomness: { bytes, number }"],
  [null, "options is null, expected an object such as {"],
];
const scramClient: [unknown, string][] = [
  ...noRandom,
  [{ allowWeak: "yes" }, 'the option allowWeak is "yes", expected true or false'],
  [{ channelBinding: { type: "tls-exporter" } }, "the option channelBinding is an object, expected { type, id }"],
];
const scramServer: [unknown, string][] = [
  ...noRandom,
  [{ unknown: { iterations: 0 } }, "the option unknown.iterations is 0, expected a whole number of at least 1"],
  [{ unknown: { kdf: "argon2id" } }, 'the option unknown.kdf is "argon2id", expected'],
  [{ unknown: { salt: "a" } }, 'there is no option "unknown.salt"; there are kdf, iterations, memory, key'],
];
const channelIds: [unknown, string][] = [
  [{ channelIds: {} }, "the option channelIds is an object, expected (request, type) => id"],
];
const cra: [unknown, string][] = [
  ...noRandom,
  [{ clock: Date }, "the option clock is a function, expected a clock: { now, timer }"],
  [{ unknown: { role: "a" } }, 'there is no option "unknown.role"; there are authrole, authprovider, salting, key'],
  [
    { unknown: { salting: { keylen: 0 } } },
    "the option unknown.salting.keylen is 0, expected a whole number from 1 to",
  ],
];
const anonymous: [unknown, string][] = [
  ...noRandom,
  [{ authrole: 5 }, "the option authrole is 5, expected a text"],
  [{ authid: "joe" }, 'the option authid is "joe", expected (request) => authid'],
];

const takers: [string, (options: never) => unknown, [unknown, string][]][] = [
  ["anonymousAuthenticator", anonymousAuthenticator, anonymous],
  ["wampcraAuthenticator", (options) => wampcraAuthenticator(nobody, options), cra],
  ["cryptosignAuthenticator", (options) => cryptosignAuthenticator(nobody, options), [...noRandom, ...channelIds]],
  ["scramAuthenticator", (options) => scramAuthenticator(nobody, options), [...scramServer, ...channelIds]],
  ["scramDraftAuthenticator", (options) => scramDraftAuthenticator(nobody, options), scramServer],
  ["scram", (options) => scram("joe", "secret", options), scramClient],
  ["scram of ./auth/scram", (options) => scramArgon2("joe", "secret", options), scramClient],
  ["scramDraft", (options) => scramDraft("joe", "secret", options), noRandom],
  ["scramCredentials", (options) => scramCredentials("secret", options), [
    ...noRandom,
    [{ memory: 512 }, 'there is no option "memory"; there are iterations, random'],
  ]],
  ["scramCredentials of ./auth/scram", (options) => credentialsArgon2("secret", cheap(options)), noRandom],
  ["scramDraftCredentials", (options) => scramDraftCredentials("secret", cheap(options)), noRandom],
];

const cases = takers.flatMap(([name, make, wrong]) =>
  wrong.map(([options, why]) => [name, options, why, make] as const)
);

test.each(cases)("%s refuses %j", async (_name, options, why, make) => {
  const made = (async () => await make(options as never))();
  await expect(made).rejects.toMatchObject({ code: "invalid_argument", message: expect.stringContaining(why) });
});

test.each(takers)("%s takes what is undefined for what was not said", async (_name, make) => {
  await make({ random: undefined } as never);
});

function cheap(options: object | null): never {
  return (options === null ? options : { iterations: 1, memory: 8, ...options }) as never;
}
