import type { PermissionLine } from "./permission_language.ts";
import type { Passwords } from "./passwords.ts";
import type { UserRecord } from "./users.ts";

/** Somebody who wants to log in. */
export interface LoginAttempt {
  /** The login, in lower case. */
  readonly login: string;
  /** The password or key that was shown. */
  readonly secret: string;
  /** The user of that login, enabled, if there is one. */
  readonly user: UserRecord | undefined;
}

/** What a source says of an attempt: accepted, and with what; denied for good; or nothing, and the next source is asked. */
export type LoginVerdict =
  | {
    /** The role that comes with the credential, where it is not the user's. */
    readonly role?: string;
    /** What the credential allows at most; empty for no limit. */
    readonly restrictions: readonly PermissionLine[];
  }
  | "denied"
  | undefined;

/** One kind of credential. */
export interface LoginSource {
  /** Its name, by which restrictions refer to it. */
  readonly name: string;

  /**
   * Judges an attempt.
   *
   * @param attempt The attempt.
   * @returns What it says.
   */
  judge(attempt: LoginAttempt): LoginVerdict | Promise<LoginVerdict>;
}

/**
 * Checks passwords against the hashes kept here.
 *
 * @param passwords What checks them. For an unknown user it takes the same time.
 * @returns The source `local`.
 */
export function localPasswords(passwords: Passwords): LoginSource {
  return {
    name: "local",
    judge: async ({ user, secret }) => {
      const hash = user?.source === "local" ? user.password : undefined;
      return await passwords.verify(secret, hash) ? { restrictions: [] } : undefined;
    },
  };
}
