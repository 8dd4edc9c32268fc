import type { Client } from "../client/client.ts";
import type { Clock } from "../wire/clock.ts";
import type { Random } from "../wire/random.ts";
import { isUri } from "../wire/uri.ts";
import type { ApiKeys } from "./api_keys.ts";
import type { NexusAuthorizer } from "./authorizer.ts";
import type { Cookies } from "./cookies.ts";
import { Database } from "./database.ts";
import { syncDirectory } from "./directory.ts";
import type { Directory } from "./directory.ts";
import { ApiKeyCollection, CookieCollection, OneTimePasswordCollection } from "./key_collections.ts";
import { RosterCollection, UriCollection } from "./live_collections.ts";
import { Metadata } from "./metadata.ts";
import type { MetadataLimits } from "./metadata.ts";
import { MetadataCollection } from "./metadata_collection.ts";
import type { OneTimePasswords } from "./one_time_passwords.ts";
import { RegistrationTracker } from "./registration_tracker.ts";
import { RegistrationWarnings } from "./registration_warnings.ts";
import type { WarningAnnouncer, WarningOptions } from "./registration_warnings.ts";
import { RoleCollection } from "./role_collection.ts";
import type { Revocation } from "./revocation.ts";
import type { Roles } from "./roles.ts";
import { ROSTER_TOPIC, RosterListeners } from "./roster_listeners.ts";
import { Rosters } from "./rosters.ts";
import type { RosterAnnouncer, RosterLimits } from "./rosters.ts";
import { databaseProcedures } from "./services/database.ts";
import { directoryProcedures } from "./services/directory.ts";
import { documentProcedures } from "./services/documents.ts";
import { metadataProcedures } from "./services/metadata.ts";
import type { Procedure } from "./services/procedure.ts";
import { rosterProcedures } from "./services/rosters.ts";
import { systemProcedures } from "./services/system.ts";
import type { Sessions } from "./sessions.ts";
import type { Store } from "./store.ts";
import { UriRecords } from "./uri_records.ts";
import { UserCollection } from "./user_collection.ts";
import { removeUser } from "./user_removal.ts";
import type { Users } from "./users.ts";
import { Vacuum } from "./vacuum.ts";

/** What may be said of the data that a Nexus keeps for its users. */
export interface DataOptions extends WarningOptions {
  /** How much each user may put away as metadata, where it is not the default. */
  readonly metadataLimits?: Partial<MetadataLimits>;
  /** How much each session may put into rosters, where it is not the default. */
  readonly rosterLimits?: Partial<RosterLimits>;
  /** The directory of users and groups outside; its users may log in (default none). */
  readonly directory?: Directory;
  /** Whether the directory's users are taken over at the start (default false: when `system.sync` is called, or they log in). */
  readonly startupSync?: boolean;
  /** Whether procedures count as lost at the start until they are registered again (default true; otherwise after two minutes). */
  readonly startupReset?: boolean;
  /** Whether it is cleaned at the start, too (default false: two minutes later). */
  readonly startupVacuum?: boolean;
}

/** What the services for data stand on. */
export interface DataContext {
  /** Where records are kept. */
  readonly store: Store;
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** The API keys. */
  readonly apiKeys: ApiKeys;
  /** The one-time passwords. */
  readonly otps: OneTimePasswords;
  /** Who knows the logins that cookies stand for. */
  readonly cookies: Cookies;
  /** The sessions. */
  readonly sessions: Sessions;
  /** Says what sessions may do. */
  readonly authorizer: NexusAuthorizer;
  /** Ends the sessions that may do nothing any more. */
  readonly revocation: Revocation;
  /** The session that serves the built-in procedures. */
  readonly client: Client;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** Told what fails for a reason of the server's own. */
  readonly onError: (error: unknown) => void;
}

/** Warnings are published here, without the prefix that everything else has. */
const WARNING_TOPIC = "system.event.warning.registration";

/** The services for what is kept for users and sessions: metadata, rosters, documentation, warnings. */
export class DataServices {
  /** The procedures. */
  readonly procedures: readonly Procedure[];

  /** The URIs that are documented or were registered once. */
  readonly uris: UriRecords;
  readonly #tracker: RegistrationTracker;
  readonly #warnings: RegistrationWarnings;
  readonly #vacuum: Vacuum;

  private constructor(context: DataContext, options: DataOptions, uris: UriRecords) {
    const { store, users, roles, sessions, authorizer, client, clock, random, onError } = context;
    const metadata = new Metadata(store, random, options.metadataLimits);
    const listeners = new RosterListeners();
    sessions.observe(listeners);
    const announce = rosterAnnouncer(context, listeners);
    const rosters = new Rosters({ roles, clock, random, announce }, options.rosterLimits);
    sessions.observe({ left: (session) => rosters.left(session) });
    const warnings = new RegistrationWarnings({ uris, clock, announce: warningAnnouncer(context) }, options);
    const tracker = new RegistrationTracker({ client, sessions, uris, clock, onChange: () => warnings.watch() });
    const owned = [
      new ApiKeyCollection(context.apiKeys),
      new MetadataCollection(metadata),
      new OneTimePasswordCollection(context.otps),
    ];
    const database = new Database(users, roles, [
      new UserCollection(users, owned, (user) => removeUser(context, user)),
      new RoleCollection(roles, random),
      new UriCollection(uris, () => warnings.watch()),
      new RosterCollection(rosters),
      new CookieCollection(store, context.cookies),
      ...owned,
    ]);
    const expireOtps = () => context.otps.vacuum();
    const { revocation } = context;
    const vacuum = new Vacuum({ sessions, revocation, rosters, tracker, warnings, expireOtps, clock, onError });
    this.uris = uris;
    this.#tracker = tracker;
    this.#warnings = warnings;
    this.#vacuum = vacuum;
    this.procedures = [
      ...metadataProcedures(metadata, users),
      ...rosterProcedures(rosters, authorizer),
      ...documentProcedures(uris, authorizer),
      ...databaseProcedures(database),
      ...directoryProcedures(options.directory, users, clock),
      ...systemProcedures({ client, sessions, tracker, warnings, vacuum }),
    ];
  }

  /**
   * Reads what is kept and begins to keep more.
   *
   * @param context What they stand on.
   * @param options What is not to be as usual.
   * @returns The services.
   * @throws {WampError} `store_damaged` when a record is not what it has to be.
   */
  static async start(context: DataContext, options: DataOptions): Promise<DataServices> {
    const services = new DataServices(context, options, await UriRecords.load(context.store, context));
    await services.#tracker.start();
    if (options.startupReset !== false) services.#tracker.sync();
    if (options.startupSync === true && options.directory !== undefined) {
      // A directory that cannot be asked now is no reason not to serve those who need none.
      await syncDirectory(options.directory, context.users).catch(context.onError);
    }
    if (options.startupVacuum === true) await services.#vacuum.all();
    services.#vacuum.start();
    services.#warnings.watch();
    return services;
  }

  /** Ends what goes on by itself, and keeps what has changed. */
  async stop(): Promise<void> {
    this.#vacuum.stop();
    this.#warnings.stop();
    await this.uris.flush();
  }
}

/** A roster whose name is no URI has nowhere to publish to. Who may not read it for another reason than the role hears nothing of it, either. */
function rosterAnnouncer({ client, authorizer, onError }: DataContext, listeners: RosterListeners): RosterAnnouncer {
  return (change, { uuid, name, data }, roles) => {
    const topic = `${ROSTER_TOPIC}.${name}`;
    if (!isUri(topic) || !topic.isWellFormed() || client.session === undefined) return;
    const exclude = [...listeners.all()]
      .filter((session) => roles.includes(session.authrole) && !authorizer.permits(session, "roster_query", name))
      .map(({ id }) => id);
    const options = { eligible_authrole: roles, ...exclude.length > 0 && { exclude } };
    client.publish(topic, [change, { uuid, name, data }], {}, options).catch(onError);
  };
}

function warningAnnouncer({ client, onError }: DataContext): WarningAnnouncer {
  return (type, number, record) => {
    if (client.session === undefined) return;
    client.publish(WARNING_TOPIC, [type, number, { ...record }]).catch(onError);
  };
}
