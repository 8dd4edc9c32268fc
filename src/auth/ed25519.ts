import { fromBase64 } from "../codec/base64.ts";
import { WampError } from "../wire/errors.ts";
import { subtle } from "./crypto.ts";
import type { Bytes } from "./crypto.ts";
import { fromHex, toHex } from "./hex.ts";

/** Signs for one public key. */
export interface Signer {
  /** The public key, in hexadecimal digits. */
  readonly publicKey: string;
  /** Signs a message. */
  sign(message: Bytes): Promise<Bytes>;
}

// What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7).
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/** Reads a private key: 32 bytes in hexadecimal digits, or 64 as libsodium has them, with the public key behind. */
export function privateKeyBytes(text: string): Bytes {
  const bytes = fromHex(text, 32) ?? fromHex(text, 64)?.slice(0, 32);
  if (bytes !== undefined) return bytes;
  throw new WampError(
    "invalid_argument",
    `The private key for cryptosign has to be 64 hexadecimal digits (32 bytes), has ${text.length} characters`,
  );
}

/** Makes a signer of a private key, or of a pair that the runtime keeps. */
export async function signer(key: Bytes | CryptoKeyPair): Promise<Signer> {
  const { publicKey, privateKey } = key instanceof Uint8Array ? await importPair(key) : {
    publicKey: toHex(new Uint8Array(await subtle().exportKey("raw", key.publicKey))),
    privateKey: key.privateKey,
  };
  return {
    publicKey,
    sign: async (message) => new Uint8Array(await subtle().sign("Ed25519", privateKey, message)),
  };
}

/** Whether a signature is that of a public key. A key that is none signs nothing. */
export async function verifies(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  let key: CryptoKey;
  try {
    key = await subtle().importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch (cause) {
    if (cause instanceof Error && cause.name === "NotSupportedError") throw missing(cause);
    return false;
  }
  return await subtle().verify("Ed25519", key, signature, message);
}

async function importPair(seed: Bytes): Promise<{ readonly publicKey: string; readonly privateKey: CryptoKey }> {
  const crypto = subtle();
  try {
    const privateKey = await crypto.importKey("pkcs8", Uint8Array.from([...PKCS8, ...seed]), "Ed25519", true, ["sign"]);
    const { x = "" } = await crypto.exportKey("jwk", privateKey);
    return { privateKey, publicKey: toHex(fromBase64(x.replaceAll("-", "+").replaceAll("_", "/"))) };
  } catch (cause) {
    throw missing(cause);
  }
}

function missing(cause: unknown): WampError {
  return new WampError(
    "authentication_failed",
    "crypto.subtle of this runtime has no Ed25519, which cryptosign needs: Node 22, Deno, Bun, workerd, Chromium 137, Firefox 129 and Safari 17 " +
      "have it; take a later version, or another method such as scram",
    { cause },
  );
}
