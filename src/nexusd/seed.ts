import { kind } from "../izaber/config.ts";
import { parseYaml } from "../izaber/yaml.ts";
import { WampError } from "../wire/errors.ts";
import { isUri } from "../wire/uri.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { isPerms } from "./permission_language.ts";
import type { PermissionLine } from "./permission_language.ts";
import { parsePattern, PatternError } from "./permission_pattern.ts";

/** A user of a seed; the password is in plain text. */
export interface SeedUser {
  /** The login, in lower case. */
  readonly login: string;
  /** The password; a user without one cannot log in. */
  readonly password: string | null;
  /** The role; null for the default one. */
  readonly role: string | null;
  /** Whether the user may log in. */
  readonly enabled: boolean;
  /** Where the password is checked. */
  readonly source: string;
  /** The full name. */
  readonly name: string | null;
  /** The mail address. */
  readonly email: string | null;
  /** The user principal name. */
  readonly upn: string | null;
  /** The fields that it names; a seed that is applied later leaves the others as they are (default all). */
  readonly named?: readonly string[];
}

/** What an empty store is filled with. */
export interface Seed {
  /** What it was read from. */
  readonly file: string;
  /** Its text, by which it is recognized. */
  readonly text: string;
  /** The realm, if it names one. */
  readonly realm: string | undefined;
  /** The roles and what they may do. */
  readonly roles: ReadonlyMap<string, readonly PermissionLine[]>;
  /** The sources of logins and what they may do at most. */
  readonly restrictions: ReadonlyMap<string, readonly PermissionLine[]>;
  /** The users. */
  readonly users: readonly SeedUser[];
}

const USER_KEYS = ["login", "password", "role", "name", "email", "upn", "source", "enabled"];

/**
 * Reads a seed: a YAML text with `realm`, `roles`, `restrictions` and `users`.
 *
 * @param text The text.
 * @param file What error messages call it: a file's path.
 * @returns The seed.
 * @throws {WampError} `config_malformed` when it is not YAML, `config_invalid` when something in it is unknown, missing or of the wrong kind; the
 * message names the place and the remedy.
 *
 * @example
 * ```ts
 * import { parseSeed } from "@izaber/wamp/nexusd";
 *
 * const seed = parseSeed(
 *   `
 * roles:
 *   frontend:
 *     - { uri: "com.example.*", perms: "cs" }
 * users:
 *   - { login: "USERNAME", password: "PASSWORD", role: "frontend" }
 * `,
 *   "seed.yaml",
 * );
 * if (seed.users[0]?.login !== "username") throw new Error("unexpected");
 * ```
 */
export function parseSeed(text: string, file: string): Seed {
  const reader = new SeedReader(file);
  const seed = reader.dict("the seed", parseYaml(text, file) ?? {}, ["realm", "roles", "restrictions", "users"]);
  const realm = reader.optionalText("realm", seed["realm"]);
  if (realm !== null && !isUri(realm)) throw reader.wrong("realm", seed["realm"], 'a name such as "izaber"');
  return {
    file,
    text,
    realm: realm ?? undefined,
    roles: reader.permissions("roles", seed["roles"]),
    restrictions: reader.permissions("restrictions", seed["restrictions"]),
    users: reader.users(seed["users"]),
  };
}

class SeedReader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  permissions(place: string, value: WampValue): Map<string, PermissionLine[]> {
    const byName = new Map<string, PermissionLine[]>();
    for (const [name, lines] of Object.entries(this.dict(place, value ?? {}))) {
      const at = `${place}.${name}`;
      byName.set(name, this.#list(at, lines).map((line, index) => this.#line(`${at}[${index}]`, line)));
    }
    return byName;
  }

  users(value: WampValue): SeedUser[] {
    const seen = new Map<string, string>();
    return this.#list("users", value).map((entry, index) => {
      const place = `users[${index}]`;
      const user = this.#user(place, entry);
      const before = seen.get(user.login);
      if (before !== undefined) {
        throw this.#error(
          `${place}.login "${user.login}" is that of ${before}, too`,
          "give each user a login of its own",
        );
      }
      seen.set(user.login, place);
      return user;
    });
  }

  optionalText(place: string, value: WampValue): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value !== "string" || value === "") throw this.wrong(place, value, "a text, in quotes if need be");
    return value;
  }

  dict(place: string, value: WampValue, known?: readonly string[]): Dict {
    if (!isDict(value)) throw this.wrong(place, value, "a mapping (key: value)");
    const unknown = Object.keys(value).find((key) => known !== undefined && !known.includes(key));
    if (unknown !== undefined) {
      throw this.#error(`${place} has the unknown key "${unknown}"`, `there are ${known!.join(", ")}`);
    }
    return value;
  }

  wrong(place: string, value: WampValue, expected: string): WampError {
    // Passwords are among the users, or in whatever stands in place of them.
    const isSecret = place === "the seed" || place.startsWith("users");
    const shown = value === undefined ? "missing" : isSecret ? kind(value) : JSON.stringify(value) ?? String(value);
    return this.#error(
      `${place} is ${shown.length > 200 ? `${shown.slice(0, 200)}...` : shown}`,
      `it has to be ${expected}`,
    );
  }

  #line(place: string, value: WampValue): PermissionLine {
    const line = this.dict(place, value, ["uri", "perms"]);
    const { uri, perms } = line;
    if (typeof uri !== "string") throw this.wrong(`${place}.uri`, uri, 'a pattern such as "com.example.*"');
    if (typeof perms !== "string" || !isPerms(perms)) {
      throw this.wrong(`${place}.perms`, perms, 'letters out of "crspoq", each with "+" or "!" behind it if need be');
    }
    try {
      parsePattern(uri);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw this.#error(`${place}.uri cannot be used: ${error.message}`, "correct the pattern", error);
    }
    return { uri, perms };
  }

  #user(place: string, value: WampValue): SeedUser {
    const user = this.dict(place, value, USER_KEYS);
    const text = (key: string) => this.optionalText(`${place}.${key}`, user[key]);
    const login = text("login")?.toLowerCase();
    if (login === undefined || login.trim() === "") throw this.wrong(`${place}.login`, user["login"], "a text");
    const { enabled = true } = user;
    if (typeof enabled !== "boolean") throw this.wrong(`${place}.enabled`, enabled, "true or false");
    return {
      login,
      password: text("password"),
      role: text("role"),
      enabled,
      source: text("source") ?? "local",
      name: text("name"),
      email: text("email"),
      upn: text("upn"),
      named: Object.keys(user),
    };
  }

  #list(place: string, value: WampValue): readonly WampValue[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.wrong(place, value, "a list (lines that begin with -)");
    return value;
  }

  #error(what: string, remedy: string, cause?: unknown): WampError {
    return new WampError("config_invalid", `Cannot use the seed ${this.#file}: ${what}; ${remedy}`, { cause });
  }
}
