/**
 * What Nexus adds to WAMP for a caller: identity, rosters, metadata, API keys, one-time passwords, elevated sessions, documents, its database.
 *
 * @example
 * ```ts
 * import { connect, ticket } from "@izaber/wamp";
 * import { nexus } from "@izaber/wamp/nexus";
 *
 * await using wamp = await connect("wss://nexus.example.com/ws", { realm: "izaber", auth: ticket("USERNAME", "PASSWORD") });
 * const { authid, role } = await nexus(wamp).whoami();
 * if (authid !== "username" || role !== "frontend") throw new Error("unexpected");
 *
 * const { metadata } = nexus(wamp);
 * await metadata.set("theme", { dark: true });
 * if (await metadata.get("theme", { yaml: true }) !== "dark: true\n") throw new Error("unexpected");
 * await metadata.delete("theme");
 * ```
 *
 * @module
 */
export { ApiKeys } from "./api_keys.ts";
export type { ApiKey, ApiKeyOptions } from "./api_keys.ts";
export { Database, ROOT } from "./database.ts";
export type {
  Collection,
  Comparison,
  Condition,
  DatabaseRecord,
  DatabaseStatistics,
  QueryOptions,
  QueryResult,
} from "./database.ts";
export { Directory } from "./directory.ts";
export type { DirectoryEntry, DirectoryUser } from "./directory.ts";
export { Documents } from "./documents.ts";
export type { UriDocument } from "./documents.ts";
export type { ElevationOptions } from "./elevation.ts";
export { Metadata } from "./metadata.ts";
export type { AsYaml, MetadataOptions, MetadataRecord } from "./metadata.ts";
export { Nexus, nexus } from "./nexus.ts";
export type { Identity } from "./nexus.ts";
export type { NexusCall, NexusClient } from "./nexus_call.ts";
export { OneTimePasswords } from "./one_time_passwords.ts";
export type { OneTimePassword } from "./one_time_passwords.ts";
export { Permissions, permissions } from "./permissions.ts";
export type { PermissionAction, PermissionLine } from "./permissions.ts";
export { Preferences } from "./preferences.ts";
export { Roster } from "./roster.ts";
export type { RosterOptions, RosterRecord } from "./roster.ts";
export { Warnings } from "./warnings.ts";
export type { RegistrationWarning, WarningType } from "./warnings.ts";
export type { WatchOptions } from "./watch.ts";
