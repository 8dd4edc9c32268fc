import { WampError } from "../wire/errors.ts";
import { given } from "./nexus_call.ts";
import type { NexusCall } from "./nexus_call.ts";
import type { PermissionLine } from "./permissions.ts";

/** A key with which a program logs in as a user, in place of the password. */
export interface ApiKey {
  /** The record's id. */
  readonly uuid: string;
  /** What it is for. */
  readonly description: string;
  /** When it ends, as ISO 8601; null for never. */
  readonly expires: string | null;
  /** What sessions that log in with it are restricted to; empty for what the user may. */
  readonly permissions: readonly PermissionLine[];
  /** The key itself: the password to log in with; null or missing where Nexus does not keep it, but for the answer to `create`. */
  readonly plaintext_key?: string | null;
  /** The hash of the key. */
  readonly key: string;
  /** The id of the user's record. */
  readonly owner: string;
}

/** What can be said of a new key. */
export interface ApiKeyOptions {
  /** What it is for (default nothing). */
  readonly description?: string | undefined;
  /** When it ends (default never). */
  readonly expires?: Date | string | null | undefined;
  /** What sessions that log in with it are restricted to (default nothing: what the user may), as {@linkcode permissions} makes it. */
  readonly permissions?: Iterable<PermissionLine> | undefined;
}

/** The API keys of the session's user. A session that logged in with one may not use them. */
export class ApiKeys {
  readonly #call: NexusCall;

  /** @param call The way to Nexus. */
  constructor(call: NexusCall) {
    this.#call = call;
  }

  /**
   * Makes a key.
   *
   * @param options What is to be said of it.
   * @returns The key; `plaintext_key` is what to log in with.
   * @throws {WampError} `invalid_argument` when `expires` is no time: Nexus would take any text.
   */
  async create(options: ApiKeyOptions = {}): Promise<ApiKey> {
    const { description, expires, permissions } = options;
    const data = given({
      description,
      expires: typeof expires === "string" || expires instanceof Date ? timestamp(expires) : expires,
      permissions: permissions && [...permissions],
    });
    return await this.#call<ApiKey>("my.apikeys.create", Object.keys(data).length === 0 ? [] : [data]);
  }

  /**
   * Lists the keys.
   *
   * @returns The keys, in no order.
   */
  list(): Promise<readonly ApiKey[]> {
    return this.#call<readonly ApiKey[]>("my.apikeys.list");
  }

  /**
   * Removes a key; harmless when there is none of this id.
   *
   * @param uuid The record's id.
   * @throws {RemoteError} `com.izaber.wamp.error.permissiondenied` when it is another user's, `com.izaber.wamp.error` when it is no id.
   */
  async delete(uuid: string): Promise<void> {
    await this.#call("my.apikeys.delete", [uuid]);
  }
}

function timestamp(expires: Date | string): string {
  const time = new Date(expires);
  // Engines make a date of much that Nexus can make none of, such as "5".
  const isText = typeof expires === "string";
  if (Number.isNaN(time.getTime()) || (isText && !/^\d{4}-\d\d-\d\d(?:[T ]|$)/.test(expires))) {
    throw new WampError(
      "invalid_argument",
      `Cannot make an API key: expires is ${
        JSON.stringify(String(expires))
      }, expected a Date or a text such as "2030-01-01T00:00:00-08:00"`,
    );
  }
  // Python's datetime knows the letter Z only since 3.11.
  return isText ? expires : time.toISOString().replace("Z", "+00:00");
}
