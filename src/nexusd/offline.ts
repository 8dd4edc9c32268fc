import { systemClock } from "../wire/clock.ts";
import { systemRandom } from "../wire/random.ts";
import { Administration } from "./administration.ts";
import { FirstFill } from "./first_start.ts";
import { Identity } from "./identity.ts";
import { Passwords } from "./passwords.ts";
import { Sessions } from "./sessions.ts";
import type { Store } from "./store.ts";
import { UriRecords } from "./uri_records.ts";

/** What an administrator can do with the records of a Nexus that does not run. */
export interface OfflineAdministration {
  /** The operations; there are no sessions. */
  readonly administration: Administration;
  /** Keeps what was noted and changed. The store stays open. */
  close(): Promise<void>;
}

/**
 * Opens a store for an administrator alone: nothing is filled, swept, tidied or served, since that is for the server, which knows its configuration.
 *
 * @param store The store; that of a Nexus that does not run.
 * @param onError Told when what was done could not be noted.
 * @returns What can be done with it, or undefined when no Nexus was ever started on it.
 * @throws {WampError} `store_damaged` when a record is not what it has to be.
 */
export async function openOffline(
  store: Store,
  onError: (error: unknown) => void,
): Promise<OfflineAdministration | undefined> {
  const [clock, random] = [systemClock, systemRandom];
  const passwords = new Passwords({ random });
  if (!await new FirstFill(store, passwords, random).isFilled()) return undefined;
  const tools = { store, passwords, clock, random, onError };
  const identity = await Identity.load(tools, {});
  const uris = await UriRecords.load(store, tools);
  await identity.audit.load();
  const administration = new Administration({
    ...identity,
    store,
    sessions: new Sessions(),
    uris: () => uris,
    reload: () => identity.reload(),
    kill: () => false,
  });
  return {
    administration,
    close: async () => {
      await identity.audit.flush();
      await uris.flush();
    },
  };
}
