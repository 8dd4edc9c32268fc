import type { WampValue } from "../wire/values.ts";
import type { NexusCall } from "./nexus_call.ts";

/** The attributes of an entry of the directory; most have lists of values. */
export interface DirectoryEntry {
  /** The distinguished name. */
  readonly dn?: string;
  /** Whatever else the directory says. */
  readonly [attribute: string]: WampValue;
}

/** A user in the directory. */
export interface DirectoryUser {
  /** What the directory says. */
  readonly attributes: DirectoryEntry;
  /** The distinguished name. */
  readonly db: string;
}

/** The directory (LDAP) behind a Nexus; without one its lists are empty. */
export class Directory {
  readonly #call: NexusCall;

  /** @param call The way to Nexus. */
  constructor(call: NexusCall) {
    this.#call = call;
  }

  /**
   * Lists the users.
   *
   * @returns The users, in no order.
   */
  users(): Promise<readonly DirectoryUser[]> {
    return this.#call<readonly DirectoryUser[]>("ad.users");
  }

  /**
   * Lists the groups.
   *
   * @returns The groups, in no order.
   */
  groups(): Promise<readonly DirectoryEntry[]> {
    return this.#call<readonly DirectoryEntry[]>("ad.groups");
  }
}
