import type { SentArgs } from "../wire/values.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import type { NexusCall } from "./nexus_call.ts";
import type { PermissionLine } from "./permissions.ts";

/** A password that logs in once. */
export interface OneTimePassword {
  /** The record's id. */
  readonly uuid: string;
  /** Who made it, and where: `login@address`. */
  readonly origin: string;
  /** When it ends, as ISO 8601: ten minutes after it was made; null for never. */
  readonly expires: string | null;
  /** What the session that logs in with it is restricted to; empty for what the user may. */
  readonly permissions: readonly PermissionLine[];
  /** The password itself; only in the answer to `create`. */
  readonly plaintext_key?: string;
  /** The hash of the password. */
  readonly key: string;
  /** The id of the user's record. */
  readonly owner: string;
  /** Whom it logs in. */
  readonly login: string;
}

/** Releases of Nexus have their procedures under one of these; the first is what its documentation says. */
const SPELLINGS = ["my.otp", "my.otps"] as const;

/** The one-time passwords of the session's user. A session that logged in with one may not use them. */
export class OneTimePasswords {
  readonly #call: NexusCall;
  #spelling: typeof SPELLINGS[number] | undefined;

  /** @param call The way to Nexus. */
  constructor(call: NexusCall) {
    this.#call = call;
  }

  /**
   * Makes a one-time password for the session's user.
   *
   * @returns The password; `plaintext_key` is what to log in with.
   * @throws {WampError} `refused` when Nexus does not know the session.
   */
  async create(): Promise<OneTimePassword> {
    const made = await this.#ask<OneTimePassword | false>("create");
    if (made === false) {
      throw new WampError(
        "refused",
        "Cannot make a one-time password: Nexus does not know this session; it restarted its services, connect again",
      );
    }
    return made;
  }

  /**
   * Lists the one-time passwords that have not been used.
   *
   * @returns The passwords, in no order.
   * @throws {RemoteError} `com.izaber.wamp.error` by releases whose list is broken; there, `db.query("otps")` says the same.
   */
  list(): Promise<readonly OneTimePassword[]> {
    return this.#ask<readonly OneTimePassword[]>("list");
  }

  /**
   * Removes a one-time password; harmless when there is none of this id.
   *
   * @param uuid The record's id.
   */
  async delete(uuid: string): Promise<void> {
    await this.#ask("delete", [uuid]);
  }

  async #ask<T>(name: string, args?: SentArgs): Promise<T> {
    const [first, second] = SPELLINGS;
    if (this.#spelling !== undefined) return await this.#call<T>(`${this.#spelling}.${name}`, args);
    try {
      const answer = await this.#call<T>(`${first}.${name}`, args);
      this.#spelling = first;
      return answer;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return await this.#askBy(second, name, args, error);
    }
  }

  async #askBy<T>(
    spelling: typeof SPELLINGS[number],
    name: string,
    args: SentArgs | undefined,
    before: RemoteError,
  ): Promise<T> {
    try {
      const answer = await this.#call<T>(`${spelling}.${name}`, args);
      this.#spelling = spelling;
      return answer;
    } catch (error) {
      throw isMissing(error) ? before : error;
    }
  }
}

function isMissing(error: unknown): error is RemoteError {
  return error instanceof RemoteError && error.uri === ErrorUri.noSuchProcedure;
}
