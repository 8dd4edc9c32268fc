import { toBase64 } from "../codec/base64.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import { equal, utf8 } from "./crypto.ts";
import type { Bytes } from "./crypto.ts";
import { strictBase64 } from "./scram_keys.ts";
import type { ScramExchange } from "./scram_keys.ts";

/** How client and router word what they prove to each other. */
export interface ScramDialect {
  /** The name of the method. */
  readonly method: string;
  /** The nonce of CHALLENGE: what goes on from the client's. */
  extendNonce(clientNonce: string, random: Random): string;
  /** Whether a nonce goes on from the client's. */
  continues(nonce: string, clientNonce: string): boolean;
  /** The text that both sides sign. */
  message(exchange: ScramExchange): Bytes;
  /** AUTHENTICATE.Extra. */
  extra(exchange: Pick<ScramExchange, "nonce" | "binding">): Dict;
  /** Whether AUTHENTICATE.Extra is what it has to be. */
  accepts(exchange: Pick<ScramExchange, "nonce" | "binding">, extra: Dict): boolean;
  /** The name of the router's proof in WELCOME.Details.authextra. */
  readonly proof: string;
  /** What stands before its base64. */
  readonly proofPrefix: string;
}

/** What a side adds to a nonce; the specification asks for base64, RFC 5802 for what is printable. */
export const NONCE: RegExp = /^[\x21-\x2b\x2d-\x7e]{1,1024}$/;

/**
 * `wamp-scram` as the specification has it.
 *
 * @see WAMP advanced profile, "Salted Challenge Response Authentication"
 */
export const specified: ScramDialect = {
  method: "wamp-scram",
  extendNonce: (clientNonce, random) => clientNonce + toBase64(random.bytes(16)),
  continues: (nonce, clientNonce) => nonce.startsWith(clientNonce) && NONCE.test(nonce.slice(clientNonce.length)),
  message({ authid, clientNonce, nonce, salt, iterations, binding }) {
    const name = authid.replaceAll("=", "=3D").replaceAll(",", "=2C");
    const flag = utf8(binding === undefined ? "n,," : `p=${binding.type},,`);
    const channel = toBase64(Uint8Array.from([...flag, ...binding?.id ?? []]));
    return utf8(`n=${name},r=${clientNonce},r=${nonce},s=${salt},i=${iterations},c=${channel},r=${nonce}`);
  },
  extra: ({ nonce, binding }) => ({
    nonce,
    channel_binding: binding?.type ?? null,
    cbind_data: binding === undefined ? null : toBase64(binding.id),
  }),
  accepts: ({ nonce, binding }, extra) => extra.nonce === nonce && sameBinding(binding, extra),
  proof: "verifier",
  proofPrefix: "v=",
};

function sameBinding(binding: ScramExchange["binding"], { channel_binding, cbind_data }: Dict): boolean {
  if (binding === undefined) return (channel_binding ?? null) === null && (cbind_data ?? null) === null;
  const data = strictBase64(cbind_data);
  return channel_binding === binding.type && data !== undefined && equal(data, binding.id);
}
