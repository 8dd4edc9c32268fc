import type { LoginSource, LoginVerdict } from "./login_sources.ts";
import type { Passwords } from "./passwords.ts";
import type { PermissionLine } from "./permission_language.ts";
import { DEFAULT_ROLE } from "./roles.ts";
import type { UserRecord, Users } from "./users.ts";

/** A credential that was accepted. */
export interface Accepted {
  /** Whose it is. */
  readonly user: UserRecord;
  /** The role that it gives. */
  readonly role: string;
  /** That role where it came with the credential and is not the user's. */
  readonly ownRole: string | undefined;
  /** What accepted it. */
  readonly source: string;
  /** What it allows at most; empty for no limit. */
  readonly restrictions: readonly PermissionLine[];
  /** The id of the API key, if it is one. */
  readonly apiKey: string | undefined;
}

/** What judges credentials. */
export interface LoginDeskContext {
  /** The users. */
  readonly users: Users;
  /** What compares secrets with hashes. */
  readonly passwords: Passwords;
  /** Who is asked about a credential, in this order. */
  readonly sources: readonly LoginSource[];
}

/** Judges credentials: asks the sources, one after the other, until one accepts or denies. */
export class LoginDesk {
  readonly #context: LoginDeskContext;

  /** @param context What it judges by. */
  constructor(context: LoginDeskContext) {
    this.#context = context;
  }

  /**
   * Judges a credential; a one-time password is used up by it.
   *
   * A wrong one takes the time of a derivation for new hashes at least, whether or not there is such a user, or is and may not log in. What is still
   * seen of who exists is the time of a directory, which is not asked about users of other sources, and that of hashes with another salt or number of
   * rounds, which become as new ones when they are used.
   *
   * @param login The login, as it is kept.
   * @param secret What was shown.
   * @returns What it gives, or undefined when it is denied.
   * @throws {WampError} `overflow` when too many wait to be judged already.
   */
  async judge(login: string, secret: string): Promise<Accepted | undefined> {
    if (login.trim() === "" || secret === "") return undefined;
    const { users, passwords, sources } = this.#context;
    const user = users.get(login);
    const check = passwords.check(secret);
    for (const source of sources) {
      if (user === undefined ? source.admitsStrangers !== true : !user.enabled) continue;
      const verdict = await source.judge({ login, secret, check, user });
      if (verdict === "denied") break;
      const accepted = verdict === undefined ? undefined : this.#accepted(source.name, login, verdict, user);
      if (accepted !== undefined) return accepted;
    }
    await check.settle();
    return undefined;
  }

  #accepted(
    source: string,
    login: string,
    verdict: Exclude<LoginVerdict, "denied" | undefined>,
    asked: UserRecord | undefined,
  ): Accepted | undefined {
    // Looked up again: the user may have gone, have been disabled, or have been given another password while the source was thinking.
    const user = this.#context.users.get(login);
    if (user === undefined || !user.enabled || user.uuid !== (verdict.user ?? asked)?.uuid) return undefined;
    const { restrictions, role: ownRole, apiKey, password = user.password } = verdict;
    if (password !== user.password) return undefined;
    return { user, role: ownRole ?? user.role ?? DEFAULT_ROLE, ownRole, source, restrictions, apiKey };
  }
}
