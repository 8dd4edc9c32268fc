import type { Clock } from "../wire/clock.ts";
import type { Random } from "../wire/random.ts";
import type { SessionInfo } from "../router/authorization.ts";
import { ApiKeys } from "./api_keys.ts";
import { Audit } from "./audit.ts";
import type { AuditOptions } from "./audit.ts";
import { NexusAuthorizer } from "./authorizer.ts";
import { Documentation } from "./documentation.ts";
import { markOf } from "./cookie_record.ts";
import { Cookies } from "./cookies.ts";
import type { CookieOptions } from "./cookies.ts";
import type { KeyTools } from "./key_ring.ts";
import { closed } from "./leniency.ts";
import type { Leniency } from "./leniency.ts";
import { Listeners } from "./listeners.ts";
import { LoginDesk } from "./login_desk.ts";
import { apiKeys as apiKeySource, localPasswords, oneTimePasswords } from "./login_sources.ts";
import type { LoginSource } from "./login_sources.ts";
import { Logins } from "./logins.ts";
import type { Login } from "./logins.ts";
import { OneTimePasswords } from "./one_time_passwords.ts";
import type { Passwords } from "./passwords.ts";
import { Permissions } from "./permissions.ts";
import { Restrictions } from "./restrictions.ts";
import { DEFAULT_ROLE, Roles } from "./roles.ts";
import { authProcedures } from "./services/auth.ts";
import { keyProcedures } from "./services/keys.ts";
import type { Procedure } from "./services/procedure.ts";
import type { Store } from "./store.ts";
import { Users } from "./users.ts";
import type { UserRecord } from "./users.ts";

/** What may be said of who may log in and do what. */
export interface IdentityOptions {
  /** Who is asked about a credential behind passwords, one-time passwords and API keys, in this order: a directory (default nobody). */
  readonly loginSources?: readonly LoginSource[];
  /** How browsers are known again (default by a cookie that is good for a week after its last use). */
  readonly cookies?: CookieOptions;
  /** How much of who logged in and changed what is kept (default the last 10,000 of each). */
  readonly audit?: AuditOptions;
  /** Where it is to be as open as the original is (default nowhere). */
  readonly leniency?: Partial<Leniency>;
}

/** What identities are kept and made with. */
export interface IdentityTools {
  /** Where records are kept. */
  readonly store: Store;
  /** What makes and checks hashes. */
  readonly passwords: Passwords;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** Told what fails for a reason of the server's own. */
  readonly onError: (error: unknown) => void;
}

/** Who there is, by what they log in and what they may do. */
export class Identity {
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** What logins may do at most. */
  readonly restrictions: Restrictions;
  /** The API keys. */
  readonly apiKeys: ApiKeys;
  /** The one-time passwords. */
  readonly otps: OneTimePasswords;
  /** By which login a session lives. */
  readonly logins: Logins;
  /** What judges credentials. */
  readonly desk: LoginDesk;
  /** Who knows browsers again. */
  readonly cookies: Cookies;
  /** What decides on requests. */
  readonly authorizer: NexusAuthorizer;
  /** Tells why. */
  readonly permissions: Permissions;
  /** The trail of what was done. */
  readonly audit: Audit;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;

  readonly #listeners: Listeners<[]> = new Listeners();

  private constructor(
    { store, passwords, clock, random, onError }: IdentityTools,
    kept: { readonly users: Users; readonly roles: Roles; readonly restrictions: Restrictions },
    leniency: Leniency,
    options: IdentityOptions,
  ) {
    const { users, roles, restrictions } = kept;
    this.users = users;
    this.roles = roles;
    this.restrictions = restrictions;
    this.clock = clock;
    this.random = random;
    this.audit = new Audit(store, clock, onError, options.audit);
    const keyTools: KeyTools = {
      passwords,
      random,
      clock,
      hashesOf: (user) => this.#hashesOf(user),
      hasUser: (uuid) => users.byId(uuid) !== undefined,
    };
    this.apiKeys = new ApiKeys(store, keyTools, leniency.plaintextKeysAreKept);
    this.otps = new OneTimePasswords(store, keyTools);
    this.logins = new Logins(random);
    const sources = [
      localPasswords(users, passwords, onError),
      oneTimePasswords(this.otps),
      apiKeySource(this.apiKeys, passwords, onError),
      ...options.loginSources ?? [],
    ];
    this.desk = new LoginDesk({ users, passwords, sources });
    const { apiKeys, logins } = this;
    const renew = (login: Login) => this.#renew(login);
    this.cookies = new Cookies({ store, logins, renew, clock, random, onError }, options.cookies);
    const documentation = new Documentation(store);
    this.authorizer = new NexusAuthorizer({
      users,
      roles,
      logins,
      apiKeys,
      restrictions,
      documentation,
      clock,
      leniency,
    });
    const { authorizer } = this;
    const names = sources.map(({ name }) => name);
    const context = { authorizer, users, roles, restrictions, apiKeys, documentation, clock, sources: names };
    this.permissions = new Permissions(context);
  }

  /**
   * Reads who there is.
   *
   * @param tools What it is kept and made with.
   * @param options What is not to be as usual.
   * @returns The identities.
   * @throws {WampError} `store_damaged` when a record is not what it has to be.
   */
  static async load(tools: IdentityTools, options: IdentityOptions): Promise<Identity> {
    const leniency = { ...closed, ...options.leniency };
    const [users, roles, restrictions] = await Promise.all([
      Users.load(tools.store, {
        ...tools,
        hashesOf: (user) => identity.#hashesOf(user),
        rehashed: ({ uuid, password }, after) =>
          identity.cookies.remark(uuid, markOf(password), markOf(after.password)),
      }),
      Roles.load(tools.store),
      Restrictions.load(tools.store, leniency),
    ]);
    const identity: Identity = new Identity(tools, { users, roles, restrictions }, leniency, options);
    for (const take of await Promise.all([identity.apiKeys.reread(), identity.otps.reread()])) take();
    return identity;
  }

  /**
   * Reads everything again, after the store was changed by other means; it is in force at once, for sessions that live, too.
   *
   * @throws {WampError} `store_damaged` when a record is not what it has to be; then everything is as it was.
   */
  async reload(): Promise<void> {
    const { users, roles, restrictions, apiKeys, otps } = this;
    const parts = [users, roles, restrictions, apiKeys, otps];
    let before: readonly number[];
    let read: readonly (() => void)[];
    do {
      // What is changed while it is read would be taken back by what was read before.
      before = parts.map(({ changes }) => changes);
      read = await Promise.all(parts.map((part) => part.reread()));
    } while (parts.some(({ changes }, at) => changes !== before[at]));
    for (const take of read) take();
    this.#listeners.tell();
  }

  /**
   * Tells somebody else, too, that everything may have changed.
   *
   * @param reloaded Told when all was read again; it must neither throw nor take long.
   */
  observe(reloaded: () => void): void {
    this.#listeners.add(reloaded);
  }

  /** Reads which browsers are known and what was done, and begins to note more. */
  async open(): Promise<void> {
    await Promise.all([this.cookies.open(), this.audit.load()]);
  }

  /** Keeps what is not kept yet. */
  async close(): Promise<void> {
    await Promise.all([this.cookies.close(), this.audit.flush()]);
  }

  /** A session has joined. */
  joined(session: SessionInfo): void {
    const source = this.logins.of(session)?.source;
    if (source === undefined) return;
    const how = session.authprovider === "cookie" ? "cookie" : session.authmethod;
    this.audit.note("login", session, how, source);
  }

  /** A session has left. */
  left(session: SessionInfo): void {
    this.cookies.left(session);
  }

  /**
   * Makes the procedures about logins and keys.
   *
   * @returns The procedures.
   */
  procedures(): Procedure[] {
    return [
      ...authProcedures({
        ...this,
        elevated: (login) => login.lease?.changed(),
        reload: () => this.reload(),
      }),
      ...keyProcedures(this),
    ];
  }

  /** A session by a cookie has the role that a login has now; of a login by an API key the password is no part. */
  #renew(login: Login): boolean {
    const { users, roles, apiKeys } = this;
    const user = users.get(login.login);
    if (user?.uuid !== login.userId || !user.enabled) return false;
    const { apiKey, ownRole } = login;
    if (apiKey !== undefined && !apiKeys.isAlive(apiKey)) return false;
    if (apiKey === undefined && login.passwordMark !== markOf(user.password)) return false;
    login.role = (apiKey === undefined ? ownRole : apiKeys.get(apiKey)!.role) ?? user.role ?? DEFAULT_ROLE;
    return roles.has(login.role);
  }

  #hashesOf({ uuid, password }: UserRecord): (string | null)[] {
    return [password, ...[...this.apiKeys.list(uuid), ...this.otps.list(uuid)].map(({ key }) => key)];
  }
}
