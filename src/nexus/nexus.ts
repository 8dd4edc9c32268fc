import type { AnyClient } from "../client/api.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { ApiKeys } from "./api_keys.ts";
import { Database } from "./database.ts";
import { Directory } from "./directory.ts";
import { Documents } from "./documents.ts";
import { Elevation } from "./elevation.ts";
import type { ElevationOptions } from "./elevation.ts";
import { Metadata } from "./metadata.ts";
import { nexusCall } from "./nexus_call.ts";
import type { NexusCall, NexusClient } from "./nexus_call.ts";
import { OneTimePasswords } from "./one_time_passwords.ts";
import { Preferences } from "./preferences.ts";
import { Roster } from "./roster.ts";
import { Warnings } from "./warnings.ts";

/** Who a session belongs to. */
export interface Identity {
  /** The login. */
  readonly authid: string;
  /** The role that decides what it may do. */
  readonly role: string;
}

/** What Nexus adds to WAMP, as methods of a client. Its URIs are complete: the client may have any prefix or none. */
export class Nexus {
  /** Lists to which sessions add themselves. */
  readonly roster: Roster;
  /** Values that the user puts away. */
  readonly metadata: Metadata;
  /** The user's API keys. */
  readonly apikeys: ApiKeys;
  /** The user's one-time passwords. */
  readonly otp: OneTimePasswords;
  /** The documentation of procedures. */
  readonly documents: Documents;
  /** The directory behind the Nexus. */
  readonly directory: Directory;
  /** The user's preferences. */
  readonly preferences: Preferences;
  /** Nexus's own database. */
  readonly db: Database;
  /** What Nexus warns of. */
  readonly warnings: Warnings;

  readonly #call: NexusCall;
  readonly #elevation: Elevation;

  /**
   * @param wamp The client.
   * @param clock Where time comes from (default the runtime's clock).
   */
  constructor(wamp: NexusClient, clock: Clock = systemClock) {
    const call = nexusCall(wamp);
    this.#call = call;
    this.#elevation = new Elevation(call, clock);
    this.roster = new Roster(wamp, clock);
    this.metadata = new Metadata(call);
    this.apikeys = new ApiKeys(call);
    this.otp = new OneTimePasswords(call);
    this.documents = new Documents(call);
    this.directory = new Directory(call);
    this.preferences = new Preferences(call);
    this.db = new Database(call);
    this.warnings = new Warnings(wamp);
  }

  /**
   * Asks who the session belongs to.
   *
   * @returns Login and role.
   */
  whoami(): Promise<Identity> {
    return this.#call<Identity>("auth.whoami");
  }

  /**
   * Shows the password once more: for two minutes the session may do what a permission marks with `+`.
   *
   * @param password The user's password; a one-time password is used up by it.
   * @returns The seconds that are granted; false when the password is wrong.
   */
  reauthenticate(password: string): Promise<number | false> {
    return this.#elevation.reauthenticate(password);
  }

  /** Ends the elevated time, of all sessions that share the login's cookie. */
  expire(): Promise<void> {
    return this.#elevation.expire();
  }

  /**
   * Tells whether the session is elevated; it also is for two minutes after the login.
   *
   * @returns The seconds that are left; false when there are none.
   */
  isReauthenticated(): Promise<number | false> {
    return this.#elevation.remaining();
  }

  /**
   * Begins the two minutes anew, while they are not over.
   *
   * @returns The seconds that are granted; false when they were over.
   */
  extend(): Promise<number | false> {
    return this.#elevation.extend();
  }

  /**
   * Does work while elevated, however long it takes. What began with it ends with it; a session that is elevated already stays so.
   *
   * @param work What needs it.
   * @param options Where the password comes from.
   * @returns What the work came to.
   * @throws {WampError} `authentication_failed` when the password is wrong or missing; the work was not begun.
   */
  withElevation<T>(work: () => T | Promise<T>, options: ElevationOptions = {}): Promise<T> {
    return this.#elevation.during(work, options);
  }
}

// A client's roster entries and the spelling of its Nexus have to outlive one use of `nexus(wamp)`; they end with the client.
const known = new WeakMap<NexusClient, Nexus>();

/**
 * Gives what Nexus adds to a client; the same for the same client each time.
 *
 * @param wamp The client, open or not, with an interface or without.
 * @returns Nexus's calls.
 */
export function nexus(wamp: NexusClient | AnyClient): Nexus {
  const client: NexusClient = "untyped" in wamp ? wamp.untyped : wamp;
  const present = known.get(client);
  if (present !== undefined) return present;
  const made = new Nexus(client);
  known.set(client, made);
  return made;
}
