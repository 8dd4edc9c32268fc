/**
 * A Nexus: the router with users, roles, URI permissions and per-user data, all kept in a store.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { createNexus, memoryStore } from "@izaber/wamp/nexusd";
 *
 * const nexus = await createNexus({ store: memoryStore(), passwordRounds: 1_000 });
 * if (nexus.start.outcome !== "defaults") throw new Error("unexpected"); // .login and .password are those of the first user
 * const stranger = await connect(nexus.router.local(), { realm: nexus.realm });
 * await stranger.subscribe("com.izaber.wamp.discovery.whsthr", () => {}); // the role `public` may
 * await stranger.close();
 * await nexus.close();
 * ```
 *
 * @example What may this role do, who may use it, and what was changed?
 * ```ts
 * import { createNexus, memoryStore } from "@izaber/wamp/nexusd";
 *
 * await using nexus = await createNexus({ store: memoryStore(), passwordRounds: 1_000 });
 * const { allow, text } = await nexus.permissions.explain({ role: "frontend", action: "call", uri: "wamp.session.list" });
 * if (allow || !text.includes("has no line for")) throw new Error("unexpected");
 * await nexus.administration.run("users.create", { login: "ann", password: "PASSWORD", role: "frontend" });
 * const { plaintext } = await nexus.apiKeys.create(nexus.users.get("ann")!, { description: "nightly build" });
 * if (plaintext.length !== 32) throw new Error("unexpected"); // what to log in with; it is kept as a hash alone
 * if (nexus.audit.list()[0]?.action !== "users.create") throw new Error("unexpected");
 * ```
 *
 * @module
 */
export type { Administration, Administrator, AdminOperation } from "./administration.ts";
export type { ApiKeyRecord, ApiKeys, MadeApiKey, NewApiKey } from "./api_keys.ts";
export type { Audit, AuditEntry, AuditOptions, AuditQuery } from "./audit.ts";
export type { CookieOptions } from "./cookies.ts";
export type { DataOptions } from "./data_services.ts";
export type { Directory } from "./directory.ts";
export type { Explanation, Question } from "./explain.ts";
export { fileDirectory } from "./file_directory.ts";
export type { FirstStart } from "./first_start.ts";
export type { IdentityOptions } from "./identity.ts";
export { importNexus } from "./import_nexus.ts";
export type { ImportOptions, ImportProblem, ImportReport } from "./import_nexus.ts";
export type { KeyFields } from "./key_fields.ts";
export type { KeyRecord, KeyRing, MadeKey } from "./key_ring.ts";
export type { Leniency } from "./leniency.ts";
export type { Finding } from "./lint.ts";
export type { LineProblem } from "./lint_rules.ts";
export type { LoginAttempt, LoginSource, LoginVerdict } from "./login_sources.ts";
export { ldapDirectory } from "./ldap_directory.ts";
export type { LdapOptions, LdapServer } from "./ldap_directory.ts";
export type { MetadataLimits } from "./metadata.ts";
export { memoryStore } from "./memory_store.ts";
export { createNexus } from "./nexus.ts";
export type { Nexus, NexusOptions } from "./nexus.ts";
export type {
  MadeOneTimePassword,
  NewOneTimePassword,
  OneTimePasswordRecord,
  OneTimePasswords,
} from "./one_time_passwords.ts";
export { originalKeyHash } from "./password_hash.ts";
export type { PermissionAction, PermissionLine } from "./permission_language.ts";
export type { Permissions } from "./permissions.ts";
export type { Restrictions } from "./restrictions.ts";
export type { RoleRecord, Roles } from "./roles.ts";
export type { RuleProblem, RuleSet } from "./rule_set.ts";
export type { RosterLimits } from "./rosters.ts";
export { parseSeed } from "./seed.ts";
export type { Seed, SeedUser } from "./seed.ts";
export type { SeedChanges } from "./seed_change.ts";
export type { SecretCheck } from "./secret_check.ts";
export { openSqliteStore } from "./sqlite_store.ts";
export type { FileStore } from "./sqlite_store.ts";
export { openStoredHistory } from "./stored_history.ts";
export type { StoredHistoryOptions } from "./stored_history.ts";
export type { Store, StoreEntry, StoreOperation } from "./store.ts";
export type { NewUser, UserFields, UserRecord, Users } from "./users.ts";
