import { toBase64 } from "../codec/base64.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import type { Random } from "../wire/random.ts";
import type { JoinStep } from "./authenticator.ts";
import { hmac, utf8 } from "./crypto.ts";
import type { Bytes } from "./crypto.ts";

/** What everybody is told whose credentials are not accepted: it does not say whether the user exists. */
export const denied: Extract<JoinStep, { next: "deny" }> = {
  next: "deny",
  reason: ErrorUri.authenticationDenied,
  message: "the credentials were not accepted",
};

/** What is made up for users that do not exist: always the same for a name, as it is for those that do. */
export class UnknownUsers {
  readonly #random: Random;
  #key: Bytes | undefined;

  /**
   * @param random Where the key comes from, if there is none.
   * @param key A text that others do not know.
   */
  constructor(random: Random, key: string | undefined) {
    this.#random = random;
    this.#key = key === undefined ? undefined : utf8(key);
  }

  /** Bytes that look like a user's own. */
  bytes(purpose: string, authid: string): Promise<Bytes> {
    // Not in the constructor: workerd forbids randomness there, where routers are made at module evaluation.
    this.#key ??= this.#random.bytes(32);
    return hmac(this.#key, utf8(`${purpose}:${authid}`));
  }

  /** A salt that looks like a user's own. */
  async salt(authid: string): Promise<string> {
    return toBase64((await this.bytes("salt", authid)).slice(0, 16));
  }
}
