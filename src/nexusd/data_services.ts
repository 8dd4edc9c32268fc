import type { Client } from "../client/client.ts";
import type { Clock } from "../wire/clock.ts";
import type { Random } from "../wire/random.ts";
import { isUri } from "../wire/uri.ts";
import type { NexusAuthorizer } from "./authorizer.ts";
import { Metadata } from "./metadata.ts";
import type { MetadataLimits } from "./metadata.ts";
import type { Roles } from "./roles.ts";
import { Rosters } from "./rosters.ts";
import type { RosterAnnouncer, RosterLimits } from "./rosters.ts";
import { metadataProcedures } from "./services/metadata.ts";
import type { Procedure } from "./services/procedure.ts";
import { rosterProcedures } from "./services/rosters.ts";
import type { Sessions } from "./sessions.ts";
import type { Store } from "./store.ts";
import type { Users } from "./users.ts";

/** What may be said of the data that a Nexus keeps for its users. */
export interface DataOptions {
  /** How much each user may put away as metadata, where it is not the default. */
  readonly metadataLimits?: Partial<MetadataLimits>;
  /** How much each session may put into rosters, where it is not the default. */
  readonly rosterLimits?: Partial<RosterLimits>;
}

/** What the services for data stand on. */
export interface DataContext {
  /** Where records are kept. */
  readonly store: Store;
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** The sessions. */
  readonly sessions: Sessions;
  /** Says what sessions may do. */
  readonly authorizer: NexusAuthorizer;
  /** The session that serves the built-in procedures. */
  readonly client: Client;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** Told what fails for a reason of the server's own. */
  readonly onError: (error: unknown) => void;
}

/** Changes of rosters are published here, behind it a dot and the roster's name. */
const ROSTER_TOPIC = "com.izaber.wamp.system.event.roster";

/**
 * Makes the services for what is kept for users and sessions: metadata, rosters.
 *
 * @param context What they stand on.
 * @param options What is not to be as usual.
 * @returns The procedures.
 */
export function dataServices(context: DataContext, options: DataOptions): Procedure[] {
  const { store, users, roles, sessions, authorizer, clock, random } = context;
  const metadata = new Metadata(store, random, options.metadataLimits);
  const rosters = new Rosters({ roles, clock, random, announce: rosterAnnouncer(context) }, options.rosterLimits);
  sessions.observe({ left: (session) => rosters.left(session) });
  return [...metadataProcedures(metadata, users), ...rosterProcedures(rosters, authorizer)];
}

/** A roster whose name is no URI has nowhere to publish to. */
function rosterAnnouncer({ client, onError }: DataContext): RosterAnnouncer {
  return (change, { uuid, name, data }, roles) => {
    const topic = `${ROSTER_TOPIC}.${name}`;
    if (!isUri(topic) || client.session === undefined) return;
    client.publish(topic, [change, { uuid, name, data }], {}, { eligible_authrole: roles }).catch(onError);
  };
}
