import { WampError } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { LoginSource } from "./login_sources.ts";
import type { UserRecord, Users } from "./users.ts";

/** A directory of users and groups outside of Nexus, such as one that speaks LDAP. */
export interface Directory {
  /**
   * Lists the users.
   *
   * @returns Their attributes, lists of values mostly, and `dn`.
   */
  users(): Promise<readonly Dict[]>;

  /**
   * Lists the groups.
   *
   * @returns Their attributes, lists of values mostly, and `dn`.
   */
  groups(): Promise<readonly Dict[]>;

  /**
   * Checks a password.
   *
   * @param login The login, in lower case.
   * @param secret The password; never empty.
   * @returns The attributes of the user whose it is, or undefined when it is wrong or there is no such user.
   */
  authenticate(login: string, secret: string): Promise<Dict | undefined>;
}

/** What is kept of a user of the directory. */
interface DirectoryUser {
  readonly login: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly upn: string | null;
  readonly enabled: boolean;
}

/** The source of users who log in by the directory. */
const SOURCE = "ldap";
/** Of Active Directory's `userAccountControl`. */
const DISABLED = 2;

/**
 * Lets the directory's users log in; who comes for the first time becomes a user here, with the usual role. Those of another source are not asked about,
 * so that nobody becomes a local user by having the same name elsewhere.
 *
 * @param directory The directory.
 * @param users The users, once they are known.
 * @param onError Told when the directory cannot be asked; the login is denied then.
 * @returns The source `ldap`.
 */
export function directoryLogins(
  directory: Directory,
  users: () => Users,
  onError: (error: unknown) => void,
): LoginSource {
  return {
    name: SOURCE,
    admitsStrangers: true,
    judge: async ({ login, secret, user }) => {
      if (user !== undefined && user.source !== SOURCE) return undefined;
      let entry: Dict | undefined;
      try {
        entry = secret === "" ? undefined : await directory.authenticate(login, secret);
      } catch (error) {
        onError(error);
        return undefined;
      }
      const found = entry === undefined ? undefined : directoryUser(entry);
      // A directory may find the same user under other spellings, which are no logins here.
      if (found?.login !== login || (!found.enabled && user === undefined)) return undefined;
      const kept = await keep(users(), found);
      return found.enabled ? { user: kept, restrictions: [] } : undefined;
    },
  };
}

/**
 * Takes over the users of the directory: makes those that are missing, disables those that it has disabled, and brings names and addresses up to date.
 *
 * @param directory The directory.
 * @param users The users.
 * @throws {WampError} When some could not be kept, once all others are; where the store failed another error.
 */
export async function syncDirectory(directory: Directory, users: Users): Promise<void> {
  const errors: unknown[] = [];
  for (const entry of await directory.users()) {
    const found = directoryUser(entry);
    if (found !== undefined) await keep(users, found).catch((error) => errors.push(error));
  }
  if (errors.length === 0) return;
  const [first] = errors;
  const why = first instanceof Error ? first.message : String(first);
  const text = `Cannot keep ${errors.length} users of the directory; the first: ${why}`;
  const cause = new AggregateError(errors, text);
  throw first instanceof WampError ? new WampError(first.code, text, { cause }) : cause;
}

/** Who is disabled at either place may do nothing; what is disabled here an administrator enables here, since why it was is not known. */
async function keep(users: Users, { login, name, email, upn, enabled }: DirectoryUser): Promise<UserRecord> {
  const known = await users.ensure({ login, name, email, upn, enabled, source: SOURCE });
  const isSame = known.name === name && known.email === email && known.upn === upn && (enabled || !known.enabled);
  if (known.source !== SOURCE || isSame) return known;
  return await users.update(login, { name, email, upn, ...!enabled && { enabled } });
}

function directoryUser(entry: Dict): DirectoryUser | undefined {
  const login = text(entry["sAMAccountName"] ?? entry["uid"])?.toLowerCase();
  if (login === undefined || login.trim() === "") return undefined;
  return {
    login,
    name: text(entry["name"] ?? entry["cn"]) ?? null,
    email: text(entry["mail"]) ?? null,
    upn: text(entry["userPrincipalName"]) ?? null,
    enabled: (Number(first(entry["userAccountControl"]) ?? 0) & DISABLED) === 0,
  };
}

function first(value: WampValue): WampValue {
  return Array.isArray(value) ? value[0] : value;
}

function text(value: WampValue): string | undefined {
  const found = first(value);
  return typeof found === "string" && found !== "" ? found : undefined;
}
