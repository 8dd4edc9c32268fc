import { describe, expect, test } from "vitest";
import { cbor, json, msgpack, wampcra } from "@izaber/wamp";
import { deriveCraSecret, wampcraAuthenticator } from "@izaber/wamp/router";
import type { CraUser } from "@izaber/wamp/router";
import { hmac, utf8 } from "../../src/auth/crypto.ts";
import { toBase64 } from "../../src/codec/base64.ts";
import { direct } from "../../src/codec/direct.ts";
import { authRouter, countCrypto, joe } from "../support/auth_router.ts";

const salting = { salt: "salt123", iterations: 1_000, keylen: 32 };

function answer(secret: string, extra: Record<string, string | number | null>) {
  return wampcra("peter", secret).answer({ method: "wampcra", extra, authextra: {} });
}

/** The challenge of the specification, as its JSON was when it was signed. */
const SPECIFIED =
  '{"nonce": "LHRTC9zeOIrt_9U3", "authprovider": "userdb", "authid": "peter", "timestamp": "2014-06-22T16:36:25.448Z", ' +
  '"authrole": "user", "authmethod": "wampcra", "session": 3251278072152162}';

describe("vectors", () => {
  test("the specification's signature, whose secret was salted", async () => {
    expect(await answer("secret1", { challenge: SPECIFIED, ...salting })).toEqual({
      signature: "gir1mSx+deCDUV7wRM5SGIn/+R/ClqLZuH4m7FJeBVI=",
    });
  });

  test("autobahn's derived key and signature", async () => {
    expect(await deriveCraSecret("L3L1YUE8Txlw", { salt: "salt123" })).toBe(
      "qzcdsr9uu/L5hnss3kjNTRe490ETgA70ZBaB5rvnJ5Y=",
    );
    expect(await answer("L3L1YUE8Txlw", { challenge: "[1, 2, 3]", salt: null })).toEqual({
      signature: "1njQtmmeYO41N5EWEzD2kAjjEKRZ5kPZt/TzpYXOzR0=",
    });
  });

  test("iterations and keylen may be missing, and an empty secret is one", async () => {
    const whole = await answer("secret", { challenge: "x", ...salting });
    expect(await answer("secret", { challenge: "x", salt: "salt123" })).toEqual(whole);
    // HMAC-SHA256 of nothing with nothing.
    expect(await answer("", { challenge: "" })).toEqual({ signature: "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=" });
    expect(await answer("", { challenge: "x", salt: "" })).toHaveProperty("signature");
  });
});

test("a challenge that is none, and one that asks for too much work, are not answered", async () => {
  await expect(answer("secret", {})).rejects.toMatchObject({ code: "authentication_failed" });
  for (
    const wrong of [{ iterations: 0 }, { iterations: 1e9 }, { iterations: 1.5 }, { iterations: "9" }, { keylen: 5_000 }]
  ) {
    await expect(answer("secret", { challenge: "x", ...salting, ...wrong })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(String(Object.values(wrong)[0])),
    });
  }
});

/** joe's secret is plain, ann's password is salted. */
async function users(): Promise<(authid: string | undefined) => CraUser | undefined> {
  const ann: CraUser = {
    secret: await deriveCraSecret("ann's password", salting),
    salting,
    principal: { ...joe, authid: "ann", authrole: "admin" },
  };
  return (authid) => authid === "joe" ? { secret: "joe's secret", principal: joe } : authid === "ann" ? ann : undefined;
}

async function guarded(unknown: NonNullable<Parameters<typeof wampcraAuthenticator>[1]>["unknown"] = {}) {
  const find = await users();
  return authRouter(wampcraAuthenticator(({ authid }) => find(authid), { unknown }));
}

test.each([direct, json, msgpack, cbor])("joins by a secret, plain and salted, over %o", async (serializer) => {
  await using on = await guarded();
  expect(await on.join(wampcra("joe", "joe's secret"), serializer)).toMatchObject({
    authid: "joe",
    authrole: "user",
    authmethod: "wampcra",
    authprovider: "static",
  });
  expect(await on.join(wampcra("ann", () => Promise.resolve("ann's password")), serializer)).toMatchObject({
    authid: "ann",
    authrole: "admin",
  });
  expect(on.failures).toEqual([]);
});

test("whoever does not have the secret is refused, in the same words whether the user exists or not", async () => {
  await using on = await guarded();
  const messages: string[] = [];
  for (
    const [authid, secret] of [["joe", "wrong"], ["ann", "wrong"], ["ann", "joe's secret"], ["eve", "wrong"]] as const
  ) {
    const error = await on.join(wampcra(authid, secret)).catch((error) => error);
    expect(error).toMatchObject({ code: "authentication_failed", reason: "wamp.error.authentication_denied" });
    messages.push(error.message.replaceAll(`"${authid}"`, "NAME"));
  }
  expect(new Set(messages).size).toBe(1);
});

test("refusing a user that does not exist takes the work that refusing another takes", async () => {
  await using on = await guarded({ salting });
  await expect(on.join(wampcra("nobody", "wrong"))).rejects.toMatchObject({ code: "authentication_failed" });
  const work: number[] = [];
  for (const authid of ["ann", "eve"]) {
    const count = countCrypto();
    await expect(on.join(wampcra(authid, "wrong"))).rejects.toMatchObject({ code: "authentication_failed" });
    work.push(count());
  }
  expect(work[0]).toBeGreaterThan(0);
  expect(work[1]).toBe(work[0]);
});

test("not even whoever knows the secret that is made up can join as a user that does not exist", async () => {
  await using on = await guarded({ key: "kept" });
  const secret = toBase64(await hmac(utf8("kept"), utf8("secret:eve")));
  await expect(on.join(wampcra("eve", secret))).rejects.toMatchObject({ reason: "wamp.error.authentication_denied" });
});

test("the challenge says who the session will belong to, and is never the same", async () => {
  await using on = await guarded();
  const challenges = [];
  for (let round = 0; round < 2; round++) {
    const wire = on.wire();
    const { type, uri, options } = await wire.hello("wampcra", "joe");
    expect([type, uri, Object.keys(options)]).toEqual(["CHALLENGE", "wampcra", ["challenge"]]);
    challenges.push(JSON.parse(options.challenge as string));
    wire.close();
  }
  for (const challenge of challenges) {
    expect(challenge).toEqual({
      authid: "joe",
      authrole: "user",
      authmethod: "wampcra",
      authprovider: "static",
      nonce: expect.stringMatching(/^[A-Za-z0-9+/]{32}$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      session: expect.any(Number),
    });
  }
  expect(challenges[0].nonce).not.toBe(challenges[1].nonce);
  expect(challenges[0].session).not.toBe(challenges[1].session);
});

test("the signature of another join, and one with more behind it, are worth nothing", async () => {
  await using on = await guarded();
  const first = on.wire();
  const { options } = await first.hello("wampcra", "joe");
  const { signature } = await wampcra("joe", "joe's secret").answer({
    method: "wampcra",
    extra: options,
    authextra: {},
  });
  const longer = on.wire();
  const { signature: right } = await wampcra("joe", "joe's secret").answer({
    method: "wampcra",
    extra: (await longer.hello("wampcra", "joe")).options,
    authextra: {},
  });
  expect(await longer.authenticate(`${right}=`)).toMatchObject({ type: "ABORT" });
  longer.close();
  const second = on.wire();
  await second.hello("wampcra", "joe");
  expect(await second.authenticate(signature)).toMatchObject({
    type: "ABORT",
    uri: "wamp.error.authentication_denied",
  });
  expect(await first.authenticate(signature)).toMatchObject({ type: "WELCOME" });
  expect(on.router.statistics("realm1")?.sessions).toBe(1);
  first.close();
  second.close();
});

test("a user that does not exist is challenged like one that does", async () => {
  await using on = await guarded({ authrole: "admin", salting, key: "kept" });
  const wire = on.wire();
  const known = (await wire.hello("wampcra", "ann")).options;
  const unknown = (await wire.hello("wampcra", "eve")).options;
  const again = (await wire.hello("wampcra", "eve")).options;
  const other = (await wire.hello("wampcra", "mallory")).options;
  const nameless = (await wire.hello("wampcra", undefined)).options;
  const shape = (extra: typeof known) => ({
    ...extra,
    salt: typeof extra.salt,
    challenge: Object.keys(JSON.parse(extra.challenge as string)),
  });
  expect(shape(unknown)).toEqual(shape(known));
  expect(shape(nameless)).toEqual(shape(known));
  expect(JSON.parse(unknown.challenge as string)).toMatchObject({
    authid: "eve",
    authrole: "admin",
    authprovider: "static",
  });
  expect(again.salt).toBe(unknown.salt);
  expect(other.salt).not.toBe(unknown.salt);
  wire.close();

  await using restarted = await guarded({ authrole: "admin", salting, key: "kept" });
  const later = restarted.wire();
  expect((await later.hello("wampcra", "eve")).options.salt).toBe(unknown.salt);
  later.close();
});
