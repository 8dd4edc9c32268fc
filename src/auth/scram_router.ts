import { fromBase64, toBase64 } from "../codec/base64.ts";
import { checkOptions, groupRule, numberRule, oneOf, randomRule, said, text } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import type { Authenticator, JoinRequest, JoinStep, Principal } from "./authenticator.ts";
import { channelIdsRule } from "./channel_binding.ts";
import type { ChannelIds } from "./channel_binding.ts";
import { equal, hmac, sha256, xor } from "./crypto.ts";
import type { Bytes } from "./crypto.ts";
import { NONCE, specified } from "./scram_dialect.ts";
import type { ScramDialect } from "./scram_dialect.ts";
import { argon2idCost, pbkdf2Kdf, strictBase64 } from "./scram_keys.ts";
import type { KdfCost, ScramCredentials, ScramExchange } from "./scram_keys.ts";
import { denied, UnknownUsers } from "./unknown_users.ts";

/** A user who may join by `wamp-scram`. */
export interface ScramUser {
  /** What is kept of the password. */
  readonly credentials: ScramCredentials;
  /** Who the session belongs to. */
  readonly principal: Principal;
}

/** How a router does `wamp-scram`. */
export interface ScramAuthenticatorOptions {
  /**
   * What users that do not exist are challenged with: what most of those who do are, so that the challenge does not tell which exist
   * (default `pbkdf2`; 100,000 iterations of it, or of `argon2id13` 3 with 65,536 KiB of memory, as credentials have them unless asked otherwise). Salts are made from `key`; keep it, so that they stay (default a random one).
   */
  readonly unknown?: Partial<Pick<ScramCredentials, "kdf" | "iterations" | "memory">> & { readonly key?: string };
  /** Gives the id of a client's TLS connection, where clients ask for channel binding (default: they are denied). */
  readonly channelIds?: ChannelIds;
  /** Where nonces come from (default the runtime's). */
  readonly random?: Random;
}

/**
 * Lets sessions join that prove that they know a password of which the router keeps no more than {@linkcode ScramCredentials}, by `pbkdf2` or
 * `argon2id13`. Users that do not exist are challenged and denied like those who give a wrong one.
 *
 * @param lookup Finds a user, also for a HELLO without authid; it may take its time, other sessions do not wait for it.
 * @param options What is made up for unknown users; channel binding; randomness.
 * @returns The router's half of `wamp-scram`.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function scramAuthenticator(
  lookup: (request: JoinRequest) => ScramUser | undefined | Promise<ScramUser | undefined>,
  options: ScramAuthenticatorOptions = {},
): Authenticator {
  return scramRouter(specified, lookup, options, { [pbkdf2Kdf.name]: pbkdf2Kdf.cost, argon2id13: argon2idCost });
}

/**
 * The router's half, in a dialect; `costs` has the functions that its clients know, the usual one first, and what they cost where nothing else is said of users
 * that do not exist.
 */
export function scramRouter(
  dialect: ScramDialect,
  lookup: (request: JoinRequest) => ScramUser | undefined | Promise<ScramUser | undefined>,
  options: ScramAuthenticatorOptions,
  costs: { readonly [kdf: string]: KdfCost },
): Authenticator {
  const kdfs = Object.keys(costs);
  const count = numberRule(1, undefined, "whole");
  checkOptions(`Cannot let in by ${dialect.method}`, options, {
    unknown: groupRule({ kdf: oneOf(...kdfs), iterations: count, memory: count, key: text }),
    channelIds: channelIdsRule,
    random: randomRule,
  }, "{ unknown: { iterations: 100_000 } }");
  const { unknown: { key, kdf = kdfs[0]!, ...cost } = {}, channelIds, random = systemRandom } = options;
  const unknownUsers = new UnknownUsers(random, key);
  const decoy = async (authid: string): Promise<ScramCredentials> => ({
    kdf,
    ...costs[kdf]!,
    ...said(cost),
    salt: await unknownUsers.salt(authid),
    storedKey: toBase64(await unknownUsers.bytes("stored", authid)),
    serverKey: toBase64(await unknownUsers.bytes("server", authid)),
  });
  return {
    method: dialect.method,
    begin: async (request): Promise<JoinStep> => {
      const { nonce: clientNonce, channel_binding: type } = request.authextra;
      if (typeof clientNonce !== "string" || !NONCE.test(clientNonce)) {
        return { ...denied, message: "HELLO.Details.authextra.nonce has to be base64" };
      }
      const binding = typeof type === "string" ? bindingOf(channelIds, request, type) : undefined;
      if (typeof type === "string" && binding === undefined) {
        return { ...denied, message: `the channel binding "${type.slice(0, 100)}" is not supported here` };
      }
      const authid = request.authid ?? "";
      const made = await decoy(authid);
      const found = await lookup(request);
      const credentials = found?.credentials ?? made;
      const nonce = dialect.extendNonce(clientNonce, random);
      const { salt, kdf, iterations, memory = null } = credentials;
      const exchange: ScramExchange = { authid, clientNonce, nonce, salt, iterations, binding };
      return {
        next: "challenge",
        extra: { nonce, salt, kdf, iterations, memory },
        answered: async (signature, extra) => {
          const proof = await verify(dialect, credentials, exchange, signature, extra);
          if (proof === undefined || found === undefined) return denied;
          const { principal } = found;
          const authextra = { ...principal.authextra, [dialect.proof]: dialect.proofPrefix + proof };
          return { next: "accept", principal: { ...principal, authextra } };
        },
      };
    },
  };
}

/** @returns what proves to the client that the router knows the password, too; undefined if the client has not proved it */
async function verify(
  dialect: ScramDialect,
  { storedKey, serverKey }: ScramCredentials,
  exchange: ScramExchange,
  signature: string,
  extra: Dict,
): Promise<string | undefined> {
  const message = dialect.message(exchange);
  const stored = fromBase64(storedKey);
  const proof = strictBase64(signature);
  const clientSignature = await hmac(stored, message);
  const recovered = await sha256(xor(clientSignature, proof?.length === 32 ? proof : new Uint8Array(32)));
  const proved = equal(recovered, stored) && dialect.accepts(exchange, extra);
  return proved ? toBase64(await hmac(fromBase64(serverKey), message)) : undefined;
}

function bindingOf(ids: ChannelIds | undefined, request: JoinRequest, type: string): ScramExchange["binding"] {
  const id: Bytes | undefined = copy(ids?.(request, type));
  return id === undefined ? undefined : { type, id };
}

function copy(bytes: Uint8Array | undefined): Bytes | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}
