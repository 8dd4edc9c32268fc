import { afterEach, describe, expect, test, vi } from "vitest";
import { cbor, cryptosign, json, msgpack } from "@izaber/wamp";
import type { AuthMethod, Dict } from "@izaber/wamp";
import { cryptosignAuthenticator, cryptosignPublicKey } from "@izaber/wamp/router";
import type { ChannelIds } from "@izaber/wamp/router";
import { fromHex, toHex } from "../../src/auth/hex.ts";
import { direct } from "../../src/codec/direct.ts";
import { authRouter, countCrypto, joe } from "../support/auth_router.ts";

/** The specification's. */
const VECTORS = [
  {
    channelId: undefined,
    privateKey: "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
    challenge: "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    signature:
      "b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03" +
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  },
  {
    channelId: undefined,
    privateKey: "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd",
    challenge: "b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d",
    signature:
      "d4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660f" +
      "b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d",
  },
  {
    channelId: undefined,
    privateKey: "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b",
    challenge: "b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2",
    signature:
      "7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30b" +
      "b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2",
  },
  {
    channelId: "62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff",
    privateKey: "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
    challenge: "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    signature:
      "9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f" +
      "9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00",
  },
  {
    channelId: "62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff",
    privateKey: "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd",
    challenge: "b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d",
    signature:
      "305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01" +
      "d0852a29b460fc92ec943242ac638a053bbacc200512b18b30d15083cbdc9282",
  },
  {
    channelId: "62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff",
    privateKey: "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b",
    challenge: "b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2",
    signature:
      "ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608" +
      "d2b75e24a189a7f78ca776ba36fc53f6c3e31c32f251f2c524f0a44202f2902d",
  },
];

const PRIVATE_KEY = VECTORS[0]!.privateKey;
const OTHER_KEY = VECTORS[1]!.privateKey;
const CHANNEL_ID = fromHex(VECTORS[3]!.channelId, 32)!;

afterEach(() => void vi.restoreAllMocks());

function bound(id: Uint8Array | undefined = CHANNEL_ID, type: string = "tls-unique") {
  return { channelBinding: { type, id: () => id } };
}

async function answer(method: AuthMethod, extra: Dict) {
  return await method.answer({ method: "cryptosign", extra, authextra: {} });
}

test.each(VECTORS)("the specification's signature of $challenge on channel $channelId", async (vector) => {
  const { channelId, privateKey, challenge, signature } = vector;
  const method = cryptosign(privateKey, channelId === undefined ? {} : bound(fromHex(channelId, 32)));
  expect(await answer(method, { challenge, channel_binding: channelId === undefined ? null : "tls-unique" })).toEqual({
    signature,
  });
});

/** RFC 8032, section 7.1, tests 1 and 2. */
test.each([
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  ],
])("the public key of %s", async (privateKey, publicKey) => {
  expect(await cryptosignPublicKey(privateKey)).toBe(publicKey);
  expect(await cryptosignPublicKey(privateKey.toUpperCase())).toBe(publicKey);
  expect(await cryptosignPublicKey(privateKey + publicKey)).toBe(publicKey);
});

test.each(["", "4d57", `${PRIVATE_KEY}0`, `zz${PRIVATE_KEY.slice(2)}`])(
  "%j is no private key, and is not shown",
  (key) => {
    let error: unknown;
    try {
      cryptosign(key);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(`${key.length} characters`),
    });
    if (key.length > 2) expect(String(error)).not.toContain(key);
  },
);

/** joe has the first key. */
async function guarded(channelIds?: ChannelIds) {
  const known = await cryptosignPublicKey(PRIVATE_KEY);
  return authRouter(cryptosignAuthenticator(
    ({ authid = "joe" }, publicKey) => authid === "joe" && publicKey === known ? joe : undefined,
    channelIds === undefined ? {} : { channelIds },
  ));
}

test.each([direct, json, msgpack, cbor])("joins by a key, over %o", async (serializer) => {
  await using on = await guarded();
  const expected = { authid: "joe", authrole: "user", authmethod: "cryptosign", authprovider: "static" };
  expect(await on.join(cryptosign(PRIVATE_KEY), serializer)).toMatchObject(expected);
  expect(await on.join(cryptosign(PRIVATE_KEY, { authid: "joe" }), serializer)).toMatchObject(expected);
  expect(on.failures).toEqual([]);
});

test("joins by a pair of keys that the runtime does not show", async () => {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]) as CryptoKeyPair;
  const known = toHex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  await using on = authRouter(cryptosignAuthenticator((_, publicKey) => publicKey === known ? joe : undefined));
  expect(await on.join(cryptosign(pair))).toMatchObject({ authid: "joe" });
});

test("an unknown key and another's name are refused in the same words", async () => {
  await using on = await guarded();
  const messages: string[] = [];
  for (const auth of [cryptosign(OTHER_KEY, { authid: "joe" }), cryptosign(PRIVATE_KEY, { authid: "eve" })]) {
    const error = await on.join(auth).catch((error) => error);
    expect(error).toMatchObject({ code: "authentication_failed", reason: "wamp.error.authentication_denied" });
    messages.push(error.message.replaceAll(`"${auth.authid}"`, "NAME"));
  }
  expect(new Set(messages).size).toBe(1);
});

test("refusing an unknown key takes the work that refusing a wrong signature takes", async () => {
  await using on = await guarded();
  const work: number[] = [];
  for (const key of [PRIVATE_KEY, OTHER_KEY]) {
    const wire = on.wire();
    const pubkey = await cryptosignPublicKey(key);
    const { challenge } = (await wire.hello("cryptosign", "joe", { pubkey })).options;
    const count = countCrypto();
    expect(await wire.authenticate(`${"0".repeat(128)}${challenge}`)).toMatchObject({ type: "ABORT" });
    work.push(count());
    wire.close();
  }
  expect(work).toEqual([2, 2]);
});

test("what is not the signature of this challenge by this key is refused", async () => {
  await using on = await guarded();
  const pubkey = (await cryptosignPublicKey(PRIVATE_KEY)).toUpperCase();
  const denied = { type: "ABORT", uri: "wamp.error.authentication_denied" };
  const old = on.wire();
  const before = (await old.hello("cryptosign", undefined, { pubkey })).options;
  expect(before).toEqual({ challenge: expect.stringMatching(/^[0-9a-f]{64}$/), channel_binding: null });
  const replayed = (await answer(cryptosign(PRIVATE_KEY), before)).signature;
  for (
    const tamper of [
      () => replayed,
      () => "",
      (right: string) => right.slice(0, 128),
      (right: string) => `0${right}`,
      (right: string) => right.replace(/^../, (two) => two === "00" ? "01" : "00"),
      (right: string) => right.slice(0, 128) + replayed.slice(128),
    ]
  ) {
    const wire = on.wire();
    const { options } = await wire.hello("cryptosign", undefined, { pubkey });
    const { signature } = await answer(cryptosign(PRIVATE_KEY), options);
    expect(await wire.authenticate(tamper(signature))).toMatchObject(denied);
    wire.close();
  }
  expect(await old.authenticate(replayed.toUpperCase())).toMatchObject({ type: "WELCOME" });
  old.close();
  expect(on.failures).toEqual([]);
});

test.each([undefined, "", "00", "zz".repeat(32), 7])("a HELLO with the public key %j is refused", async (pubkey) => {
  await using on = await guarded();
  const wire = on.wire();
  const { type, options } = await wire.hello("cryptosign", "joe", pubkey === undefined ? {} : { pubkey });
  expect([type, options.message]).toEqual(["ABORT", expect.stringContaining("pubkey")]);
  wire.close();
});

test("a public key that is no point of the curve signs nothing", async () => {
  await using on = authRouter(cryptosignAuthenticator(() => joe));
  for (const pubkey of ["f".repeat(64), "0".repeat(64), `02${"0".repeat(62)}`]) {
    const wire = on.wire();
    const { options } = await wire.hello("cryptosign", "joe", { pubkey });
    const { signature } = await answer(cryptosign(PRIVATE_KEY), options);
    expect(await wire.authenticate(signature)).toMatchObject({
      type: "ABORT",
      uri: "wamp.error.authentication_denied",
    });
    wire.close();
  }
  expect(on.failures).toEqual([]);
});

test.each([undefined, "", "00", 7, "zz".repeat(32)])("the challenge %j is not answered", async (challenge) => {
  await expect(answer(cryptosign(PRIVATE_KEY), challenge === undefined ? {} : { challenge })).rejects.toThrow(
    /challenge/,
  );
});

describe("channel binding", () => {
  const channelIds: ChannelIds = (_, type) => type === "tls-unique" ? CHANNEL_ID : undefined;

  test("both ends of one connection join", async () => {
    await using on = await guarded(channelIds);
    expect(await on.join(cryptosign(PRIVATE_KEY, bound()))).toMatchObject({ authid: "joe" });
    expect(await on.join(cryptosign(PRIVATE_KEY))).toMatchObject({ authid: "joe" });
  });

  test("somebody in between is found out", async () => {
    await using on = await guarded(channelIds);
    const other = CHANNEL_ID.map((byte) => byte ^ 1);
    await expect(on.join(cryptosign(PRIVATE_KEY, bound(other)))).rejects.toMatchObject({
      reason: "wamp.error.authentication_denied",
    });
  });

  test("a client does without it only when it did not ask for it", async () => {
    await using on = await guarded();
    await expect(on.join(cryptosign(PRIVATE_KEY, bound()))).rejects.toThrow(/binds to no channel where .*"tls-unique"/);
    await using offering = await guarded(channelIds);
    await expect(offering.join(cryptosign(PRIVATE_KEY, bound(CHANNEL_ID, "tls-exporter")))).rejects.toThrow(
      /"tls-exporter"/,
    );
    const { challenge } = VECTORS[0]!;
    await expect(answer(cryptosign(PRIVATE_KEY), { challenge, channel_binding: "tls-unique" })).rejects.toThrow(
      /the channel "tls-unique" where no channel/,
    );
  });

  test("a transport without a channel id, and an id of another length, say so", async () => {
    await using on = await guarded(channelIds);
    const none = cryptosign(PRIVATE_KEY, { channelBinding: { type: "tls-unique", id: () => undefined } });
    await expect(on.join(none)).rejects.toThrow(/standard WebSocket does not show its TLS connection/);
    await expect(on.join(cryptosign(PRIVATE_KEY, bound(new Uint8Array(12))))).rejects.toThrow(
      /32 bytes, this one has 12/,
    );
  });
});

test("a runtime without Ed25519 says so, on either side", async () => {
  const unsupported = new DOMException("Unrecognized name.", "NotSupportedError");
  await using on = await guarded();
  const wire = on.wire();
  const { options } = await wire.hello("cryptosign", "joe", { pubkey: await cryptosignPublicKey(PRIVATE_KEY) });
  const { signature } = await answer(cryptosign(PRIVATE_KEY), options);
  vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(unsupported);
  const error = await on.join(cryptosign(PRIVATE_KEY)).catch((error) => error);
  expect(error).toMatchObject({ code: "authentication_failed", message: expect.stringMatching(/no Ed25519/) });
  expect(await wire.authenticate(signature)).toMatchObject({ type: "ABORT", uri: "wamp.error.authentication_failed" });
  expect(on.failures).toEqual([expect.objectContaining({ message: expect.stringMatching(/no Ed25519/) })]);
  wire.close();
});

test("a page without crypto.subtle is told where it is had", async () => {
  vi.spyOn(crypto, "subtle", "get").mockReturnValue(undefined as never);
  await expect(cryptosignPublicKey(PRIVATE_KEY)).rejects.toThrow(/https:\/\//);
});
