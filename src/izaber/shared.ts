import { createClient } from "../../mod.ts";
import { Client } from "../client/client.ts";
import { Hooks } from "../client/hooks.ts";
import type { ClientEvent, ClientEvents } from "../client/hooks.ts";
import type { ClientOptions } from "../client/options.ts";
import { ClientRoles } from "../client/roles.ts";
import { nexus } from "../nexus/nexus.ts";
import type { Nexus } from "../nexus/nexus.ts";
import { WampError } from "../wire/errors.ts";
import { anything, checkOptions, flag } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import type { WampValue } from "../wire/values.ts";
import { withDefaults } from "./config.ts";
import type { Config } from "./config.ts";
import { loadConfig, loadRules } from "./config_file.ts";
import type { LoadOptions } from "./config_file.ts";
import { CONNECTION_DEFAULTS, connectionOf } from "./connection.ts";
import { refuseOnEdge } from "./edge.ts";

/** What {@linkcode initialize} goes by. */
export interface InitializeOptions extends LoadOptions, Pick<ClientOptions, "queues" | "errors" | "trace"> {
  /** Whether to connect (default: what `wamp.run` of the configuration says, else true). Without, `wamp.open()` does it later. */
  readonly run?: boolean;
}

// The client checks what is for it.
const rules: OptionRules = { ...loadRules, run: flag, queues: anything, errors: anything, trace: anything };

/** Who a session belongs to, as Nexus answers `auth.whoami`. */
export interface Identity {
  /** The identity. */
  readonly authid: string;
  /** The role that decides what it may do. */
  readonly role: string;
}

/** What the shared client can do besides what every client can: what Nexus adds, as in `@izaber/wamp/nexus`. */
export interface IzaberCalls extends
  Pick<
    Nexus,
    | "roster"
    | "metadata"
    | "apikeys"
    | "otp"
    | "documents"
    | "directory"
    | "preferences"
    | "db"
    | "warnings"
    | "reauthenticate"
    | "withElevation"
  > {
  /**
   * Asks Nexus who this session belongs to.
   *
   * @returns Login and role.
   */
  whoami(): Promise<Identity>;
}

/** The client that a program shares, with izaber's calls on it. */
export type SharedWamp = Client & IzaberCalls;

/** The configuration that a program shares. */
export type SharedConfig = Pick<Config, "source" | "environment" | "get">;

/** A listener of the program, and how it is taken off each client that has it. */
interface Listening<Name extends ClientEvent = ClientEvent> {
  readonly name: Name;
  readonly listener: ClientEvents[Name];
  readonly removers: Map<Client, () => void>;
}

/** What a program shares: one configuration and one client. */
export class Shared {
  /** Forwards to the current client. */
  readonly wamp: SharedWamp;
  /** Forwards to the current configuration. */
  readonly config: SharedConfig;
  #client: Client | undefined;
  #loaded: Config | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listening: Set<Listening> = new Set();

  constructor() {
    const added = () => nexus(this.wamp);
    this.wamp = forward(() => this.#client, {
      whoami: () => this.wamp.call<Identity>("auth.whoami"),
      on: (name, listener) => this.#on(name, listener),
      get roster() {
        return added().roster;
      },
      get metadata() {
        return added().metadata;
      },
      get apikeys() {
        return added().apikeys;
      },
      get otp() {
        return added().otp;
      },
      get documents() {
        return added().documents;
      },
      get directory() {
        return added().directory;
      },
      get preferences() {
        return added().preferences;
      },
      get db() {
        return added().db;
      },
      get warnings() {
        return added().warnings;
      },
      reauthenticate: (password) => added().reauthenticate(password),
      withElevation: (work, options) => added().withElevation(work, options),
    });
    const loaded = () => this.#configuration();
    this.config = {
      get source(): string {
        return loaded().source;
      },
      get environment(): string {
        return loaded().environment;
      },
      get: (path: string, fallback?: WampValue): WampValue => loaded().get(path, fallback),
    };
  }

  /**
   * Reads the configuration and connects. A second time it starts anew and closes the client of the first.
   *
   * @param options Which configuration, and whether to connect.
   * @returns When the client is ready.
   */
  initialize(options: InitializeOptions = {}): Promise<void> {
    const started = this.#turn.then(() => this.#start(options));
    this.#turn = started.catch(() => {});
    return started;
  }

  async #start(options: InitializeOptions): Promise<void> {
    refuseOnEdge();
    checkOptions("Cannot initialize", options, rules, '{ environment: "staging" }');
    const { queues, errors, trace, run, ...load } = options;
    const config = await loadConfig(load);
    const { url, options: clientOptions } = connectionOf(config);
    const loaded = withDefaults(config, CONNECTION_DEFAULTS);
    const client = createClient(url, { ...clientOptions, queues, errors, trace });
    for (const listening of this.#listening) attach(client, listening);
    try {
      if (run ?? loaded.get("wamp.run")) await client.open();
    } catch (error) {
      this.#forget(client);
      throw error;
    }
    const before = this.#client;
    [this.#client, this.#loaded] = [client, loaded];
    if (before === undefined) return;
    await before.close();
    this.#forget(before);
  }

  /** Listens to this client and to those that later ones are, so that it can be done before there is any. */
  #on<Name extends ClientEvent>(name: Name, listener: ClientEvents[Name]): () => void {
    new Hooks().on(name, listener); // refuses what no client would take
    const known = [...this.#listening].find((one) => one.name === name && one.listener === listener);
    const listening = known ?? { name, listener, removers: new Map() };
    if (known === undefined) {
      this.#listening.add(listening);
      if (this.#client !== undefined) attach(this.#client, listening);
    }
    return () => {
      this.#listening.delete(listening);
      for (const remove of listening.removers.values()) remove();
    };
  }

  #forget(client: Client): void {
    for (const { removers } of this.#listening) removers.delete(client);
  }

  #configuration(): Config {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new WampError(
      "config_missing",
      "No configuration has been read yet; `await initialize()` before using `config`",
    );
  }
}

function attach(client: Client, { name, listener, removers }: Listening): void {
  removers.set(client, client.on(name, listener));
}

function forward(current: () => Client | undefined, calls: IzaberCalls & Pick<Client, "on">): SharedWamp {
  return new Proxy(calls as SharedWamp, {
    get(_, name, receiver): unknown {
      if (name === "untyped") return receiver;
      // Not a promise, so that it can be returned from an asynchronous function.
      if (name === "then") return undefined;
      if (typeof name === "string") refuseOnEdge();
      if (Object.hasOwn(calls, name)) return Reflect.get(calls, name);
      const client = current();
      if (client === undefined) {
        if (typeof name === "symbol") return undefined;
        throw new WampError("not_connected", `There is no client yet; \`await initialize()\` before wamp.${name}`);
      }
      const value: unknown = Reflect.get(client, name, client);
      return typeof value === "function" && isMethod(name, value) ? value.bind(client) : value;
    },
  });
}

/** Whether a client has something as a method, and not as the value of a property. */
function isMethod(name: string | symbol, value: unknown): boolean {
  const owners = [Client.prototype, ClientRoles.prototype];
  return owners.some((owner) => Object.getOwnPropertyDescriptor(owner, name)?.value === value);
}
