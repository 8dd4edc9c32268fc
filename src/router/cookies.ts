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
/** Cookies that were handed out in place of a stranger's and not used so far; without theirs strangers get another name. */
const MOST_HEIRS = 4_096;
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
   * One that stands for an anonymous login is to be replaced, since somebody else may have put it into the browser. `memoryCookies` does so each time. It
   * is to stay good until one that replaces it is used: for other tabs that show it at the same time, and for a browser that the answer does not reach.
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

/** A cookie that was handed out in place of a stranger's, and not used so far. */
interface Heir {
  /** The cookie that it is to take the place of. */
  readonly replaces: string;
  readonly login: Login;
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
  const heirs: Map<string, Heir> = new Map();
  const find = (value: string): Login | undefined => {
    const login = logins.get(value) ?? heirs.get(value)?.login;
    if (login === undefined || clock.now() - login.seen <= maxAge * 1_000) return login;
    logins.delete(value);
    heirs.delete(value);
    return undefined;
  };
  /** One that was handed out is in use: what it replaces is not needed any more, unless a user has logged in by that. */
  const settle = (value: string) => {
    const heir = heirs.get(value);
    if (heir === undefined) return;
    heirs.delete(value);
    if (logins.get(heir.replaces)?.principal.authmethod === ANONYMOUS) logins.delete(heir.replaces);
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
        set(heirs, MOST_HEIRS, value, { replaces: heirs.get(shown!)?.replaces ?? shown!, login: known });
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
      settle(value);
      const principal: Principal = { authid, authrole, authmethod, authextra, authprovider: "cookie" };
      const login: Login = { realm, principal, seen: clock.now() };
      if (isFresh || authmethod === ANONYMOUS || isSame(logins.get(value), login)) {
        set(logins, MOST_LOGINS, value, login);
      }
    },
    forget(value) {
      settle(value);
      const login = find(value);
      if (login !== undefined) logins.set(value, { ...login, isForgotten: true });
    },
  };
}

/** Puts something in as the newest; the oldest give way. */
function set<V>(map: Map<string, V>, most: number, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
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
