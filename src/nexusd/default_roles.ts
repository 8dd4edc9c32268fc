import type { PermissionLine } from "./permission_language.ts";

function lines(prefix: string, perms: string, ...names: string[]): PermissionLine[] {
  return names.map((name) => ({ uri: prefix + name, perms }));
}

const rosters: PermissionLine = { uri: "roster.*", perms: "oq" };
const dashboardRegistry: PermissionLine = {
  uri: "com.izaber.wamp./dashboard:.*:dashboardRegistry/.get",
  perms: "c",
};

/** The roles that a Nexus begins with, as its development database has them. */
export const defaultRoles: { readonly [role: string]: readonly PermissionLine[] } = {
  public: [
    { uri: "com.izaber.wamp.public", perms: "crsp" },
    { uri: "com.izaber.wamp.discovery.kncknc", perms: "p" },
    { uri: "com.izaber.wamp.discovery.whsthr", perms: "s" },
    dashboardRegistry,
    { uri: "com.izaber.wamp.system.roster.query", perms: "c" },
    { uri: "roster.*", perms: "q" },
  ],
  frontend: [
    ...lines("com.izaber.wamp.", "crsp", "public.*", "frontend.*"),
    { uri: "com.izaber.wamp.reauth", perms: "c+r+" },
    ...lines("com.izaber.wamp.auth.", "c", "whoami", "authenticate", "reauthenticate", "reauthenticate_expire"),
    ...lines("com.izaber.wamp.auth.", "c", "is_reauthenticated", "extend_reauthenticate", "refresh_authorizer"),
    ...lines("", "c", "com.izaber.wamp.my.*", "my.*"),
    ...lines("com.izaber.wamp.ad.", "c", "users", "groups"),
    ...lines("com.izaber.wamp.system.db.", "c", "query", "create", "update", "upsert", "delete"),
    ...lines("com.izaber.wamp.system.preference.", "c", "get", "set"),
    ...lines("com.izaber.wamp.system.", "c", "is_reauthenticated", "extend_reauthenticate"),
    { uri: "com.izaber.wamp./zerp.*/.*", perms: "cs" },
    dashboardRegistry,
    { uri: "com.izaber.wamp./dashboard:.*/.*", perms: "cs" },
    ...lines("com.izaber.wamp.directory.", "c", "users", "groups"),
    { uri: "com.izaber.wamp.notification.router.registerDestination", perms: "c" },
    ...lines("com.izaber.wamp.system.roster.", "c", "register", "unregister", "query"),
    rosters,
    { uri: "com.izaber.wamp.graphs.product_graph_consumption", perms: "c" },
  ],
  backend: [{ uri: "com.izaber.wamp.*", perms: "crsp" }, rosters],
  trust: [{ uri: "*", perms: "crspoq" }],
};

/** A key must not make further keys or reach other records. The original's list leaves `my.apikeys` open by a slip of the pen; this does not. */
const keysOnly: readonly PermissionLine[] = ["", "com.izaber.wamp."].flatMap((prefix) =>
  lines(prefix, "", "my.apikeys.*", "my.apikey.*", "my.otp.*", "my.otps.*", "system.db.*")
);

/** What sessions that came by an API key or a one-time password may not do. */
export const defaultRestrictions: { readonly [source: string]: readonly PermissionLine[] } = {
  apikey: keysOnly,
  otp: keysOnly,
};
