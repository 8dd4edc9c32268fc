import { absolute } from "../client/arguments.ts";
import type { Subscription } from "../client/handles.ts";
import type { DatabaseRecord } from "./database.ts";
import type { NexusClient } from "./nexus_call.ts";

/** What Nexus warns of: a procedure is gone, still gone, back; it goes and comes too often; its record was removed. */
export type WarningType =
  | "disconnect"
  | "disconnect_reminder"
  | "disconnect_recovery"
  | "disconnect_count"
  | "disconnect_count_reminder"
  | "disconnect_count_recovery"
  | "zombie_reap";

/** A warning about a registration. */
export interface RegistrationWarning {
  /** What it warns of. */
  readonly type: WarningType;
  /** Seconds overdue for `disconnect`, disconnections for `disconnect_count`, the time in seconds since 1970 for a recovery. */
  readonly number: number;
  /** The record of the URI. */
  readonly registration: DatabaseRecord;
}

/** The warnings that Nexus publishes about registrations. */
export class Warnings {
  readonly #wamp: NexusClient;

  /** @param wamp The client. */
  constructor(wamp: NexusClient) {
    this.#wamp = wamp;
  }

  /**
   * Listens to the warnings, over any number of sessions.
   *
   * @param handler Receives them.
   * @returns The subscription.
   * @throws {RemoteError} When the role may not.
   */
  subscribe(handler: (warning: RegistrationWarning) => unknown): Promise<Subscription> {
    return this.#wamp.subscribe(
      absolute("system.event.warning.registration"),
      (args) => {
        const [type, number, registration] = args as [WarningType, number, DatabaseRecord];
        return handler({ type, number, registration });
      },
    );
  }
}
