import type { Random } from "../wire/random.ts";
import type { AuthMethod } from "./method.ts";
import { scramMethod } from "./scram_client.ts";
import type { ScramOptions } from "./scram_client.ts";
import { makeCredentials, pbkdf2Kdf } from "./scram_keys.ts";
import type { KdfCost, ScramCredentials } from "./scram_keys.ts";

/**
 * Joins with a name and a password that is not sent and that the router does not know either: both prove to each other what they have. The
 * router's proof is required. Users whose keys were derived by `argon2id13` need the function of the same name of `@izaber/wamp/auth/scram`.
 *
 * @param authid Who joins.
 * @param password The password, or a function that is asked for it at each join.
 * @param options Channel binding; whether weak keys are accepted; randomness.
 * @returns The client's half of `wamp-scram`, with the key derivation `pbkdf2`.
 * @throws {WampError} `invalid_argument` when the name is no text or SASLprep does not allow it, or the password neither text nor function.
 *
 * @example
 * ```ts
 * import { connect, scram } from "@izaber/wamp";
 * import { Router, scramAuthenticator, scramCredentials } from "@izaber/wamp/router";
 *
 * const credentials = await scramCredentials("secret"); // once, when the password is set
 * const joe = { credentials, principal: { authid: "joe", authrole: "user", authprovider: "static" } };
 * const authenticator = scramAuthenticator(({ authid }) => authid === "joe" ? joe : undefined);
 * const router = new Router({ realms: [{ name: "realm1", authenticators: [authenticator] }] });
 *
 * await using wamp = await connect(router.local(), { realm: "realm1", auth: scram("joe", "secret") });
 * if (wamp.details?.authrole !== "user") throw new Error("unexpected");
 * ```
 *
 * @see WAMP advanced profile, "Salted Challenge Response Authentication"
 */
export function scram(
  authid: string,
  password: string | (() => string | Promise<string>),
  options: ScramOptions = {},
): AuthMethod {
  return scramMethod([pbkdf2Kdf], authid, password, options);
}

/**
 * Makes of a password what a router keeps in its place, by `pbkdf2`.
 *
 * @param password The password.
 * @param options `iterations` (default 100,000, the most that workerd can do); `random`: where the salt comes from (default the runtime's).
 * @returns The credentials of a user.
 * @throws {WampError} `invalid_argument` when SASLprep does not allow the password, the number is out of range, or there is no such option.
 */
export function scramCredentials(
  password: string,
  options: Pick<Partial<KdfCost>, "iterations"> & { readonly random?: Random } = {},
): Promise<ScramCredentials> {
  return makeCredentials(pbkdf2Kdf, password, options);
}
