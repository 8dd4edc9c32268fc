import type { Client } from "../client/client.ts";
import { makeClient } from "../client/make_client.ts";
import { direct } from "../codec/direct.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { HistoryTopic } from "../router/event_history.ts";
import type { SlowSubscribers } from "../router/broker.ts";
import type { Limits } from "../router/limits.ts";
import { reportTo } from "../router/report_to.ts";
import { Router } from "../router/router.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import { Administration } from "./administration.ts";
import type { Audit } from "./audit.ts";
import { strangerAuthenticator, userAuthenticator } from "./authenticators.ts";
import { DataServices } from "./data_services.ts";
import type { DataOptions } from "./data_services.ts";
import { directoryLogins } from "./directory.ts";
import { FirstFill } from "./first_start.ts";
import type { FirstStart } from "./first_start.ts";
import type { ApiKeys } from "./api_keys.ts";
import { Identity } from "./identity.ts";
import type { IdentityOptions } from "./identity.ts";
import { checkNexusOptions, checkSeed } from "./nexus_options.ts";
import type { OneTimePasswords } from "./one_time_passwords.ts";
import { Passwords } from "./passwords.ts";
import { uuid } from "./record_ids.ts";
import type { Permissions } from "./permissions.ts";
import type { Restrictions } from "./restrictions.ts";
import { Revocation } from "./revocation.ts";
import type { Roles } from "./roles.ts";
import type { Seed } from "./seed.ts";
import type { SeedChanges } from "./seed_change.ts";
import { audited } from "./services/audited.ts";
import { Sessions } from "./sessions.ts";
import { registerProcedures } from "./services/registration.ts";
import type { Store } from "./store.ts";
import { openStoredHistory } from "./stored_history.ts";
import type { Users } from "./users.ts";

/** What a Nexus is made of. */
export interface NexusOptions extends DataOptions, IdentityOptions {
  /** Where it keeps its records; closed with it. */
  readonly store: Store;
  /** The realm that it opens (default the one that its seed named, else `izaber`). */
  readonly realm?: string;
  /** What an empty store is filled with (default: the default roles and one user `admin` with a random password). */
  readonly seed?: Seed;
  /** Rounds of PBKDF2 for new hashes of passwords, at most 10,000,000 (default 600,000). */
  readonly passwordRounds?: number;
  /** The serializers that its router speaks (default all). */
  readonly serializers?: readonly Serializer[];
  /** What sessions may have, where it is not the default. */
  readonly limits?: Partial<Limits>;
  /** What becomes of a subscriber that does not read its events as fast as they come (default `drop-newest`). */
  readonly slowSubscribers?: SlowSubscribers;
  /** The topics whose latest events are kept for those who ask later by `wamp.subscription.get_events` (default none). */
  readonly history?: readonly HistoryTopic[];
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock;
  /** Where randomness comes from (default the runtime's). */
  readonly random?: Random;
  /** Told what fails for a reason of the server's own (default: nobody; clients get an error either way). */
  readonly onError?: (error: unknown) => void;
}

/** A router with the services of Nexus. */
export interface Nexus extends AsyncDisposable {
  /** The router; `listen` of `@izaber/wamp/serve` opens it, {@linkcode Router.local} is for clients of this process. */
  readonly router: Router;
  /** The realm. */
  readonly realm: string;
  /** How the store was found, and what was done about it. */
  readonly start: FirstStart;
  /** The users; a change is felt at once, and the sessions of who is removed or disabled end. */
  readonly users: Users;
  /** The roles; a change is felt at once, also by what sessions have subscribed to and registered. */
  readonly roles: Roles;
  /** What logins may do at most; a change is felt at once, also by what sessions have subscribed to and registered. */
  readonly restrictions: Restrictions;
  /** The API keys; removing one ends its sessions at once. */
  readonly apiKeys: ApiKeys;
  /** The one-time passwords. */
  readonly otps: OneTimePasswords;
  /** Tells why something is allowed or refused, and what of the rules does not do what its author may think. */
  readonly permissions: Permissions;
  /** Who logged in, was refused or changed something. */
  readonly audit: Audit;
  /** What an administrator can do, by name; also reached as `com.izaber.wamp.system.<name>`. */
  readonly administration: Administration;

  /**
   * Takes over what a changed seed says of roles, restrictions and users, for sessions that live, too; what it does not name stays. From then on the
   * store counts as filled from it.
   *
   * @param seed The seed.
   * @returns What was changed.
   * @throws {WampError} `config_invalid` when it is for another realm, `invalid_argument` when it is no seed.
   */
  applySeed(seed: Seed): Promise<SeedChanges>;

  /**
   * Reads users, roles, restrictions and keys again, after the store was changed by other means; in force at once.
   *
   * @throws {WampError} `store_damaged` when a record is not what it has to be; then everything is as it was.
   */
  reload(): Promise<void>;

  /** Says GOODBYE to every session, then flushes and closes the store. */
  close(): Promise<void>;
}

const DEFAULT_REALM = "izaber";

/**
 * Starts a Nexus: fills the store if it is empty, opens the realm, serves the built-in procedures.
 *
 * @param options The store, and what is not to be as usual.
 * @returns The Nexus, ready for sessions.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong; then nothing was asked of the store. `config_invalid` when
 *   there is a seed and the store was filled from something else. The store stays open when this fails.
 *
 * @example
 * ```ts
 * import { connect, ticket } from "@izaber/wamp";
 * import { createNexus, memoryStore, parseSeed } from "@izaber/wamp/nexusd";
 *
 * const seed = parseSeed(
 *   `
 * roles:
 *   frontend:
 *     - { uri: "com.izaber.wamp.auth.whoami", perms: "c" }
 * users:
 *   - { login: "USERNAME", password: "PASSWORD", role: "frontend" }
 * `,
 *   "seed.yaml",
 * );
 * await using nexus = await createNexus({ store: memoryStore(), seed, passwordRounds: 1_000 });
 * const wamp = await connect(nexus.router.local(), {
 *   realm: nexus.realm,
 *   auth: ticket("USERNAME", "PASSWORD"),
 *   prefix: "com.izaber.wamp",
 * });
 * const me = await wamp.call("auth.whoami") as { authid: string; role: string };
 * if (me.authid !== "username" || me.role !== "frontend") throw new Error("unexpected");
 * await wamp.close();
 * ```
 */
export async function createNexus(options: NexusOptions): Promise<Nexus> {
  checkNexusOptions(options);
  const { store, seed, clock = systemClock, random = systemRandom } = options;
  const onError = reportTo(options.onError);
  const { passwordRounds: rounds } = options;
  const passwords = new Passwords({ random, ...(rounds === undefined ? {} : { rounds }) });
  const fill = new FirstFill(store, passwords, random);
  const start = await fill.run(seed);
  const realm = options.realm ?? await fill.realm() ?? DEFAULT_REALM;
  const { directory, loginSources = [] } = options;
  const identity: Identity = await Identity.load({ store, passwords, clock, random, onError }, {
    ...options,
    loginSources: directory === undefined
      ? loginSources
      : [...loginSources, directoryLogins(directory, () => identity.users, onError)],
  });
  const { users, roles, restrictions, apiKeys, otps, logins, desk, cookies, authorizer, permissions, audit } = identity;
  const sessions = new Sessions();
  const { history: topics, slowSubscribers } = options;
  const history = topics === undefined ? undefined : await openStoredHistory(store, topics, { onError });
  sessions.observe(identity);
  const router = new Router({
    ...options.serializers !== undefined && { serializers: options.serializers },
    ...options.limits !== undefined && { limits: options.limits },
    clock,
    random,
    onError,
    cookies,
    realms: [{
      name: realm,
      timeoutUnit: "seconds",
      observer: sessions,
      authenticators: [
        userAuthenticator({ desk, roles, logins, cookies, audit, clock }),
        strangerAuthenticator(random),
      ],
      authorizer,
      ...slowSubscribers !== undefined && { slowSubscribers },
      ...history !== undefined && { history: { topics: topics!, store: history } },
    }],
  });
  const services = localClient(router, realm, random);
  services.on("error", onError);
  let data: DataServices | undefined;
  const administration = new Administration({
    ...identity,
    store,
    sessions,
    uris: () => data?.uris,
    reload: () => identity.reload(),
    kill: (session, reason, message) => router.kill(realm, session, reason, message),
  });
  const revocation = new Revocation({ sessions, logins, authorizer, router, realm, clock });
  if (options.leniency?.sessionsKeepWhatTheyHave !== true) revocation.watch(identity);
  const stop = () =>
    closeAll(
      () => closeAll(() => router.close(), () => services.close()),
      () =>
        closeAll(() => identity.close(), () =>
          closeAll(async () => await data?.stop(), async () => await history?.[Symbol.asyncDispose]())),
    );
  try {
    await identity.open();
    await services.open();
    data = await DataServices.start({
      store,
      users,
      roles,
      apiKeys,
      otps,
      cookies,
      sessions,
      authorizer,
      revocation,
      client: services,
      clock,
      random,
      onError,
    }, options);
    await registerProcedures(services, [
      ...identity.procedures(),
      ...audited(data.procedures, audit, roles),
      ...administration.procedures(),
    ], {
      sessions,
      onError,
    });
  } catch (error) {
    await stop().catch(onError);
    throw error;
  }
  const close = () => closeAll(stop, () => store.close());
  return {
    router,
    realm,
    start,
    users,
    roles,
    restrictions,
    apiKeys,
    otps,
    permissions,
    audit,
    administration,
    applySeed: async (seed) => {
      checkSeed(seed);
      const changes = await fill.change({ users, roles, restrictions, random }, seed, realm);
      await identity.reload();
      audit.note(
        "change",
        { authid: "local", peer: { transport: "memory", address: "this process" } },
        "seed",
        seed.file,
      );
      return changes;
    },
    reload: () => identity.reload(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Closes one thing after another, also those behind one that cannot be closed. */
async function closeAll(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
  try {
    await first();
  } finally {
    await second();
  }
}

/** The session that serves the built-in procedures. */
function localClient(router: Router, realm: string, random: Random): Client {
  const principal = { authid: uuid(random), authrole: "trusted", authprovider: "static" };
  return makeClient(router.local(principal), { realm, reconnect: false }, {
    serializers: [direct],
    dialer: () => {
      throw new TypeError("a client of this process has no URL");
    },
  });
}
