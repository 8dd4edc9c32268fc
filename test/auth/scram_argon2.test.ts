import { expect, test } from "vitest";
import { scram as plainScram } from "@izaber/wamp";
import { scram, scramCredentials } from "@izaber/wamp/auth/scram";
import { scramAuthenticator, scramCredentials as plainCredentials } from "@izaber/wamp/router";
import type { ScramCredentials } from "@izaber/wamp/router";
import { authRouter, joe } from "../support/auth_router.ts";

const cheap = { iterations: 32, memory: 1_024 };

function users(credentials: ScramCredentials) {
  return authRouter(scramAuthenticator(({ authid }) => authid === "joe" ? { credentials, principal: joe } : undefined));
}

test("argon2id version 1.3 derives what the reference implementation does", async () => {
  // `echo -n "p4ssw0rd" | argon2 '1234567890abcdef' -id -t 32 -m 9 -p 1 -l 32` gives the salted password
  // ee4a8acf9d5958354fb79a95ae20692d05e42591ba49fae85eb6700e8b0ed293, from which these are.
  const random = { bytes: () => new TextEncoder().encode("1234567890abcdef"), number: () => 0 };
  expect(await scramCredentials("p4ssw0rd", { iterations: 32, memory: 512, random })).toEqual({
    kdf: "argon2id13",
    iterations: 32,
    memory: 512,
    salt: "MTIzNDU2Nzg5MGFiY2RlZg==",
    storedKey: "z1C7pJ8DOPXK5P+YEEUE6I6T9ML4UOXNXgpRiZDP+sk=",
    serverKey: "1hKueochgksR1BdvklaPnCisEaEXTsQaFLne5ZZnQAw=",
  });
});

test("joins by a password whose key is derived by argon2id13, and refuses a wrong one", async () => {
  await using on = users(await scramCredentials("secret", cheap));
  expect(await on.join(scram("joe", "secret"))).toMatchObject({ authid: "joe", authmethod: "wamp-scram" });
  await expect(on.join(scram("joe", "wrong"))).rejects.toMatchObject({ reason: "wamp.error.authentication_denied" });
  await expect(on.join(plainScram("joe", "secret"))).rejects.toThrow(/@izaber\/wamp\/auth\/scram/);
});

test("a user that does not exist is challenged like one whose credentials cost what they do by default", async () => {
  const credentials = await scramCredentials("secret");
  await using on = authRouter(
    scramAuthenticator(({ authid }) => authid === "joe" ? { credentials, principal: joe } : undefined, {
      unknown: { kdf: "argon2id13" },
    }),
  );
  const wire = on.wire();
  const nonce = btoa("0123456789abcdef");
  const known = (await wire.hello("wamp-scram", "joe", { nonce })).options;
  const unknown = (await wire.hello("wamp-scram", "eve", { nonce })).options;
  const cost = { kdf: "argon2id13", iterations: 3, memory: 65_536 };
  expect([known, unknown]).toEqual([expect.objectContaining(cost), expect.objectContaining(cost)]);
  wire.close();
});

test("knows pbkdf2, too", async () => {
  await using on = users(await plainCredentials("secret", { iterations: 4_096 }));
  expect(await on.join(scram("joe", "secret"))).toMatchObject({ authid: "joe" });
});

test.each([
  ["too cheap", { iterations: 1, memory: 512 }, /allowWeak/],
  ["without memory", { iterations: 3 }, /memory none/],
  ["more memory than there may be", { iterations: 1, memory: 2 ** 22 }, /memory 4194304/],
  ["more work than there may be", { iterations: 2 ** 12, memory: 2 ** 16 }, /iterations times KiB/],
])("a challenge is not answered that is %s", async (_, cost, message) => {
  const extra = { nonce: "abcd", salt: "MTIzNDU2Nzg5MGFiY2RlZg==", kdf: "argon2id13", ...cost };
  const answered = async () =>
    await scram("joe", "secret").answer({ method: "wamp-scram", extra, authextra: { nonce: "ab" } });
  await expect(answered()).rejects.toThrow(message);
});
