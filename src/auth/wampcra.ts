import { toBase64 } from "../codec/base64.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import { checkOptions, clockRule, groupRule, numberRule, randomRule, text } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import type { Authenticator, JoinRequest, Principal } from "./authenticator.ts";
import { equal, hmac, pbkdf2, utf8 } from "./crypto.ts";
import type { AuthMethod } from "./method.ts";
import { askSecret, checkLogin } from "./secret.ts";
import { denied, UnknownUsers } from "./unknown_users.ts";

/** How a password is salted for `wampcra`. */
export interface CraSalting {
  /** The salt, a text of its own for each user. */
  readonly salt: string;
  /** Rounds of PBKDF2 (default 1,000). */
  readonly iterations?: number;
  /** The length of the derived key, in bytes (default 32). */
  readonly keylen?: number;
}

/** A user who may join by `wampcra`. */
export interface CraUser {
  /** The secret that client and router share; where the password is salted, what {@linkcode deriveCraSecret} made of it. */
  readonly secret: string;
  /** How the password was salted; absent where it was not. */
  readonly salting?: CraSalting;
  /** Who the session belongs to. */
  readonly principal: Principal;
}

/** How a router does `wampcra`. */
export interface CraOptions {
  /**
   * What users that do not exist are challenged with: what most of those who do are, so that the challenge does not tell which exist
   * (default role `"user"`, provider `"static"`, no salt). Salts are made from `key`; keep it, so that they stay (default a random one).
   */
  readonly unknown?: Partial<Pick<Principal, "authrole" | "authprovider">> & {
    readonly salting?: Omit<CraSalting, "salt">;
    readonly key?: string;
  };
  /** Where nonces come from (default the runtime's). */
  readonly random?: Random;
  /** Where timestamps come from (default the runtime's). */
  readonly clock?: Clock;
}

const DEFAULT_ITERATIONS = 1_000;
const DEFAULT_KEYLEN = 32;
/** A router that asks for more wants the client's processor, not its proof. */
const MAX_ITERATIONS = 10_000_000;
const MAX_KEYLEN = 1_024;

/**
 * Joins with a name and a secret that is not sent: the router's challenge is signed with it. Salted secrets, too.
 *
 * @param authid Who joins.
 * @param secret The secret or password, or a function that is asked for it at each join.
 * @returns The client's half of `wampcra`.
 * @throws {WampError} `invalid_argument` when the name is no text, or the secret neither text nor function.
 *
 * @example
 * ```ts
 * import { connect, wampcra } from "@izaber/wamp";
 * import { Router, wampcraAuthenticator } from "@izaber/wamp/router";
 *
 * const joe = { secret: "secret", principal: { authid: "joe", authrole: "user", authprovider: "static" } };
 * const authenticator = wampcraAuthenticator(({ authid }) => authid === "joe" ? joe : undefined);
 * const router = new Router({ realms: [{ name: "realm1", authenticators: [authenticator] }] });
 *
 * await using wamp = await connect(router.local(), { realm: "realm1", auth: wampcra("joe", "secret") });
 * if (wamp.details?.authrole !== "user") throw new Error("unexpected");
 * ```
 *
 * @see WAMP advanced profile, "Challenge Response Authentication"
 */
export function wampcra(authid: string, secret: string | (() => string | Promise<string>)): AuthMethod {
  checkLogin("wampcra", authid, secret);
  return {
    method: "wampcra",
    authid,
    fixed: typeof secret === "string",
    answer: async ({ extra }) => {
      if (typeof extra.challenge !== "string") {
        throw new WampError("authentication_failed", "CHALLENGE.Extra.challenge has to be a string, and is not");
      }
      const password = await askSecret("wampcra", secret);
      const key = typeof extra.salt === "string" ? await deriveCraSecret(password, saltingOf(extra)) : password;
      return { signature: await sign(key, extra.challenge) };
    },
  };
}

/**
 * Makes of a password what a router keeps in its place.
 *
 * @param password The password.
 * @param salting The salt, and how much work it takes.
 * @returns The derived key as base64, which is the secret of {@linkcode CraUser}.
 * @throws {WampError} `invalid_argument` when iterations or keylen are out of range.
 */
export async function deriveCraSecret(password: string, salting: CraSalting): Promise<string> {
  const { salt, iterations = DEFAULT_ITERATIONS, keylen = DEFAULT_KEYLEN } = salting;
  checkCount("iterations", iterations, MAX_ITERATIONS);
  checkCount("keylen", keylen, MAX_KEYLEN);
  return toBase64(await pbkdf2(utf8(password), utf8(salt), iterations, keylen));
}

/**
 * Lets sessions join that prove by a signature that they know a secret. Users that do not exist are challenged and denied like those who give
 * a wrong one.
 *
 * @param lookup Finds a user, also for a HELLO without authid; it may take its time, other sessions do not wait for it.
 * @param options What is made up for unknown users; clock and randomness.
 * @returns The router's half of `wampcra`.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function wampcraAuthenticator(
  lookup: (request: JoinRequest) => CraUser | undefined | Promise<CraUser | undefined>,
  options: CraOptions = {},
): Authenticator {
  checkOptions("Cannot let in by wampcra", options, {
    unknown: groupRule({
      authrole: text,
      authprovider: text,
      // Those of a user who exists may be given as they are; the salt is made up all the same.
      salting: groupRule({
        salt: text,
        iterations: numberRule(1, MAX_ITERATIONS, "whole"),
        keylen: numberRule(1, MAX_KEYLEN, "whole"),
      }),
      key: text,
    }),
    random: randomRule,
    clock: clockRule,
  }, '{ unknown: { authrole: "guest" } }');
  const { unknown = {}, random = systemRandom, clock = systemClock } = options;
  const unknownUsers = new UnknownUsers(random, unknown.key);
  const decoy = async (authid: string): Promise<CraUser> => ({
    secret: toBase64(await unknownUsers.bytes("secret", authid)),
    principal: { authid, authrole: unknown.authrole ?? "user", authprovider: unknown.authprovider ?? "static" },
    ...(unknown.salting === undefined
      ? {}
      : { salting: { ...unknown.salting, salt: await unknownUsers.salt(authid) } }),
  });
  return {
    method: "wampcra",
    begin: async (request) => {
      const made = await decoy(request.authid ?? "");
      const found = await lookup(request);
      const { secret, salting, principal } = found ?? made;
      const challenge = JSON.stringify({
        authid: principal.authid,
        authrole: principal.authrole,
        authmethod: "wampcra",
        authprovider: principal.authprovider,
        nonce: toBase64(random.bytes(24)),
        timestamp: new Date(clock.now()).toISOString(),
        session: request.session,
      });
      return {
        next: "challenge",
        extra: { challenge, ...(salting === undefined ? {} : challengeOf(salting)) },
        answered: async (signature) => {
          const proved = equal(utf8(await sign(secret, challenge)), utf8(signature));
          return proved && found !== undefined ? { next: "accept", principal } : denied;
        },
      };
    },
  };
}

async function sign(secret: string, challenge: string): Promise<string> {
  return toBase64(await hmac(utf8(secret), utf8(challenge)));
}

function challengeOf({ salt, iterations = DEFAULT_ITERATIONS, keylen = DEFAULT_KEYLEN }: CraSalting): Dict {
  return { salt, iterations, keylen };
}

function saltingOf({ salt, iterations, keylen }: Dict): CraSalting {
  return {
    salt: salt as string,
    iterations: (iterations ?? DEFAULT_ITERATIONS) as number,
    keylen: (keylen ?? DEFAULT_KEYLEN) as number,
  };
}

function checkCount(name: string, value: unknown, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) return;
  throw new WampError("invalid_argument", `${name} has to be a whole number from 1 to ${most}, is ${value}`);
}
