import { anonymous } from "../auth/anonymous.ts";
import { ticket } from "../auth/ticket.ts";
import type { Client } from "../client/client.ts";
import { createClient } from "../client/connect.ts";
import type { ClientOptions } from "../client/options.ts";
import { json } from "../codec/json.ts";
import type { Serializer } from "../codec/serializer.ts";
import { createNexus } from "../nexusd/nexus.ts";
import type { Nexus } from "../nexusd/nexus.ts";
import { memoryStore } from "../nexusd/memory_store.ts";
import { parseSeed } from "../nexusd/seed.ts";
import type { Seed, SeedUser } from "../nexusd/seed.ts";
import { isPerms } from "../nexusd/permission_language.ts";
import type { PermissionLine } from "../nexusd/permission_language.ts";
import { parsePattern } from "../nexusd/permission_pattern.ts";
import type { Router } from "../router/router.ts";
import type { Listener } from "../serve/listener.ts";
import type { Connection } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import { memoryPair } from "../transport/memory.ts";
import type { Clock } from "../wire/clock.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { anything, arrayOf, checkOption, checkOptions, clockRule, uriRule } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";
import { isDict } from "../wire/values.ts";
import { captureWire } from "./capture.ts";
import { CountingClock } from "./counting_clock.ts";
import type { FaultPlan } from "./fault_plans.ts";
import { withFaults } from "./faults.ts";
import type { FaultyDialer } from "./faults.ts";
import { leftOpen, leftRunning } from "./left_behind.ts";
import { RealmWatch } from "./realm_watch.ts";
import type { WaitOptions } from "./wait_for.ts";
import type { WireLog } from "./wire_log.ts";

/** A user of a test router: the role, or role and password. */
export type TestUser = string | {
  /** The role. */
  readonly role: string;
  /** The password (default the login itself). */
  readonly password?: string | undefined;
};

/** What a test router is made of. */
export interface TestRouterOptions {
  /** The realm (default `realm1`; with a seed what that names, else `izaber`, as `nexus serve` has it). */
  readonly realm?: string | undefined;
  /**
   * The users, by login (default any: each login that asks for a client is made on the way, and may do everything); with a seed those that there are
   * besides the seed's.
   */
  readonly users?: { readonly [login: string]: TestUser } | undefined;
  /** What each role may do (default: any role may do everything); a seed says that itself. */
  readonly roles?: { readonly [role: string]: readonly PermissionLine[] } | undefined;
  /** A seed as `nexus serve` takes it, a YAML text; its users log in by the passwords that it gives them. */
  readonly seed?: string | undefined;
  /** What clients speak (default JSON): what is sent is encoded, though no socket is there. */
  readonly serializer?: Serializer | undefined;
  /** Where time comes from (default the runtime's clock); a {@linkcode FakeClock} drives timeouts, expiries and reconnects. */
  readonly clock?: Clock | undefined;
}

/** How a client of a test router is made. */
export interface TestClientOptions extends Partial<ClientOptions> {
  /** What goes wrong on its connections (default nothing). */
  readonly faults?: FaultPlan | undefined;
}

/** What the kit knows of a client that it made. */
interface Made {
  readonly login: string;
  readonly faults: FaultyDialer;
  readonly wire: WireLog;
}

const rules: OptionRules = {
  realm: uriRule("realm1"),
  users: { expected: 'an object such as { ada: "frontend" }', allows: isDict },
  roles: { expected: 'an object such as { frontend: [{ uri: "com.example.*", perms: "cs" }] }', allows: isDict },
  seed: { expected: "the text of a seed, YAML", allows: (value) => typeof value === "string" },
  serializer: anything,
  clock: clockRule,
};

const CANNOT = "Cannot make a test router";

const isName = (value: unknown) => typeof value === "string" && value !== "";

const userRule: OptionRule = {
  expected: 'a role such as "frontend", or { role, password }',
  allows: (value) => {
    if (!isDict(value)) return isName(value);
    const { role, password, ...others } = value;
    return isName(role) && (password === undefined || isName(password)) && Object.keys(others).length === 0;
  },
};

const linesRule: OptionRule = arrayOf('lines such as { uri: "com.example.*", perms: "cs" }', isPermissionLine);

const ROLE = "tester";
/** The role of anonymous sessions. */
const PUBLIC = "public";
const EVERYTHING: readonly PermissionLine[] = [{ uri: "*", perms: "crspoq" }];

/**
 * A Nexus for one test: in memory, there in milliseconds, without a port. When it is disposed of it takes everything with it, and fails the test that
 * left calls, handlers or timers behind, or sessions of clients of its own.
 */
export class TestRouter implements AsyncDisposable {
  /** The realm. */
  readonly realm: string;
  /** The router. */
  readonly router: Router;
  /** The Nexus: users, roles, keys. */
  readonly nexus: Nexus;

  readonly #options: TestRouterOptions;
  readonly #passwords: ReadonlyMap<string, string | null>;
  readonly #clock: CountingClock;
  readonly #watch: RealmWatch;
  readonly #errors: unknown[];
  readonly #made: Map<Client, Made> = new Map();
  /** What ran on clients when they were disposed of. */
  readonly #left: string[] = [];
  #closed = false;
  #listener: Listener | undefined;

  /**
   * @internal
   * @param nexus The Nexus.
   * @param options What it was made of.
   * @param seed The users that it began with.
   * @param clock Where its time comes from.
   * @param watch Sees what happens in the realm.
   * @param errors What the router reports.
   */
  constructor(
    nexus: Nexus,
    options: TestRouterOptions,
    seed: Seed,
    clock: CountingClock,
    watch: RealmWatch,
    errors: unknown[],
  ) {
    this.nexus = nexus;
    this.realm = nexus.realm;
    this.router = nexus.router;
    this.#options = options;
    this.#passwords = new Map(seed.users.map(({ login, password }) => [login, password]));
    this.#clock = clock;
    this.#watch = watch;
    this.#errors = errors;
  }

  /**
   * Connects a client, which logs in by the password that `users` or the seed gives its user, else by its login; `auth` among its options says another.
   *
   * @param login Whose session it is (default nobody's: an anonymous one).
   * @param options What the client is made with, and what goes wrong on its connections.
   * @returns The client, ready; close it, best by `await using`.
   * @throws {ConnectError} When it may not join.
   */
  async client(login?: string, options: TestClientOptions = {}): Promise<Client> {
    const client = this.unopened(login, options);
    try {
      await client.open();
    } catch (error) {
      this.#made.delete(client);
      throw error;
    }
    return client;
  }

  /**
   * Makes a client that has not been opened, for tests of what comes before.
   *
   * @param login Whose session it will be (default nobody's: an anonymous one).
   * @param options What the client is made with, and what goes wrong on its connections.
   * @returns The client.
   */
  unopened(login?: string, { faults: plan, ...options }: TestClientOptions = {}): Client {
    const clock = options.clock ?? this.#clock;
    const captured = captureWire(this.dialer());
    const faults = withFaults(captured, { plan, clock });
    const client = createClient(faults, {
      realm: this.realm,
      auth: login === undefined ? anonymous() : ticket(login, () => this.#passwordOf(login)),
      serializers: [this.#options.serializer ?? json],
      ...options,
      clock,
    });
    return this.#keep(client, { login: login ?? "anonymous", faults, wire: captured.wire });
  }

  /** Closes a client with the router, as well as those that it spawns, and looks at what it leaves when it is disposed of. */
  #keep(client: Client, made: Made): Client {
    this.#made.set(client, made);
    const spawn = client.spawnConnection.bind(client);
    client.spawnConnection = async (options) => this.#keep(await spawn(options), made);
    client[Symbol.asyncDispose] = async () => {
      this.#left.push(...await leftRunning(client, made.login));
      await client.close();
    };
    return client;
  }

  /**
   * Leads to the router without a client: for clients of another make, and for {@linkcode replayClient}.
   *
   * @returns The dialer.
   */
  dialer(): Dialer {
    return {
      url: "test:",
      dial: ({ serializers, signal }): Promise<Connection> => {
        if (signal.aborted) return Promise.reject(signal.reason);
        const [near, far] = memoryPair(serializers[0], { highWaterMark: Infinity });
        this.router.accept(far);
        return Promise.resolve(near);
      },
    };
  }

  /**
   * Opens the router on a free port of this machine, for programs that need one.
   *
   * @returns The URL.
   */
  async listen(): Promise<string> {
    if (this.#listener === undefined) {
      const { listen } = await import("../serve/listen.ts");
      this.#listener = await listen(this.router, { pingInterval: 0 });
    }
    return this.#listener.url;
  }

  /**
   * Gives the faults of a client: its connections, to be cut, stalled, half open.
   *
   * @param client A client that this router made.
   * @returns What its connections go through.
   */
  faults(client: Client): FaultyDialer {
    return this.#find(client).faults;
  }

  /**
   * Gives what has passed between a client and the router.
   *
   * @param client A client that this router made.
   * @returns The messages.
   */
  wire(client: Client): WireLog {
    return this.#find(client).wire;
  }

  /**
   * Waits until somebody gets the events of a topic.
   *
   * @param topic The topic.
   * @param options How long.
   * @throws {WampError} `timeout` when nobody comes.
   */
  waitForSubscription(topic: string, options: WaitOptions = {}): Promise<void> {
    return this.#watch.until(
      async (wamp) => await wamp.call("wamp.subscription.match", [topic]) !== null,
      { what: `a subscription of "${topic}"`, ...options },
    );
  }

  /**
   * Waits until somebody serves a procedure.
   *
   * @param procedure The procedure.
   * @param options How long.
   * @throws {WampError} `timeout` when nobody comes.
   */
  waitForRegistration(procedure: string, options: WaitOptions = {}): Promise<void> {
    return this.#watch.until(
      async (wamp) => await wamp.call("wamp.registration.match", [procedure]) !== null,
      { what: `a registration of "${procedure}"`, ...options },
    );
  }

  /**
   * Waits until somebody's session is there.
   *
   * @param login Whose.
   * @param options How long.
   * @throws {WampError} `timeout` when it does not come.
   */
  waitForSession(login: string, options: WaitOptions = {}): Promise<void> {
    return this.#watch.until((wamp) => hasSession(wamp, login), { what: `a session of "${login}"`, ...options });
  }

  /**
   * Closes everything, whatever state it is in.
   *
   * @returns Resolves when nothing is left.
   * @throws {WampError} `left_behind` when calls have no answer or handlers run, now or when a client was disposed of, when timers run, sessions are there of
   * clients that are not the router's own, or the router failed; the message lists them. What is found still running has a second to end.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const running = await Promise.all([...this.#made].map(([client, { login }]) => leftRunning(client, login)));
    const closed = Promise.all([...this.#made.keys()].map((client) => client.close()));
    for (const { faults } of this.#made.values()) faults.giveUp();
    await closed;
    const open = await leftOpen(this.#watch).catch(() => []); // the test may have closed the router itself
    await this.#watch.close();
    await this.nexus.close();
    await this.#listener?.close();
    const timers = this.#clock.pending === 0 ? [] : [`${this.#clock.pending} timers are running`];
    const failures = this.#errors.map((error) =>
      `the router failed: ${error instanceof Error ? error.message : String(error)}`
    );
    const left = [...this.#left, ...running.flat(), ...open, ...timers, ...failures];
    if (left.length === 0) return;
    throw new WampError(
      "left_behind",
      `The test left something behind: ${
        left.join("; ")
      }. Wait for calls and handlers before the test ends, and close clients of its own, best with \`await using\``,
      { cause: this.#errors[0] },
    );
  }

  /** Closes everything; see {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #passwordOf(login: string): Promise<string> {
    const { users, seed } = this.#options;
    const isOpen = users === undefined && seed === undefined;
    if (isOpen && this.nexus.users.get(login) === undefined) {
      await this.nexus.users.create({ login, password: login, role: ROLE });
    }
    return this.#passwords.get(login.toLowerCase()) ?? login;
  }

  #find(client: Client): Made {
    const made = this.#made.get(client);
    if (made !== undefined) return made;
    throw new WampError(
      "invalid_argument",
      "Cannot tell of this client: another router made it; take one from client()",
    );
  }
}

/**
 * Starts a Nexus for one test.
 *
 * @param options Users, roles, clock (default: anybody may do anything).
 * @returns The router; dispose of it, best by `await using`.
 * @throws {WampError} `invalid_argument` when there is no such option, its value is wrong, or something is said besides a seed that the seed says;
 *   `config_malformed` or `config_invalid` when the seed cannot be used.
 *
 * @example
 * ```ts
 * import { testRouter } from "@izaber/wamp/testing";
 *
 * await using router = await testRouter();
 * await using alice = await router.client("alice");
 * await using bob = await router.client("bob");
 * await alice.register("com.example.hello", (_args, _kwargs, call) => `Hello ${call.caller_authid}`);
 * if (await bob.call("com.example.hello") !== "Hello bob") throw new Error("unexpected");
 * ```
 */
export async function testRouter(options: TestRouterOptions = {}): Promise<TestRouter> {
  checkOptions(CANNOT, options, rules, '{ users: { ada: "frontend" } }');
  const { users = {}, roles = {} } = options;
  for (const [login, user] of Object.entries(users)) checkOption(CANNOT, `users.${login}`, user, userRule);
  for (const [role, lines] of Object.entries(roles)) checkOption(CANNOT, `roles.${role}`, lines, linesRule);
  const clock = new CountingClock(options.clock);
  const errors: unknown[] = [];
  const seed = seedOf(options);
  const nexus = await createNexus({
    store: memoryStore(),
    seed,
    ...options.realm !== undefined && { realm: options.realm },
    passwordRounds: 1,
    clock,
    onError: (error) => errors.push(error),
  });
  const watch = await RealmWatch.open(nexus.router, nexus.realm);
  return new TestRouter(nexus, options, seed, clock, watch, errors);
}

function seedOf({ realm, users = {}, roles, seed }: TestRouterOptions): Seed {
  const entries = Object.entries(users);
  if (seed !== undefined) return withUsers(parseSeed(seed, "the seed of the test"), entries, roles);
  const names = new Set([ROLE, PUBLIC, ...entries.map(([, user]) => typeof user === "string" ? user : user.role)]);
  return {
    file: "the test",
    text: JSON.stringify([realm, users, roles]),
    realm: realm ?? "realm1",
    roles: new Map(roles === undefined ? [...names].map((name) => [name, EVERYTHING]) : Object.entries(roles)),
    restrictions: new Map(),
    users: entries.map(([login, user]) => seedUser(login, user)),
  };
}

function isPermissionLine(value: unknown): boolean {
  const { uri, perms } = isDict(value) ? value : {};
  if (typeof uri !== "string" || typeof perms !== "string") return false;
  try {
    parsePattern(uri);
    return isPerms(perms);
  } catch {
    return false;
  }
}

function withUsers(
  seed: Seed,
  entries: readonly [string, TestUser][],
  roles: TestRouterOptions["roles"],
): Seed {
  if (roles !== undefined) {
    throw new WampError("invalid_argument", `${CANNOT}: there are roles besides a seed; let the seed have all of them`);
  }
  const twice = entries.find(([login]) => seed.users.some((user) => user.login === login.toLowerCase()));
  if (twice !== undefined) {
    throw new WampError("invalid_argument", `${CANNOT}: ${describe(twice[0])} is among the users and in the seed`);
  }
  return { ...seed, users: [...seed.users, ...entries.map(([login, user]) => seedUser(login, user))] };
}

function seedUser(login: string, user: TestUser): SeedUser {
  const { role, password = login } = typeof user === "string" ? { role: user } : user;
  return {
    login: login.toLowerCase(),
    password,
    role,
    enabled: true,
    source: "local",
    name: null,
    email: null,
    upn: null,
  };
}

async function hasSession(wamp: Client, login: string): Promise<boolean> {
  for (const id of await wamp.call<number[]>("wamp.session.list")) {
    const details = await wamp.call<{ authid?: unknown }>("wamp.session.get", [id]).catch(() => ({
      authid: undefined,
    }));
    if (details.authid === login) return true;
  }
  return false;
}
