import { fromBase64, toBase64 } from "../codec/base64.ts";
import type { Random } from "../wire/random.ts";
import { argon2id13 } from "./argon2id.ts";
import type { Authenticator, JoinRequest } from "./authenticator.ts";
import { equal, utf8 } from "./crypto.ts";
import type { AuthMethod } from "./method.ts";
import { scramMethod } from "./scram_client.ts";
import type { ScramOptions } from "./scram_client.ts";
import type { ScramDialect } from "./scram_dialect.ts";
import { makeCredentials, strictBase64 } from "./scram_keys.ts";
import type { Kdf, KdfCost, ScramCredentials } from "./scram_keys.ts";
import { scramRouter } from "./scram_router.ts";
import type { ScramAuthenticatorOptions, ScramUser } from "./scram_router.ts";

/**
 * `scram`, the draft of `wamp-scram` that autobahn-python 26.10.2 and Crossbar 26.10.1 speak, where it differs: its name; the router goes on from
 * the bytes of the client's nonce, not from their base64; there is no channel binding, and nothing in its place in the text that is signed;
 * AUTHENTICATE.Extra is empty; the router's proof is `scram_server_signature`.
 */
const draft: ScramDialect = {
  method: "scram",
  extendNonce: (clientNonce, random) =>
    toBase64(Uint8Array.from([...strictBase64(clientNonce) ?? [], ...random.bytes(16)])),
  continues: (nonce, clientNonce) => {
    const [whole, first] = [strictBase64(nonce), fromBase64(clientNonce)];
    return whole !== undefined && whole.length > first.length && equal(whole.slice(0, first.length), first);
  },
  message: ({ authid, clientNonce, nonce, salt, iterations }) =>
    utf8(`n=${authid},r=${clientNonce},r=${nonce},s=${salt},i=${iterations},c=,r=${nonce}`),
  extra: () => ({}),
  accepts: () => true,
  proof: "scram_server_signature",
  proofPrefix: "",
};

/** In the draft it is not the bytes that argon2id gives that are the key, but their base64 without the padding. */
const draftArgon2id: Kdf = {
  ...argon2id13,
  name: "argon2id-13",
  derive: async (password, salt, cost) =>
    utf8(toBase64(await argon2id13.derive(password, salt, cost)).replace(/=+$/, "")),
};

/**
 * Joins as `scram` does, a router that speaks the draft of it only: Crossbar 26.10. Such a router refuses a client that offers `wamp-scram`, too. The
 * draft's `pbkdf2` fails in autobahn-python 26.10.2, and is not here.
 *
 * @param authid Who joins.
 * @param password The password, or a function that is asked for it at each join.
 * @param options Whether weak keys are accepted; randomness.
 * @returns The client's half of the draft, with the key derivation `argon2id-13`.
 * @throws {WampError} `invalid_argument` when SASLprep does not allow the name.
 */
export function scramDraft(
  authid: string,
  password: string | (() => string | Promise<string>),
  options: Omit<ScramOptions, "channelBinding"> = {},
): AuthMethod {
  return scramMethod([draftArgon2id], authid, password, options, draft);
}

/**
 * Makes of a password what a router keeps in its place for those who join by the draft; `wamp-scram` cannot use it.
 *
 * @param password The password.
 * @param options `iterations` (default 3) and `memory` in KiB (default 65,536); `random`: where the salt comes from (default the runtime's).
 * @returns The credentials of a user.
 * @throws {WampError} `invalid_argument` when SASLprep does not allow the password, a number is out of range, or there is no such option.
 */
export function scramDraftCredentials(
  password: string,
  options: Partial<KdfCost> & { readonly random?: Random } = {},
): Promise<ScramCredentials> {
  return makeCredentials(draftArgon2id, password, options);
}

/**
 * Lets sessions join by the draft, as those of autobahn-python 26.10 do, besides or instead of `scramAuthenticator`.
 *
 * @param lookup Finds a user, whose credentials {@linkcode scramDraftCredentials} made.
 * @param options What is made up for unknown users; randomness.
 * @returns The router's half of the draft.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function scramDraftAuthenticator(
  lookup: (request: JoinRequest) => ScramUser | undefined | Promise<ScramUser | undefined>,
  options: Omit<ScramAuthenticatorOptions, "channelIds"> = {},
): Authenticator {
  return scramRouter(draft, lookup, options, { [draftArgon2id.name]: draftArgon2id.cost });
}
