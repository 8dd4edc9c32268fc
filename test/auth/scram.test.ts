import { describe, expect, test, vi } from "vitest";
import { cbor, json, msgpack, scram, ticket } from "@izaber/wamp";
import type { AuthMethod, ChannelBinding, ScramOptions } from "@izaber/wamp";
import { scramAuthenticator, scramCredentials } from "@izaber/wamp/router";
import type { Authenticator, ScramAuthenticatorOptions, ScramCredentials } from "@izaber/wamp/router";
import { direct } from "../../src/codec/direct.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { authRouter, countCrypto, joe } from "../support/auth_router.ts";
import { scripted } from "../support/scripted_client.ts";

/** RFC 7677, section 3, with the values that the specification's own messages carry. */
const RFC_7677 = {
  clientNonce: "rOprNGfwEbeRWgbNEkqO",
  nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
  iterations: 4096,
  proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  verifier: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

type Extra = Record<string, string | number | null>;

function answer(method: AuthMethod, extra: Extra, clientNonce: string = RFC_7677.clientNonce) {
  return method.answer({ method: "wamp-scram", extra, authextra: { nonce: clientNonce } });
}

function challenge(changes: Extra = {}): Extra {
  const { nonce, salt, iterations } = RFC_7677;
  return { nonce, salt, kdf: "pbkdf2", iterations, memory: null, ...changes };
}

describe("RFC 7677's exchange", () => {
  test("the client's proof, and the verifier that it wants for it", async () => {
    const { signature, extra, judge } = await answer(scram("user", "pencil"), challenge());
    expect(signature).toBe(RFC_7677.proof);
    expect(extra).toEqual({ nonce: RFC_7677.nonce, channel_binding: null, cbind_data: null });
    judge!({ authextra: { verifier: `v=${RFC_7677.verifier}` } });
    judge!({ authextra: { verifier: RFC_7677.verifier } });
    for (const authextra of [{ verifier: `v=A${RFC_7677.verifier.slice(1)}` }, { verifier: "" }, { verifier: 1 }, {}]) {
      expect(() => judge!({ authextra })).toThrow(expect.objectContaining({ code: "authentication_failed" }));
    }
    expect(() => judge!({})).toThrow(/authextra\.verifier/);
  });

  test("the router takes the proof, and gives the verifier", async () => {
    const { clientNonce, nonce, salt, iterations } = RFC_7677;
    const bytes = (length: number) => new Uint8Array(length);
    const { storedKey, serverKey } = await scramCredentials("pencil", {
      iterations,
      random: { bytes: () => Uint8Array.from(atob(salt), (one) => one.charCodeAt(0)), number: () => 0 },
    });
    const credentials = { kdf: "pbkdf2", salt, iterations, storedKey, serverKey };
    expect([storedKey, serverKey]).toEqual([
      "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
      "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    ]);
    const authenticator = scramAuthenticator(() => ({ credentials, principal: joe }), {
      random: { bytes, number: () => 0 },
    });
    const client = scram("user", "pencil");
    const step = await authenticator.begin(request("user", { nonce: clientNonce }));
    if (step.next !== "challenge") throw new Error(step.next);
    expect(step.extra).toEqual({ ...challenge(), nonce: `${clientNonce}${"A".repeat(22)}==` });
    const { signature, extra, judge } = await answer(client, step.extra as Extra);
    const last = await step.answered(signature, extra!);
    if (last.next !== "accept") throw new Error(last.next);
    judge!({ ...last.principal });
    expect(nonce.startsWith(clientNonce)).toBe(true);
  });
});

test("a name and a password are prepared by SASLprep, and a comma in a name is escaped", async () => {
  const plain = await answer(scram("user", "IX"), challenge());
  expect((await answer(scram("user", "I\u00adX"), challenge())).signature).toBe(plain.signature);
  expect(scram("\u2168", "x").authid).toBe("IX");
  expect(() => scram("a\u0007", "x")).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  await expect(answer(scram("user", "a\u0007"), challenge())).rejects.toMatchObject({ code: "invalid_argument" });
  // Computed with Python's hashlib.
  expect((await answer(scram("a=b,c", "pencil"), challenge())).signature).toBe(
    "bJKq6Cr+J+Orrk2OQPQOAHxO19l/M9lTgL7yO1DpR34=",
  );
  await using on = authRouter(await users("a=b,c", "pw"));
  expect(await on.join(scram("a=b,c", "pw"))).toMatchObject({ authid: "joe" });
});

describe("a challenge that the client does not answer", () => {
  const nonce = RFC_7677.clientNonce;
  test.each<[string, Extra, RegExp]>([
    ["with the nonce of another join", { nonce: `x${nonce}yz` }, /another join/],
    ["to which the router added nothing", { nonce }, /another join/],
    ["with a comma in the nonce", { nonce: `${nonce},i=1` }, /another join/],
    ["without a nonce", { nonce: null }, /another join/],
    ["with a salt that is no base64", { salt: "W22ZaJ0SNY7soEsUEjb6gQ" }, /base64/],
    ["with a salt of no canonical base64", { salt: "W22ZaJ0SNY7soEsUEjb6gR==" }, /base64/],
    ["without a salt", { salt: "" }, /base64/],
    ["with an unknown key derivation", { kdf: "md5" }, /"md5"/],
    ["with argon2id13, which is elsewhere", { kdf: "argon2id13", memory: 65_536 }, /@izaber\/wamp\/auth\/scram/],
    ["with few iterations", { iterations: 4_095 }, /allowWeak/],
    ["with iterations beyond reason", { iterations: 1e9 }, /1000000000/],
    ["with iterations that are no number", { iterations: "4096x" }, /4096x/],
    ["without iterations", { iterations: null }, /null/],
  ])("%s", async (_, changes, message) => {
    await expect(answer(scram("user", "pencil"), challenge(changes))).rejects.toThrow(message);
  });

  test("few iterations are taken when they are allowed", async () => {
    const weak = scram("user", "pencil", { allowWeak: true });
    expect(await answer(weak, challenge({ iterations: 1 }))).toHaveProperty("signature");
  });
});

const cheap = { iterations: 4_096 };

/** One user; everybody else is unknown. */
async function users(
  name: string,
  password: string,
  options: ScramAuthenticatorOptions = {},
  credentials?: ScramCredentials,
): Promise<Authenticator> {
  const kept = credentials ?? await scramCredentials(password, cheap);
  const user = { credentials: kept, principal: joe };
  return scramAuthenticator(({ authid }) => authid === name ? user : undefined, { unknown: cheap, ...options });
}

function request(authid: string | undefined, authextra: Extra) {
  const peer = { transport: "memory", address: "here" } as const;
  return { realm: "realm1", session: 7, authid, authextra, roles: {}, agent: undefined, peer };
}

test.each([direct, json, msgpack, cbor])("joins by a password, over %o", async (serializer) => {
  await using on = authRouter(await users("joe", "secret"));
  const details = await on.join(scram("joe", "secret"), serializer);
  expect(details).toMatchObject({ authid: "joe", authrole: "user", authmethod: "wamp-scram", authprovider: "static" });
  expect(on.failures).toEqual([]);
});

test("two clients share a method, and join at once", async () => {
  await using on = authRouter(await users("joe", "secret"));
  const auth = scram("joe", "secret");
  const joined = await Promise.all([1, 2, 3].map(() => on.join(auth)));
  expect(joined.map(({ authid }) => authid)).toEqual(["joe", "joe", "joe"]);
});

test("a password from a function is asked for at each join, a string is derived once", async () => {
  await using on = authRouter(await users("joe", "secret"));
  let asked = 0;
  const auth = scram("joe", () => Promise.resolve(++asked === 1 ? "secret" : "wrong"));
  await on.join(auth);
  await expect(on.join(auth)).rejects.toMatchObject({ code: "authentication_failed" });
  expect(asked).toBe(2);
  const derive = vi.spyOn(crypto.subtle, "deriveBits");
  const kept = scram("joe", "secret");
  await on.join(kept);
  await on.join(kept);
  expect(derive).toHaveBeenCalledTimes(1);
  derive.mockRestore();
});

test("whoever does not have the password is refused, in the same words whether the user exists or not", async () => {
  await using on = authRouter(await users("joe", "secret"));
  const messages: string[] = [];
  for (const authid of ["joe", "eve"]) {
    const error = await on.join(scram(authid, "wrong")).catch((error) => error);
    expect(error).toMatchObject({ code: "authentication_failed", reason: "wamp.error.authentication_denied" });
    messages.push(error.message.replaceAll(`"${authid}"`, "NAME"));
  }
  expect(new Set(messages).size).toBe(1);
  expect(on.router.statistics("realm1")?.sessions).toBe(0);
});

test("a user that does not exist is challenged like one that does", async () => {
  await using on = authRouter(await users("joe", "secret", { unknown: { ...cheap, key: "kept" } }));
  const wire = on.wire();
  const nonce = btoa("0123456789abcdef");
  const known = (await wire.hello("wamp-scram", "joe", { nonce })).options;
  const unknown = (await wire.hello("wamp-scram", "eve", { nonce })).options;
  const again = (await wire.hello("wamp-scram", "eve", { nonce })).options;
  const other = (await wire.hello("wamp-scram", undefined, { nonce })).options;
  for (const extra of [known, unknown, other]) {
    expect(extra).toEqual({
      nonce: expect.stringMatching(/^MDEyMzQ1Njc4OWFiY2RlZg==[A-Za-z0-9+/]{22}==$/),
      salt: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
      kdf: "pbkdf2",
      iterations: 4_096,
      memory: null,
    });
  }
  expect(again.salt).toBe(unknown.salt);
  expect(again.nonce).not.toBe(unknown.nonce);
  expect(other.salt).not.toBe(unknown.salt);
  wire.close();
});

test("the proof of another join, another nonce and a proof that is none are worth nothing", async () => {
  await using on = authRouter(await users("joe", "secret"));
  const auth = scram("joe", "secret");
  const nonce = btoa("0123456789abcdef");
  const first = on.wire();
  const heard = (await first.hello("wamp-scram", "joe", { nonce })).options;
  const { signature, extra } = await answer(auth, heard as Extra, nonce);
  const denied = { type: "ABORT", uri: "wamp.error.authentication_denied" };
  const second = on.wire();
  const fresh = (await second.hello("wamp-scram", "joe", { nonce })).options;
  expect(await second.authenticate(signature, extra)).toMatchObject(denied);
  for (
    const [proof, changes] of [
      ["", {}],
      ["not base64", {}],
      [btoa("short"), {}],
      [signature, { nonce: fresh.nonce! }],
      [signature, { channel_binding: "tls-unique" }],
      [signature, { cbind_data: "AAAA" }],
    ] as const
  ) {
    const third = on.wire();
    const { options } = await third.hello("wamp-scram", "joe", { nonce });
    const good = await answer(auth, options as Extra, nonce);
    const tried = proof === signature ? good.signature : proof;
    expect(await third.authenticate(tried, { ...good.extra, ...changes })).toMatchObject(denied);
    third.close();
  }
  expect(await first.authenticate(signature, extra)).toMatchObject({
    type: "WELCOME",
    options: { authextra: { verifier: expect.stringMatching(/^v=[A-Za-z0-9+/]{43}=$/) } },
  });
  first.close();
  second.close();
});

test("refusing a user that does not exist takes the work that refusing another takes", async () => {
  await using on = authRouter(await users("joe", "secret"));
  await expect(on.join(scram("nobody", "wrong"))).rejects.toMatchObject({ code: "authentication_failed" });
  const work: number[] = [];
  for (const authid of ["joe", "eve"]) {
    const count = countCrypto();
    await expect(on.join(scram(authid, "wrong"))).rejects.toMatchObject({ code: "authentication_failed" });
    work.push(count());
  }
  expect(work[0]).toBeGreaterThan(0);
  expect(work[1]).toBe(work[0]);
});

test.each([undefined, "", "a,b", "\u0007", 7])("a HELLO with the nonce %j is refused", async (nonce) => {
  await using on = authRouter(await users("joe", "secret"));
  const wire = on.wire();
  const { type, options } = await wire.hello("wamp-scram", "joe", nonce === undefined ? {} : { nonce });
  expect([type, options.message]).toEqual(["ABORT", expect.stringContaining("nonce")]);
  wire.close();
});

describe("a router that does not know the password gets no session", () => {
  async function impostor(
    details: Record<string, unknown> | undefined,
    auth: AuthMethod | AuthMethod[],
    challenged = true,
  ) {
    const { client, router } = scripted({ auth, reconnect: false });
    const opened = client.open().catch((error) => error);
    const peer = await router.accept();
    const { options } = await peer.next(MessageType.HELLO);
    if (challenged) {
      const { nonce } = options.authextra as { nonce: string };
      peer.send([MessageType.CHALLENGE, "wamp-scram", challenge({ nonce: `${nonce}AAAA` })]);
      await peer.next(MessageType.AUTHENTICATE);
    }
    peer.send([MessageType.WELCOME, 7, details as never]);
    if (client.status !== "connecting") throw new Error(client.status);
    const error = await opened;
    if (error !== undefined) expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.cannot_authenticate");
    await client.close();
    return error;
  }

  const wrong = { authid: "joe", authmethod: "wamp-scram", authextra: { verifier: `v=${RFC_7677.verifier}` } };
  const refused = (text: string) => ({ code: "authentication_failed", message: expect.stringContaining(text) });

  test("whose verifier is wrong", async () => {
    expect(await impostor(wrong, scram("joe", "secret"))).toMatchObject(refused("verifier in WELCOME is wrong"));
  });

  test("that leaves the verifier out", async () => {
    expect(await impostor({ authid: "joe" }, scram("joe", "secret"))).toMatchObject(refused("authextra.verifier"));
  });

  test("that asks nothing", async () => {
    expect(await impostor({ authid: "joe" }, scram("joe", "secret"), false)).toMatchObject(refused("did not prove"));
  });

  test("but one that asks nothing may, where something weaker is offered too", async () => {
    const { client, router } = scripted({ auth: [scram("joe", "secret"), ticket("joe", "secret")] });
    const opened = client.open();
    await (await router.accept()).welcome();
    await opened;
    expect(client.status).toBe("ready");
  });
});

describe("channel binding", () => {
  const id = Uint8Array.from({ length: 12 }, (_, at) => at + 1);
  const binding = (bytes: Uint8Array | undefined = id): ScramOptions => ({
    channelBinding: { type: "tls-unique", id: () => bytes } satisfies ChannelBinding,
  });
  const channelIds = (_: unknown, type: string) => type === "tls-unique" ? id : undefined;

  test("both ends of one connection join", async () => {
    await using on = authRouter(await users("joe", "secret", { channelIds }));
    expect(await on.join(scram("joe", "secret", binding()))).toMatchObject({ authid: "joe" });
    expect(await on.join(scram("joe", "secret"))).toMatchObject({ authid: "joe" });
  });

  test("the proof covers the channel", async () => {
    // Computed with Python's hashlib.
    const { signature, extra } = await answer(scram("user", "pencil", binding()), challenge());
    expect(signature).toBe("zVXz1XnwQ23h6CcyI9BAlKckFr/PGPPtPCjmlqEC9Ck=");
    expect(extra).toMatchObject({ channel_binding: "tls-unique", cbind_data: "AQIDBAUGBwgJCgsM" });
  });

  test.each([{ cbind_data: "AQIDBAUGBwgJCgsN" }, { cbind_data: null }, { channel_binding: "tls-exporter" }])(
    "what goes along with the proof has to be the same: %o",
    async (changes) => {
      await using on = authRouter(await users("joe", "secret", { channelIds }));
      const wire = on.wire();
      const nonce = btoa("0123456789abcdef");
      const { options } = await wire.hello("wamp-scram", "joe", { nonce, channel_binding: "tls-unique" });
      const { signature, extra } = await answer(scram("joe", "secret", binding()), options as Extra, nonce);
      expect(await wire.authenticate(signature, { ...extra, ...changes })).toMatchObject({ type: "ABORT" });
      wire.close();
    },
  );

  test("somebody in between is found out", async () => {
    await using on = authRouter(await users("joe", "secret", { channelIds }));
    await expect(on.join(scram("joe", "secret", binding(id.map((byte) => byte ^ 1))))).rejects.toMatchObject({
      reason: "wamp.error.authentication_denied",
    });
  });

  test("a router without it refuses", async () => {
    await using on = authRouter(await users("joe", "secret"));
    await expect(on.join(scram("joe", "secret", binding()))).rejects.toThrow(/"tls-unique" is not supported/);
  });

  test("a transport without it says so", async () => {
    await using on = authRouter(await users("joe", "secret", { channelIds }));
    const none = scram("joe", "secret", { channelBinding: { type: "tls-unique", id: () => undefined } });
    await expect(on.join(none)).rejects.toThrow(/standard WebSocket does not show its TLS connection/);
  });
});

test("credentials hold what a router needs, a salt of their own, and no password", async () => {
  const [one, two] = await Promise.all([scramCredentials("secret", cheap), scramCredentials("secret", cheap)]);
  expect(one).toEqual({
    kdf: "pbkdf2",
    iterations: 4_096,
    salt: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
    storedKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    serverKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
  });
  expect(two.salt).not.toBe(one.salt);
  expect(two.storedKey).not.toBe(one.storedKey);
  await expect(scramCredentials("secret", { iterations: 0 })).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(scramCredentials("a\u0007", cheap)).rejects.toMatchObject({ code: "invalid_argument" });
});
