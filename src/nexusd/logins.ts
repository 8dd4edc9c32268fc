import type { Principal } from "../auth/authenticator.ts";
import type { SessionInfo } from "../router/authorization.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import type { PermissionLine } from "./permission_language.ts";
import { recordId } from "./record_ids.ts";

/** A login that was accepted, for as long as a session lives by it. */
export interface Login {
  /** The user's login. */
  readonly login: string;
  /** The id of the user's record, so that a namesake made later is not taken for the user. */
  readonly userId: string;
  /** The role of the session. */
  readonly role: string;
  /** What accepted it: `local`, `otp`, `apikey`. */
  readonly source: string;
  /** What the session may do at most, where the credential says so. */
  readonly restrictions: readonly PermissionLine[];
  /** When the password was last shown, in milliseconds since 1970. */
  authenticatedAt: number;
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
   * @returns Who the session is.
   */
  principal(login: Login, agent: string | undefined): Principal {
    const authextra: Dict = {
      cache_id: recordId(this.#random),
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
