import { WampError } from "../wire/errors.ts";
import { checkOptions, randomRule } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import type { Authenticator, JoinRequest, JoinStep, Principal } from "./authenticator.ts";
import { channelId, channelIdsRule, checkBinding } from "./channel_binding.ts";
import type { ChannelBinding, ChannelIds } from "./channel_binding.ts";
import { equal, xor } from "./crypto.ts";
import type { Bytes } from "./crypto.ts";
import { privateKeyBytes, signer, verifies } from "./ed25519.ts";
import type { Signer } from "./ed25519.ts";
import { fromHex, toHex } from "./hex.ts";
import type { AuthMethod } from "./method.ts";
import { denied } from "./unknown_users.ts";

const CHALLENGE_BYTES = 32;

/**
 * Joins by signing the router's challenge with an Ed25519 key whose public half the router knows.
 *
 * @param key The private key: 32 bytes in hexadecimal digits, or a pair that the runtime keeps and need not show.
 * @param options `authid`: who joins (default: whom the router knows by the key); `channelBinding`: ties the join to the TLS connection below it
 * (default not).
 * @returns The client's half of `cryptosign`.
 * @throws {WampError} `invalid_argument` when the key is malformed.
 *
 * @example
 * ```ts
 * import { connect, cryptosign } from "@izaber/wamp";
 * import { cryptosignAuthenticator, cryptosignPublicKey, Router } from "@izaber/wamp/router";
 *
 * const privateKey = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
 * const known = await cryptosignPublicKey(privateKey);
 * const joe = { authid: "joe", authrole: "user", authprovider: "static" };
 * const authenticator = cryptosignAuthenticator((_request, publicKey) => publicKey === known ? joe : undefined);
 * const router = new Router({ realms: [{ name: "realm1", authenticators: [authenticator] }] });
 *
 * await using wamp = await connect(router.local(), { realm: "realm1", auth: cryptosign(privateKey) });
 * if (wamp.details?.authid !== "joe") throw new Error("unexpected");
 * ```
 *
 * @see WAMP advanced profile, "Cryptosign-based Authentication"
 */
export function cryptosign(
  key: string | CryptoKeyPair,
  options: { readonly authid?: string; readonly channelBinding?: ChannelBinding } = {},
): AuthMethod {
  const { authid, channelBinding } = options;
  const material = typeof key === "string" ? privateKeyBytes(key) : key;
  let made: Promise<Signer> | undefined;
  const sign = () => made ??= signer(material);
  return {
    method: "cryptosign",
    ...(authid === undefined ? {} : { authid }),
    fixed: true,
    authextra: async () => ({
      pubkey: (await sign()).publicKey,
      ...(channelBinding === undefined ? {} : { channel_binding: channelBinding.type }),
    }),
    answer: async ({ extra, authextra }) => {
      checkBinding(channelBinding, authextra);
      const challenge = fromHex(extra.challenge, CHALLENGE_BYTES);
      if (challenge === undefined) {
        throw new WampError("authentication_failed", "CHALLENGE.Extra.challenge has to be 64 hexadecimal digits");
      }
      const bound = extra.channel_binding ?? undefined;
      if (bound !== channelBinding?.type) {
        throw new WampError(
          "authentication_failed",
          `the router binds to ${describe(bound)} where ${describe(channelBinding?.type)} was asked for`,
        );
      }
      const message = channelBinding === undefined ? challenge : bind(challenge, await channelId(channelBinding));
      const signature = await (await sign()).sign(message);
      return { signature: toHex(signature) + toHex(message) };
    },
  };
}

/**
 * Finds the public half of a private key, which a router has to know.
 *
 * @param privateKey The private key: 32 bytes in hexadecimal digits.
 * @returns The public key, in hexadecimal digits.
 * @throws {WampError} `invalid_argument` when the key is malformed, `authentication_failed` when the runtime has no Ed25519.
 */
export async function cryptosignPublicKey(privateKey: string): Promise<string> {
  return (await signer(privateKeyBytes(privateKey))).publicKey;
}

/**
 * Lets sessions join that sign with a key that is known.
 *
 * @param lookup Finds out who a public key belongs to, in lower case hexadecimal digits, and whether that is who `request.authid` says, if it
 * says anything; it may take its time, other sessions do not wait for it.
 * @param options `channelIds`: gives the id of a client's TLS connection, where clients ask for channel binding (default: there is none, and
 * such a client goes no further); `random`: where challenges come from (default the runtime's).
 * @returns The router's half of `cryptosign`.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function cryptosignAuthenticator(
  lookup: (request: JoinRequest, publicKey: string) => Principal | undefined | Promise<Principal | undefined>,
  options: { readonly channelIds?: ChannelIds; readonly random?: Random } = {},
): Authenticator {
  const rules = { channelIds: channelIdsRule, random: randomRule };
  checkOptions("Cannot let in by cryptosign", options, rules, "{ channelIds: (request, type) => id }");
  const { channelIds, random = systemRandom } = options;
  return {
    method: "cryptosign",
    begin: async (request): Promise<JoinStep> => {
      const publicKey = fromHex(request.authextra.pubkey, 32);
      if (publicKey === undefined) {
        return { ...denied, message: "HELLO.Details.authextra.pubkey has to be 64 hexadecimal digits" };
      }
      const principal = await lookup(request, toHex(publicKey));
      const type = request.authextra.channel_binding;
      const id = typeof type === "string" ? channelIds?.(request, type) : undefined;
      const challenge = random.bytes(CHALLENGE_BYTES);
      const message = id === undefined ? challenge : bind(challenge, id);
      return {
        next: "challenge",
        extra: { challenge: toHex(challenge), channel_binding: id === undefined ? null : type! },
        answered: async (answer) => {
          const bytes = fromHex(answer, 96) ?? new Uint8Array(96);
          const signed = equal(bytes.subarray(64), message);
          const verified = await verifies(publicKey, bytes.slice(0, 64), message);
          return signed && verified && principal !== undefined ? { next: "accept", principal } : denied;
        },
      };
    },
  };
}

function bind(challenge: Bytes, id: Uint8Array): Bytes {
  if (id.length === CHALLENGE_BYTES) return xor(challenge, id);
  throw new WampError(
    "authentication_failed",
    `a channel id for cryptosign has ${CHALLENGE_BYTES} bytes, this one has ${id.length}`,
  );
}

function describe(type: unknown): string {
  return type === undefined ? "no channel" : `the channel "${type}"`;
}
