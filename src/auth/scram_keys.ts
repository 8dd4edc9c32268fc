import { fromBase64, toBase64 } from "../codec/base64.ts";
import { WampError } from "../wire/errors.ts";
import { anything, checkOptions, randomRule, said } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import { hmac, pbkdf2, sha256, utf8, xor } from "./crypto.ts";
import type { Bytes } from "./crypto.ts";
import { saslprep } from "./saslprep.ts";

/** How much work it takes to derive a key. */
export interface KdfCost {
  /** Rounds. */
  readonly iterations: number;
  /** Memory in KiB, where the function takes it. */
  readonly memory?: number;
}

/** A function that derives a key from a password. */
export interface Kdf {
  /** Its name in CHALLENGE.Extra.kdf. */
  readonly name: string;
  /** What costs when nothing else is said. */
  readonly cost: KdfCost;
  /** The least cost that keeps guessing dear, as a text. */
  readonly least: string;
  /** Whether the cost is below that. */
  weak(cost: KdfCost): boolean;
  /** Why the cost is impossible, or so high that somebody wants the client's processor and not its proof; undefined if it is neither. */
  refuse(cost: KdfCost): string | undefined;
  /** Derives 32 bytes. */
  derive(password: Bytes, salt: Bytes, cost: KdfCost): Promise<Bytes>;
}

/** What a router keeps of a password: enough to check it, not enough to join with it. */
export interface ScramCredentials extends KdfCost {
  /** The key derivation function, `"pbkdf2"` or `"argon2id13"`. */
  readonly kdf: string;
  /** The user's own salt, as base64. */
  readonly salt: string;
  /** StoredKey, as base64. */
  readonly storedKey: string;
  /** ServerKey, as base64. */
  readonly serverKey: string;
}

/** What both sides have said, from which each proves to the other that it knows the password. */
export interface ScramExchange {
  /** HELLO.Details.authid. */
  readonly authid: string;
  /** HELLO.Details.authextra.nonce. */
  readonly clientNonce: string;
  /** The nonce of CHALLENGE. */
  readonly nonce: string;
  /** The salt of CHALLENGE, as base64. */
  readonly salt: string;
  /** The iterations of CHALLENGE. */
  readonly iterations: number;
  /** The channel binding in use, if any. */
  readonly binding: { readonly type: string; readonly id: Bytes } | undefined;
}

const MAX_ITERATIONS = 10_000_000;

/** PBKDF2 with HMAC-SHA256. */
export const pbkdf2Kdf: Kdf = {
  name: "pbkdf2",
  // workerd does no more than this.
  cost: { iterations: 100_000 },
  least: "4096 iterations",
  weak: ({ iterations }) => iterations < 4_096,
  refuse: ({ iterations }) => iterations <= MAX_ITERATIONS ? undefined : `at most ${MAX_ITERATIONS} iterations`,
  derive: (password, salt, { iterations }) => pbkdf2(password, salt, iterations, 32),
};

/** What argon2id costs when nothing else is said; a router that derives no key has to know it, too. */
export const argon2idCost: KdfCost = { iterations: 3, memory: 65_536 };

/** What the client sends, and what it expects in return. */
export async function clientProof(
  saltedPassword: Bytes,
  message: Bytes,
): Promise<{ readonly proof: string; readonly serverSignature: string }> {
  const clientKey = await hmac(saltedPassword, utf8("Client Key"));
  const serverKey = await hmac(saltedPassword, utf8("Server Key"));
  const signature = await hmac(await sha256(clientKey), message);
  return { proof: toBase64(xor(clientKey, signature)), serverSignature: toBase64(await hmac(serverKey, message)) };
}

/** Makes the credentials of a password. */
export async function makeCredentials(
  kdf: Kdf,
  password: string,
  options: Partial<KdfCost> & { readonly random?: Random },
): Promise<ScramCredentials> {
  // Which numbers will do is for the function to say.
  const costs = Object.fromEntries(Object.keys(kdf.cost).map((name) => [name, anything]));
  const example = `{ iterations: ${kdf.cost.iterations} }`;
  checkOptions("Cannot make credentials", options, { ...costs, random: randomRule }, example);
  const { random = systemRandom, ...cost } = said(options);
  const salt = random.bytes(16);
  const asked = { ...kdf.cost, ...cost };
  checkCost(kdf, asked);
  const salted = await kdf.derive(utf8(saslprep(password, "password")), salt, asked);
  return {
    kdf: kdf.name,
    salt: toBase64(salt),
    ...asked,
    storedKey: toBase64(await sha256(await hmac(salted, utf8("Client Key")))),
    serverKey: toBase64(await hmac(salted, utf8("Server Key"))),
  };
}

/** Throws when a function cannot do a cost, or should not. */
export function checkCost(kdf: Kdf, cost: KdfCost): void {
  const counts = [cost.iterations, ...cost.memory === undefined ? [] : [cost.memory]];
  const countable = counts.every((count) => Number.isSafeInteger(count) && count >= 1);
  const allowed = countable ? kdf.refuse(cost) : "whole numbers from 1 on";
  if (allowed === undefined) return;
  throw new WampError(
    "invalid_argument",
    `${kdf.name} takes ${allowed}, and was asked for iterations ${cost.iterations}, memory ${cost.memory ?? "none"}`,
  );
}

/** Reads base64 of the one form that is allowed; undefined if it is another. */
export function strictBase64(text: unknown): Bytes | undefined {
  return typeof text === "string" && CANONICAL.test(text) ? fromBase64(text) : undefined;
}

const CANONICAL = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
