import type { JoinRequest, JoinStep, Principal } from "../auth/authenticator.ts";
import type { SessionInfo } from "../router/authorization.ts";
import type { CookieKeeper } from "../router/cookies.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import type { Random } from "../wire/random.ts";
import { cookieFromRecord, cookieKey, cookieToRecord } from "./cookie_record.ts";
import { Listeners } from "./listeners.ts";
import { isSameLogin } from "./logins.ts";
import { LateWrites } from "./late_writes.ts";
import type { Lease, Login, Logins } from "./logins.ts";
import { keyText, recordId } from "./record_ids.ts";
import { put, remove } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";

/** How browsers are known again. */
export interface CookieOptions {
  /** For how many seconds after its last use a cookie is good; what a session asks for uses it, and every two minutes all sessions do (default a week). */
  readonly maxAge?: number;
  /** Whether browsers show it on TLS only (default false, since they would never show it to a Nexus without TLS; set it where there is TLS). */
  readonly secure?: boolean;
}

/** What the cookies of a Nexus stand on. */
export interface CookieContext {
  /** Where they are kept. */
  readonly store: Store;
  /** By which login a session lives. */
  readonly logins: Logins;
  /** Brings a login up to date for a new session; tells whether it is still good for one. */
  readonly renew: (login: Login) => boolean;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where cookies come from. */
  readonly random: Random;
  /** Told when the store fails; who logged in has to do it again then after a restart. */
  readonly onError: (error: unknown) => void;
}

const COLLECTION = "cookies";
const WEEK = 7 * 24 * 60 * 60;
const SWEEP = 120_000;
/** Cookies in all, and those of one user that no session goes by: programs log in again and again and never show the cookie that they got. */
const MOST = 65_536;
const MOST_IDLE = 100;
/** Cookies of strangers and of nobody any more: whoever can connect can have as many as there are. */
const MOST_WORTHLESS = 4096;

/** A session without a login. */
type Stranger = Pick<Principal, "authid" | "authrole" | "authprovider">;

/** What a cookie stands for. */
interface Entry extends Lease {
  readonly key: string;
  readonly uuid: string;
  readonly created: number;
  /** Who a new session by it is; nobody when it was forgotten. */
  who: { readonly realm: string; readonly authmethod: string; readonly login: Login | Stranger } | undefined;
  /** The login of a user that it stands for, or stood for last: who made that one knows the cookie. */
  known: Login | undefined;
  /** The stranger's that it was handed out in place of, until it is used. */
  replaces: Entry | undefined;
  /** Whether somebody came by it whom it must not stand for, who is to be given another. */
  isSpent: boolean;
  /** The logins that sessions which live came by; a forgotten cookie may have some still. */
  readonly logins: Set<Login>;
  readonly sessions: Set<SessionInfo>;
  touched: number;
  /** For how long after its last use it is good, in milliseconds; each use by a session has it as it is configured by then. */
  maxAge: number;
  /** When the store was last told of its use; undefined while it knows nothing of it. */
  kept: number | undefined;
  /** The user whom it would log in, where no session goes by it. */
  waitsFor: string | undefined;
}

/** Who logged in by which browser. It is there after a restart, with the restrictions of the login and the time of its password. */
export class Cookies implements CookieKeeper {
  /** The name of the cookie. */
  readonly name = "cbtid";

  readonly #context: CookieContext;
  readonly #maxAge: number;
  readonly #attributes: string;
  /** By the hash of the cookie; the one that was used last is the last. */
  readonly #entries: Map<string, Entry> = new Map();
  readonly #bySession: Map<SessionInfo, Entry> = new Map();
  readonly #byId: Map<string, Entry> = new Map();
  /** user -> cookies that log the user in and that no session goes by; the one that was used last is the last */
  readonly #idle: Map<string, Set<Entry>> = new Map();
  /** Those that log no user in. */
  readonly #worthless: Set<Entry> = new Set();
  readonly #writes: LateWrites;
  #timer: Timer | undefined;
  readonly #listeners: Listeners<[]> = new Listeners();

  /**
   * @param context What they stand on.
   * @param options How browsers are known again.
   */
  constructor(context: CookieContext, options: CookieOptions = {}) {
    const { maxAge = WEEK, secure = false } = options;
    this.#context = context;
    this.#writes = new LateWrites(context.store, context.onError, MOST);
    this.#maxAge = maxAge * 1000;
    this.#attributes = `Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  }

  /**
   * Tells somebody else, too, of cookies that are taken from browsers.
   *
   * @param removed Told when one was removed, by which its logins have ended; it must neither throw nor take long.
   */
  observe(removed: () => void): void {
    this.#listeners.add(removed);
  }

  /** Reads what is kept, and begins to remove what is over. */
  async open(): Promise<void> {
    for (const { key, value } of await this.#context.store.list(COLLECTION)) {
      const record = cookieFromRecord(value);
      if (record === undefined) continue;
      const { uuid, authrealm: realm, authmethod, login, created, modified, maxAge } = record;
      const entry = this.#entry(key, uuid, created * 1000);
      entry.who = { realm, authmethod, login };
      entry.known = login;
      entry.touched = entry.kept = modified * 1000;
      if (maxAge !== undefined) entry.maxAge = maxAge * 1000;
      this.#bind(entry, login);
      this.#file(entry);
    }
    this.#sweep();
  }

  /** Keeps what was used when, and stops. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    const now = this.#context.clock.now();
    for (const entry of this.#inUse()) entry.touched = now;
    const dirty = [...this.#entries.values()].filter((entry) => entry.kept !== undefined && entry.touched > entry.kept);
    this.#writes.add(dirty.flatMap((entry) => this.#operation(entry)));
    await this.#writes.write();
  }

  /**
   * Decides which cookie a connection goes by. One that is not known is never taken over, nor a stranger's that nobody goes by any more: somebody else may
   * have put it into the browser, and who logs in next is to have one that is known to nobody else.
   */
  handshake(shown: string | undefined): { readonly value: string; readonly setCookie?: string } {
    const entry = shown === undefined ? undefined : this.#find(shown);
    const isUsers = entry?.who !== undefined && !isStranger(entry.who.login);
    if (entry !== undefined && (isUsers || (entry.sessions.size > 0 && !entry.isSpent))) return { value: shown! };
    const value = keyText(this.#context.random);
    if (entry?.who !== undefined) this.#succeed(entry, value);
    return { value, setCookie: `${this.name}=${value}; ${this.#attributes}` };
  }

  /** Judges a HELLO that offers `cookie`. */
  recall(value: string, request: JoinRequest): JoinStep {
    const { logins, renew } = this.#context;
    const who = this.#find(value)?.who;
    if (who === undefined) return { next: "pass" };
    const { realm, authmethod, login } = who;
    const provided = { authmethod, authprovider: "cookie" };
    if (isStranger(login)) {
      const authextra = { authagent: request.agent ?? "-" };
      return { next: "accept", realm, principal: { ...login, ...provided, authextra } };
    }
    if (!renew(login)) {
      this.forget(value);
      return { next: "pass" };
    }
    const principal = logins.principal(login, request.agent, this.idOf(value));
    return { next: "accept", realm, principal: { ...principal, ...provided } };
  }

  /**
   * A session has joined on a connection with a cookie. One that the connection's own handshake has not handed out may be known to somebody else: it comes
   * to stand for no user but the one whom it stood for before.
   */
  remember(value: string, session: SessionInfo, isFresh: boolean): void {
    const { logins, clock } = this.#context;
    const { authid, authrole, authmethod, authextra, realm } = session;
    if (authmethod === "local") return;
    const login = logins.of(session);
    const key = cookieKey(value);
    const id = typeof authextra["cache_id"] === "string" && login !== undefined ? authextra["cache_id"] : undefined;
    const entry = this.#find(value) ?? this.#entry(key, id ?? recordId(this.#context.random), clock.now());
    this.#settle(entry);
    entry.sessions.add(session);
    this.#bySession.set(session, entry);
    this.#file(entry);
    this.#use(entry);
    if (login !== undefined) this.#bind(entry, login);
    if (session.authprovider === "cookie") return;
    if (login !== undefined && !isFresh && !isSameLogin(entry.known, login)) {
      entry.isSpent = true;
      if (entry.who === undefined) this.#devalue(entry);
      return;
    }
    entry.who = { realm, authmethod, login: login ?? { authid, authrole, authprovider: "static" } };
    if (login === undefined) {
      this.#devalue(entry);
    } else {
      entry.known = login;
      this.#worthless.delete(entry);
    }
    this.#keep(entry);
    this.#prune(login?.userId);
  }

  /** The cookie stands for no login any more; sessions that live by it go on. */
  forget(value: string): void {
    const entry = this.#find(value);
    if (entry === undefined) return;
    this.#settle(entry);
    entry.who = undefined;
    this.#unkeep(entry);
    this.#file(entry);
    this.#devalue(entry);
  }

  /**
   * Lets the cookies of a user live on with another mark of the password.
   *
   * @param userId The id of the user's record.
   * @param before The mark that they have.
   * @param after The mark that they get.
   */
  remark(userId: string, before: string, after: string): void {
    for (const entry of this.#entries.values()) {
      const login = entry.who?.login;
      if (login === undefined || isStranger(login) || login.userId !== userId) continue;
      if (login.passwordMark !== before) continue;
      login.passwordMark = after;
      this.#keep(entry);
    }
  }

  /**
   * Gives the id by which sessions are told of a cookie.
   *
   * @param value The cookie, if there is one.
   * @returns Its id, or undefined when it is not known.
   */
  idOf(value: string | undefined): string | undefined {
    return value === undefined ? undefined : this.#find(value)?.uuid;
  }

  /**
   * Removes a cookie: its sessions end.
   *
   * @param uuid Its id.
   * @returns Whether it was there.
   */
  remove(uuid: string): boolean {
    const entry = this.#byId.get(uuid);
    if (entry === undefined) return false;
    this.#end(entry);
    this.#listeners.tell();
    return true;
  }

  /**
   * Tells whether a cookie logs a user in.
   *
   * @param uuid Its id.
   * @returns Whether it is there and does.
   */
  has(uuid: string): boolean {
    return this.#byId.get(uuid)?.kept !== undefined;
  }

  /** A session has left. */
  left(session: SessionInfo): void {
    const entry = this.#bySession.get(session);
    if (entry === undefined) return;
    this.#bySession.delete(session);
    entry.sessions.delete(session);
    this.#unbind(entry, this.#context.logins.of(session));
    this.#file(entry);
    if (entry.who === undefined && entry.sessions.size === 0) this.#drop(entry);
    else this.#use(entry);
  }

  #find(value: string): Entry | undefined {
    const entry = this.#entries.get(cookieKey(value));
    return entry?.isAlive() === true ? entry : undefined;
  }

  #entry(key: string, uuid: string, created: number): Entry {
    const entry: Entry = {
      key,
      uuid,
      created,
      who: undefined,
      known: undefined,
      replaces: undefined,
      isSpent: false,
      logins: new Set(),
      sessions: new Set(),
      touched: created,
      maxAge: this.#maxAge,
      kept: undefined,
      waitsFor: undefined,
      isAlive: () => this.#isAlive(entry),
      changed: async () => {
        if (entry.kept !== undefined) await this.#write(this.#operation(entry));
      },
    };
    this.#entries.set(key, entry);
    this.#byId.set(uuid, entry);
    return entry;
  }

  /** Lets a stranger go by another cookie, too: other tabs may show the old one at the same time, and the answer may not reach the browser. */
  #succeed(entry: Entry, value: string): void {
    const successor = this.#entry(cookieKey(value), recordId(this.#context.random), this.#context.clock.now());
    successor.who = entry.who;
    successor.replaces = entry.replaces ?? entry;
    this.#devalue(successor);
  }

  /** One that was handed out is in use: what it replaces is not needed any more, unless a user has logged in by that. */
  #settle(entry: Entry): void {
    const { replaces } = entry;
    entry.replaces = undefined;
    const login = replaces?.who?.login;
    if (login !== undefined && isStranger(login) && replaces!.sessions.size === 0) this.#drop(replaces!);
  }

  #devalue(entry: Entry): void {
    this.#worthless.add(entry);
    for (const oldest of this.#worthless) {
      if (this.#worthless.size <= MOST_WORTHLESS) break;
      // One by which a user's session lives goes with the session; until then it can be found and ended.
      if (oldest.sessions.size === 0 || oldest.logins.size === 0) this.#drop(oldest);
    }
  }

  #bind(entry: Entry, login: Login): void {
    login.lease = entry;
    entry.logins.add(login);
  }

  /** A login that no session goes by any more is over, unless the cookie stands for it: a browser may log in any number of times. */
  #unbind(entry: Entry, login: Login | undefined): void {
    if (login === undefined || login === entry.who?.login) return;
    const { logins } = this.#context;
    if (![...entry.sessions].some((session) => logins.of(session) === login)) entry.logins.delete(login);
  }

  /** Notes for whom a cookie waits, so that those of one user are found among all. */
  #file(entry: Entry): void {
    const login = entry.who?.login;
    const isIdle = entry.sessions.size === 0 && this.#isKnown(entry);
    const user = isIdle && login !== undefined && "userId" in login ? login.userId : undefined;
    const before = entry.waitsFor;
    if (user === before) return;
    entry.waitsFor = user;
    if (before !== undefined) {
      const others = this.#idle.get(before)!;
      others.delete(entry);
      if (others.size === 0) this.#idle.delete(before);
    }
    if (user === undefined) return;
    const own = this.#idle.get(user);
    if (own === undefined) this.#idle.set(user, new Set([entry]));
    else own.add(entry);
  }

  #isAlive(entry: Entry): boolean {
    const age = this.#age(entry);
    if (age > entry.maxAge) {
      this.#end(entry);
      return false;
    }
    if (age > entry.maxAge / 2) this.#use(entry);
    return true;
  }

  /** One that was dropped has sessions still, whose browser may have logged in anew by then: another has its place. */
  #isKnown(entry: Entry): boolean {
    return this.#entries.get(entry.key) === entry;
  }

  #age({ touched }: Entry): number {
    return this.#context.clock.now() - touched;
  }

  #use(entry: Entry): void {
    entry.touched = this.#context.clock.now();
    entry.maxAge = this.#maxAge;
    if (!this.#isKnown(entry)) return;
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    if (entry.kept !== undefined && entry.touched - entry.kept > this.#maxAge / 4) this.#keep(entry);
  }

  #end(entry: Entry): void {
    for (const login of entry.logins) login.ended = true;
    entry.who = undefined;
    this.#unkeep(entry);
    this.#drop(entry);
  }

  #drop(entry: Entry): void {
    if (this.#isKnown(entry)) this.#entries.delete(entry.key);
    this.#byId.delete(entry.uuid);
    this.#worthless.delete(entry);
    this.#file(entry);
    if (entry.kept !== undefined) this.#unkeep(entry);
  }

  #inUse(): Entry[] {
    return [...this.#entries.values()].filter(({ sessions }) => sessions.size > 0);
  }

  #sweep(): void {
    for (const entry of this.#inUse()) this.#use(entry);
    // To be looked at is not to be used.
    for (const entry of [...this.#entries.values()]) if (this.#age(entry) > entry.maxAge) this.#end(entry);
    this.#write([]);
    this.#timer = this.#context.clock.timer(SWEEP, () => this.#sweep(), { background: true });
  }

  #prune(userId: string | undefined): void {
    const idle = this.#idle.get(userId ?? "");
    for (const entry of idle ?? []) {
      if (idle!.size <= MOST_IDLE) break;
      this.#drop(entry);
    }
    for (const entry of this.#entries.values()) {
      if (this.#entries.size <= MOST) break;
      this.#drop(entry);
    }
  }

  #keep(entry: Entry): void {
    const operations = this.#operation(entry);
    if (operations.length > 0) this.#write(operations);
  }

  #unkeep(entry: Entry): void {
    if (entry.kept === undefined) return;
    entry.kept = undefined;
    this.#write([remove(COLLECTION, entry.key)]);
  }

  #operation(entry: Entry): StoreOperation[] {
    const { key, uuid, created, touched, maxAge, who } = entry;
    if (who === undefined || isStranger(who.login)) return [];
    const { realm: authrealm, authmethod, login } = who;
    entry.kept = touched;
    const record = {
      uuid,
      authrealm,
      authmethod,
      login,
      created: created / 1000,
      modified: touched / 1000,
      maxAge: maxAge / 1000,
    };
    return [put(COLLECTION, key, cookieToRecord(record))];
  }

  #write(operations: readonly StoreOperation[]): Promise<void> {
    this.#writes.add(operations);
    // What failed is in force; its owner was told of it, and it is tried again.
    return this.#writes.write().catch(() => {});
  }
}

function isStranger(login: Login | Stranger): login is Stranger {
  return "authprovider" in login;
}
