import type { JoinRequest, JoinStep, Principal } from "../auth/authenticator.ts";
import { toHex } from "../auth/hex.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import type { SessionInfo } from "./authorization.ts";
import { checkCookieOptions } from "./router_options.ts";

const VALUE_BYTES = 24;
const WEEK = 7 * 24 * 60 * 60;
const MOST_LOGINS = 65_536;
const ANONYMOUS = "anonymous";

/**
 * Knows browsers again by a cookie, so that all tabs of one share a login.
 *
 * @see WAMP advanced profile, "Authentication Methods", "Cookie-based Authentication"
 */
export interface CookieKeeper {
  /** The name of the cookie. */
  readonly name: string;

  /**
   * Decides which cookie a connection goes by, before it is upgraded.
   *
   * @param shown The cookie that the client showed, if it did.
   * @returns `value`: that cookie, or another where it is not known; `setCookie`: the HTTP header for the answer, if the browser is to keep it.
   */
  handshake(shown: string | undefined): { readonly value: string; readonly setCookie?: string };

  /**
   * Judges a HELLO that offers `cookie`; it comes before the other methods that are offered.
   *
   * @param value The cookie.
   * @param request Who wants to join.
   * @returns Acceptance, to the realm that the cookie belongs to, or `pass` when it stands for no login.
   */
  recall(value: string, request: JoinRequest): JoinStep | Promise<JoinStep>;

  /**
   * A session has joined on a connection with a cookie.
   *
   * @param value The cookie.
   * @param session The session.
   * @param isFresh Whether this connection's own handshake handed the cookie out. Of one that was shown somebody else may know, who has put it into the
   *   browser: it is to stand for no login but the one that it stood for before.
   */
  remember(value: string, session: SessionInfo, isFresh: boolean): void;

  /**
   * The cookie stands for no login any more: its browser has logged out, or said HELLO without offering `cookie`.
   *
   * @param value The cookie.
   */
  forget(value: string): void;
}

/** What a cookie stands for. */
interface Login {
  readonly realm: string;
  readonly principal: Principal;
  readonly seen: number;
  /** Whether the browser has logged out or come without it since; only the same login makes it good again. */
  readonly isForgotten?: boolean;
}

/**
 * Keeps in memory who logged in by which browser.
 *
 * @param options `name` of the cookie (default `"cbtid"`); `maxAge`: seconds after its last join that a cookie is good for (default a week); `secure`:
 * whether browsers show it on TLS only (default true); `clock` and `random`: where time and randomness come from (default the runtime's).
 * @returns What to hand to a router.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function memoryCookies(
  options: {
    readonly name?: string;
    readonly maxAge?: number;
    readonly secure?: boolean;
    readonly clock?: Clock;
    readonly random?: Random;
  } = {},
): CookieKeeper {
  checkCookieOptions(options);
  const { name = "cbtid", maxAge = WEEK, secure = true, clock = systemClock, random = systemRandom } = options;
  const attributes = `Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  const logins: Map<string, Login> = new Map();
  const find = (value: string): Login | undefined => {
    const login = logins.get(value);
    if (login === undefined || clock.now() - login.seen <= maxAge * 1_000) return login;
    logins.delete(value);
    return undefined;
  };
  const set = (value: string, login: Login) => {
    logins.delete(value);
    logins.set(value, login);
    for (const oldest of logins.keys()) {
      if (logins.size <= MOST_LOGINS) break;
      logins.delete(oldest);
    }
  };
  return {
    name,
    handshake(shown) {
      // One that is not known, or a stranger's, is never taken over, since somebody else may have put it into the browser.
      const known = shown === undefined ? undefined : find(shown);
      const isStrangers = known?.principal.authmethod === ANONYMOUS;
      if (known?.isForgotten !== true && known !== undefined && !isStrangers) return { value: shown! };
      const value = toHex(random.bytes(VALUE_BYTES));
      if (isStrangers && known.isForgotten !== true) {
        logins.delete(shown!);
        set(value, known);
      }
      return { value, setCookie: `${name}=${value}; ${attributes}` };
    },
    recall(value) {
      const login = find(value);
      return login === undefined || login.isForgotten === true
        ? { next: "pass" }
        : { next: "accept", realm: login.realm, principal: login.principal };
    },
    remember(value, { realm, authid, authrole, authmethod, authextra }, isFresh) {
      const principal: Principal = { authid, authrole, authmethod, authextra, authprovider: "cookie" };
      const login: Login = { realm, principal, seen: clock.now() };
      if (isFresh || authmethod === ANONYMOUS || isSame(logins.get(value), login)) set(value, login);
    },
    forget(value) {
      const login = find(value);
      if (login !== undefined) logins.set(value, { ...login, isForgotten: true });
    },
  };
}

/** Whether a cookie that stands, or stood, for one login may stand for the other. */
function isSame(one: Login | undefined, other: Login): boolean {
  return one?.realm === other.realm && one.principal.authid === other.principal.authid &&
    one.principal.authrole === other.principal.authrole && one.principal.authmethod === other.principal.authmethod;
}

const noCookies: { readonly [name: string]: string } = Object.freeze({});

/**
 * Reads the HTTP header `cookie`.
 *
 * @param header The header, if there is one.
 * @returns The cookies by name; of several with the same name the first.
 */
export function parseCookies(header: string | undefined): { readonly [name: string]: string } {
  if (header === undefined) return noCookies;
  const cookies: [string, string][] = [];
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0) cookies.unshift([pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]);
  }
  return Object.fromEntries(cookies);
}
