import { expect, test } from "vitest";
import { scram, scramDraft, scramDraftAuthenticator, scramDraftCredentials } from "@izaber/wamp/auth/scram";
import { authRouter, joe } from "../support/auth_router.ts";

const cheap = { iterations: 32, memory: 1_024 };

// What autobahn-python 26.10.2 makes of these.
const password = "p4ssw0rd";
const nonce = "Y2xpZW50LW5vbmNlLTE2IQ==";
const challenge = {
  nonce: "Y2xpZW50LW5vbmNlLTE2IXNlcnZlci1ub25jZS0xNiE=",
  kdf: "argon2id-13",
  salt: "MTIzNDU2Nzg5MGFiY2RlZg==",
  ...cheap,
};
const signature = "3dgQWXOaEOe3l2bl7NH53ChU4uv+Enq90HQPxl9nyaU=";
const proof = "iaHVh3/D3zTPNV7XOSZswEP2hGhq8nU3HziMZ04t8pw=";

test("credentials are those that autobahn-python derives", async () => {
  const random = { bytes: () => new TextEncoder().encode("1234567890abcdef"), number: () => 0 };
  expect(await scramDraftCredentials(password, { ...cheap, random })).toEqual({
    kdf: "argon2id-13",
    ...cheap,
    salt: "MTIzNDU2Nzg5MGFiY2RlZg==",
    storedKey: "cH00WzH0gvgN2cmCjI7lR+zxfmwGyGFvETeNGjaQ1co=",
    serverKey: "JYVhLyN6bKsNXpwz4Tz28EmeQFBthS3SMSOZTXtHRP4=",
  });
});

test("answers a challenge as autobahn-python does, and wants the router's proof", async () => {
  const method = scramDraft("joe", password);
  const answer = await method.answer({ method: "scram", extra: challenge, authextra: { nonce } });
  expect(answer.signature).toBe(signature);
  expect(() => answer.judge!({ authextra: { scram_server_signature: proof } })).not.toThrow();
  expect(() => answer.judge!({ authextra: { scram_server_signature: signature } })).toThrow(/does not know/);
  expect(() => answer.judge!({ authextra: {} })).toThrow(/did not prove/);
});

test("a nonce that does not go on from the client's is not answered", async () => {
  const extra = { ...challenge, nonce: "c2VydmVyLW5vbmNlLTE2IXNlcnZlci1ub25jZS0xNiE=" };
  const answered = async () =>
    await scramDraft("joe", password).answer({ method: "scram", extra, authextra: { nonce } });
  await expect(answered()).rejects.toThrow(/does not go on/);
});

test("a router lets in who knows the password, and denies those who do not or speak the other dialect", async () => {
  const credentials = await scramDraftCredentials(password, cheap);
  const authenticator = scramDraftAuthenticator(
    ({ authid }) => authid === "joe" ? { credentials, principal: joe } : undefined,
    { unknown: cheap },
  );
  await using on = authRouter(authenticator);
  expect(await on.join(scramDraft("joe", password))).toMatchObject({ authid: "joe", authmethod: "scram" });
  for (const auth of [scramDraft("joe", "wrong"), scramDraft("eve", password)]) {
    await expect(on.join(auth)).rejects.toMatchObject({ reason: "wamp.error.authentication_denied" });
  }
  await expect(on.join(scram("joe", password))).rejects.toThrow();
});
