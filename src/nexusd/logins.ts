import type { Principal } from "../auth/authenticator.ts";
import type { SessionInfo } from "../router/authorization.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import { sameLines } from "./permission_language.ts";
import type { PermissionLine } from "./permission_language.ts";
import { recordId } from "./record_ids.ts";

/** For how long after it was shown a password counts for what asks for it (`+`), in milliseconds. */
export const ELEVATED_MS = 120_000;

/** A login that was accepted; the sessions that live by it share it. */
export interface Login {
  /** The user's login. */
  readonly login: string;
  /** The id of the user's record, so that a namesake made later is not taken for the user. */
  readonly userId: string;
  /** The role of the sessions that begin by it. */
  role: string;
  /** The role that came with the credential, where it is not the user's (default the user's, or that of the API key). */
  readonly ownRole?: string | undefined;
  /** By which mark the user's password was known at that time; a cookie is over with it. */
  passwordMark?: string | undefined;
  /** What accepted it: `local`, `otp`, `apikey`, the name of another source. */
  readonly source: string;
  /** What the session may do at most, where the credential says so. */
  readonly restrictions: readonly PermissionLine[];
  /** The id of the API key by which it came; without it the sessions may do nothing. */
  readonly apiKey?: string | undefined;
  /** When the password was last shown, in milliseconds since 1970; 0 when that does not count any more. */
  authenticatedAt: number;
  /** Whether the cookie of the login has expired or was removed, so that its sessions may do nothing any more. */
  ended?: boolean;
  /** What the login lives by, where a browser shares it between its tabs. */
  lease?: Lease;
}

/** What a login lives by. */
export interface Lease {
  /**
   * Tells whether it goes on, and uses it.
   *
   * @returns Whether it does; what has ended never goes on again.
   */
  isAlive(): boolean;

  /** Keeps that the time of the login's password was changed. */
  changed(): Promise<void>;
}

/**
 * Tells whether the sessions of a login may do nothing any more.
 *
 * @param login The login.
 * @returns Whether it has ended.
 */
export function hasEnded(login: Login): boolean {
  return login.ended === true || login.lease?.isAlive() === false;
}

/**
 * Tells for how long a login counts as one whose password was lately shown.
 *
 * @param login The login.
 * @param now The time, in milliseconds since 1970.
 * @returns The milliseconds that are left; less than 0 for none, as where the clock was put back to before the password was shown.
 */
export function elevationOf({ authenticatedAt }: Login, now: number): number {
  return now < authenticatedAt ? -1 : authenticatedAt + ELEVATED_MS - now;
}

/**
 * Tells whether two logins are of one user and may do the same: who has made the one could have made the other.
 *
 * @param one A login.
 * @param other Another.
 * @returns Whether they are.
 */
export function isSameLogin(one: Login | undefined, other: Login): boolean {
  return one !== undefined && one.userId === other.userId && one.ownRole === other.ownRole &&
    one.source === other.source &&
    one.apiKey === other.apiKey && sameLines(one.restrictions, other.restrictions);
}

/**
 * Remembers by which login a session lives.
 *
 * The key is the very object that the principal carries to the session as authextra: nobody can send it, and it goes when the session does.
 */
export class Logins {
  readonly #random: Random;
  readonly #byExtra: WeakMap<Dict, Login> = new WeakMap();

  /** @param random Where the ids of logins come from. */
  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Makes the principal of a session that begins by a login.
   *
   * @param login The login.
   * @param agent The program that the client says it is, if it does.
   * @param id The id by which the session is told of its login (default a new one).
   * @returns Who the session is.
   */
  principal(login: Login, agent: string | undefined, id: string = recordId(this.#random)): Principal {
    const authextra: Dict = {
      cache_id: id,
      has_restrictions: login.restrictions.length > 0,
      authagent: agent ?? "-",
    };
    this.#byExtra.set(authextra, login);
    return { authid: login.login, authrole: login.role, authprovider: "dynamic", authextra };
  }

  /**
   * Finds the login by which a session lives.
   *
   * @param session The session.
   * @returns The login; undefined for an anonymous session and for one of this process.
   */
  of(session: SessionInfo): Login | undefined {
    return this.#byExtra.get(session.authextra);
  }
}
