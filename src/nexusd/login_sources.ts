import type { ApiKeys } from "./api_keys.ts";
import type { OneTimePasswords } from "./one_time_passwords.ts";
import type { Passwords } from "./passwords.ts";
import type { PermissionLine } from "./permission_language.ts";
import type { SecretCheck } from "./secret_check.ts";
import type { UserRecord, Users } from "./users.ts";

/** Somebody who wants to log in. */
export interface LoginAttempt {
  /** The login, in lower case. */
  readonly login: string;
  /** The password or key that was shown. */
  readonly secret: string;
  /** Compares it with hashes; the sources share it, so that one derivation serves all of them. */
  readonly check: SecretCheck;
  /** The user of that login, enabled; undefined only for a source that {@linkcode LoginSource.admitsStrangers}. */
  readonly user: UserRecord | undefined;
}

/** What a source says of an attempt: accepted, and with what; denied for good; or nothing, and the next source is asked. */
export type LoginVerdict =
  | {
    /** The user, where the source has just made the record (default the one of the attempt). */
    readonly user?: UserRecord;
    /** The role that comes with the credential, where it is not the user's. */
    readonly role?: string;
    /** What the credential allows at most; empty for no limit. */
    readonly restrictions: readonly PermissionLine[];
    /** The id of the API key that was shown: sessions end to be allowed anything when it is gone or over. */
    readonly apiKey?: string;
    /** The hash of the user's password, where that was shown; it counts for nothing when the user has another by now. */
    readonly password?: string | null;
  }
  | "denied"
  | undefined;

/** One kind of credential: a password kept here, a one-time password, an API key, a directory. */
export interface LoginSource {
  /** Its name, by which restrictions refer to it. */
  readonly name: string;
  /** Whether it is asked about logins of which there is no user yet; it then makes the record itself (default false). About disabled users none is asked. */
  readonly admitsStrangers?: boolean;

  /**
   * Judges an attempt.
   *
   * @param attempt The attempt.
   * @returns What it says.
   */
  judge(attempt: LoginAttempt): LoginVerdict | Promise<LoginVerdict>;
}

/**
 * Checks passwords against the hashes kept here; one that was made with other parameters than new ones have is made anew when it fits.
 *
 * @param users The users, who keep it.
 * @param passwords What made it.
 * @param onError Told when the new hash could not be kept; who knows the password gets in all the same.
 * @returns The source `local`.
 */
export function localPasswords(users: Users, passwords: Passwords, onError: (error: unknown) => void): LoginSource {
  return {
    name: "local",
    judge: async ({ login, check, secret, user: asked }) => {
      let user = asked;
      while (user?.source === "local" && await check.fits(user.password)) {
        const { password } = user;
        if (passwords.isCurrent(password)) return { restrictions: [], password };
        const hash = await users.rehash(user, secret).catch((error) => {
          onError(error);
          return password;
        });
        if (hash !== undefined) return { restrictions: [], password: hash };
        user = users.get(login);
      }
      return undefined;
    },
  };
}

/**
 * Takes one-time passwords; each is gone once it has been shown, also when its time is over.
 *
 * @param otps The one-time passwords.
 * @returns The source `otp`.
 */
export function oneTimePasswords(otps: OneTimePasswords): LoginSource {
  return {
    name: "otp",
    judge: async ({ user, check }) => {
      for (const record of user === undefined ? [] : otps.list(user.uuid)) {
        if (!await check.fits(record.key)) continue;
        const ended = otps.hasEnded(record);
        if (!await otps.remove(record.uuid) || ended) return "denied";
        const { permissions: restrictions, role } = record;
        return { restrictions, ...role === null ? {} : { role } };
      }
      return undefined;
    },
  };
}

/**
 * Takes API keys; one whose hash was made with other parameters than new ones have is hashed anew when it fits.
 *
 * @param keys The API keys.
 * @param passwords What makes the hashes.
 * @param onError Told when the new hash could not be kept; who has the key gets in all the same.
 * @returns The source `apikey`.
 */
export function apiKeys(keys: ApiKeys, passwords: Passwords, onError: (error: unknown) => void): LoginSource {
  return {
    name: "apikey",
    judge: async ({ user, check, secret }) => {
      for (const record of user === undefined ? [] : keys.list(user.uuid)) {
        if (!await check.fits(record.key)) continue;
        if (keys.hasEnded(record)) return "denied";
        if (!passwords.isCurrent(record.key)) await keys.rehash(record, secret, user!).catch(onError);
        const { permissions: restrictions, role, uuid } = record;
        return { restrictions, apiKey: uuid, ...role === null ? {} : { role } };
      }
      return undefined;
    },
  };
}
