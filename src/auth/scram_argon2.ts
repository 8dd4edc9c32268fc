/**
 * `wamp-scram` with `argon2id13`, a key derivation that takes memory as well as time and so makes guessing dear; apart, since it is a
 * package of its own and browsers and workers have no such function.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { scram, scramCredentials } from "@izaber/wamp/auth/scram";
 * import { Router, scramAuthenticator } from "@izaber/wamp/router";
 *
 * const credentials = await scramCredentials("secret", { iterations: 3, memory: 16_384 }); // once, when the password is set
 * const principal = { authid: "joe", authrole: "user", authprovider: "static" };
 * const joe = scramAuthenticator(({ authid }) => authid === "joe" ? { credentials, principal } : undefined);
 * const router = new Router({ realms: [{ name: "realm1", authenticators: [joe] }] });
 *
 * await using wamp = await connect(router.local(), { realm: "realm1", auth: scram("joe", "secret") });
 * if (wamp.details?.authid !== "joe") throw new Error("unexpected");
 * ```
 *
 * @module
 */
import type { Random } from "../wire/random.ts";
import { argon2id13 } from "./argon2id.ts";
import type { AuthMethod } from "./method.ts";
import { scramMethod } from "./scram_client.ts";
import type { ScramOptions } from "./scram_client.ts";
import { makeCredentials, pbkdf2Kdf } from "./scram_keys.ts";
import type { KdfCost, ScramCredentials } from "./scram_keys.ts";

/**
 * Joins as `scram` of `@izaber/wamp` does, also where the user's key was derived by `argon2id13`; the derivation runs in slices of 10 ms.
 *
 * @param authid Who joins.
 * @param password The password, or a function that is asked for it at each join.
 * @param options Channel binding; whether weak keys are accepted; randomness.
 * @returns The client's half of `wamp-scram`, with the key derivations `argon2id13` and `pbkdf2`.
 * @throws {WampError} `invalid_argument` when the name is no text or SASLprep does not allow it, or the password neither text nor function.
 *
 * @see WAMP advanced profile, "Salted Challenge Response Authentication"
 */
export function scram(
  authid: string,
  password: string | (() => string | Promise<string>),
  options: ScramOptions = {},
): AuthMethod {
  return scramMethod([argon2id13, pbkdf2Kdf], authid, password, options);
}

/**
 * Makes of a password what a router keeps in its place, by `argon2id13`.
 *
 * @param password The password.
 * @param options `iterations` (default 3) and `memory` in KiB (default 65,536), which each client has to spend at each login; `random`: where
 * the salt comes from (default the runtime's).
 * @returns The credentials of a user.
 * @throws {WampError} `invalid_argument` when SASLprep does not allow the password, a number is out of range, or there is no such option.
 */
export function scramCredentials(
  password: string,
  options: Partial<KdfCost> & { readonly random?: Random } = {},
): Promise<ScramCredentials> {
  return makeCredentials(argon2id13, password, options);
}

export type { AuthMethod, Challenge, ChallengeAnswer } from "./method.ts";
export type { ChannelBinding, ChannelIds } from "./channel_binding.ts";
export type { KdfCost, ScramCredentials } from "./scram_keys.ts";
export type { ScramOptions } from "./scram_client.ts";
export { scramDraft, scramDraftAuthenticator, scramDraftCredentials } from "./scram_draft.ts";
export type { Authenticator, JoinRequest, JoinStep, Principal } from "./authenticator.ts";
export type { ScramAuthenticatorOptions, ScramUser } from "./scram_router.ts";
export type { Random } from "../wire/random.ts";
