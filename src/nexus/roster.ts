import type { Session } from "../client/session.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { WampValue } from "../wire/values.ts";
import { nexusCall } from "./nexus_call.ts";
import type { NexusCall, NexusClient } from "./nexus_call.ts";
import { watchList } from "./watch.ts";
import type { WatchOptions } from "./watch.ts";

/** An entry of a roster, as Nexus keeps it. */
export interface RosterRecord<Data = WampValue> {
  /** The record's id. */
  readonly uuid: string;
  /** Session and roster: a session has one entry in a roster. */
  readonly key: string;
  /** When it was made, in seconds since 1970. */
  readonly created: number;
  /** The roster. */
  readonly name: string;
  /** Who sees it. */
  readonly visibility: WampValue;
  /** The session that made it; the entry ends with it. */
  readonly session_id: number;
  /** What it says. */
  readonly data: Data;
  /** The owner of the record. */
  readonly owner: string;
}

/** What can be said of an entry of a roster. */
export interface RosterOptions {
  /** Who sees it: `"*"` everybody, a role, or several roles (default `"*"`). */
  readonly visibility?: string | readonly string[] | undefined;
}

interface Entry extends RosterOptions {
  readonly data: unknown;
  /** Whether Nexus has taken it once. */
  taken: boolean;
  /** Ends the restoring. */
  readonly forget: () => void;
}

/** The rosters: lists to which sessions add themselves, and which they leave when they end. */
export class Roster {
  readonly #wamp: NexusClient;
  readonly #call: NexusCall;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  /**
   * @param wamp The client.
   * @param clock Where the time of {@linkcode watch} comes from (default the runtime's clock).
   */
  constructor(wamp: NexusClient, clock: Clock = systemClock) {
    this.#wamp = wamp;
    this.#call = nexusCall(wamp);
    this.#clock = clock;
  }

  /**
   * Adds this session to a roster, and every session that comes after it. An entry that is there already gets the new data.
   *
   * @param name The roster.
   * @param data What the entry says.
   * @param options Who sees it.
   * @returns The entry.
   * @throws {RemoteError} `com.izaber.wamp.error.permissiondenied` when the role has no `roster_ops` for the roster; nothing is restored then.
   * @throws {WampError} As for any call; nothing is restored then that was not before.
   */
  async register<Data = WampValue>(
    name: string,
    data: unknown,
    options: RosterOptions = {},
  ): Promise<RosterRecord<Data>> {
    const { visibility } = options;
    if (visibility !== undefined && visibility.length === 0) {
      throw new WampError(
        "invalid_argument",
        `Cannot register in the roster "${name}": visibility is empty; leave it out, or name roles as in { visibility: ["frontend"] }`,
      );
    }
    const before = this.#entries.get(name);
    // Nexus never changes the visibility of an entry that exists.
    if (before !== undefined && String(before.visibility) !== String(visibility)) await this.unregister(name);
    const forget = this.#wamp.on("join", (session) => this.#restore(name, session));
    const entry: Entry = { ...options, data, taken: false, forget };
    const replaced = this.#entries.get(name);
    this.#entries.set(name, entry);
    try {
      const record = await register<Data>(this.#call, name, entry);
      entry.taken = true;
      replaced?.forget();
      return record;
    } catch (error) {
      entry.forget();
      if (this.#entries.get(name) === entry) {
        if (replaced?.taken) this.#entries.set(name, replaced);
        else this.#entries.delete(name);
      }
      throw error;
    }
  }

  async #restore(name: string, session: Session): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    try {
      await register(nexusCall(session), name, entry);
    } catch (error) {
      // A session that is lost again is no failure: the next one restores the entry.
      if (session.open) throw error;
    }
  }

  /**
   * Takes this session out of a roster.
   *
   * @param name The roster.
   * @throws {WampError} As for any call; the entry is not restored all the same.
   */
  async unregister(name: string): Promise<void> {
    this.#entries.get(name)?.forget();
    this.#entries.delete(name);
    await this.#call("system.roster.unregister", [name]);
  }

  /**
   * Reads a roster.
   *
   * @param name The roster.
   * @returns What the entries say that this session may see, in no order.
   * @throws {RemoteError} `com.izaber.wamp.error.permissiondenied` when the role has no `roster_query`; always for anonymous sessions.
   */
  query<Data = WampValue>(name: string): Promise<readonly Data[]> {
    return this.#call<readonly Data[]>("system.roster.query", [name]);
  }

  /**
   * Follows a roster. Nexus announces no changes, so that it is read again and again.
   *
   * @param name The roster.
   * @param options How often, and until when.
   * @returns What the entries say, at once and after each change; reading goes on over lost sessions.
   * @throws {RemoteError} When a query is refused.
   * @throws {WampError} `closed` when the client is closed.
   */
  watch<Data = WampValue>(name: string, options: WatchOptions = {}): AsyncGenerator<readonly Data[], void, undefined> {
    return watchList(() => this.query<Data>(name), options, this.#clock);
  }
}

function register<Data>(call: NexusCall, name: string, { data, visibility }: Entry): Promise<RosterRecord<Data>> {
  return call("system.roster.register", visibility === undefined ? [name, data] : [name, data, visibility]);
}
