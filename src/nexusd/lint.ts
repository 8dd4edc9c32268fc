import type { ApiKeys } from "./api_keys.ts";
import { defaultRoles } from "./default_roles.ts";
import { lintLines } from "./lint_rules.ts";
import type { LineProblem } from "./lint_rules.ts";
import { parsePerms, sameLines } from "./permission_language.ts";
import type { PermissionLine } from "./permission_language.ts";
import type { Restrictions } from "./restrictions.ts";
import { ANONYMOUS_ROLE, DEFAULT_ROLE } from "./roles.ts";
import type { Roles } from "./roles.ts";
import type { Users } from "./users.ts";

/** Something in roles, restrictions, users or keys that does not do what its author may think. */
export interface Finding {
  /** Where it is, such as `role frontend`. */
  readonly place: string;
  /** What kind of thing it is: that of a line, or `unused`, `unknown`, `ended`, `traits`, `ignored`. */
  readonly kind: LineProblem["kind"] | "unused" | "unknown" | "ended" | "traits" | "ignored";
  /** The line, if it is about one. */
  readonly line: PermissionLine | null;
  /** What it is, in words. */
  readonly text: string;
}

/** What is looked at. */
export interface LintContext {
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** What logins may do at most. */
  readonly restrictions: Restrictions;
  /** The API keys. */
  readonly apiKeys: ApiKeys;
  /** The names of what accepts logins. */
  readonly sources: readonly string[];
}

/**
 * Finds what does not do what its author may think: lines that conflict, never decide or say nothing new; roles that nobody has and that are none; keys
 * that are over.
 *
 * @param context What is looked at.
 * @returns What was found.
 */
export function lint(context: LintContext): Finding[] {
  return [...lintRoles(context), ...lintRestrictions(context), ...lintUsers(context), ...lintKeys(context)];
}

function lintRoles({ users, roles, apiKeys }: LintContext): Finding[] {
  const used = new Set<string | null>([
    ANONYMOUS_ROLE,
    ...users.list().map(({ role }) => role ?? DEFAULT_ROLE),
    ...apiKeys.list().map(({ role }) => role),
  ]);
  return roles.list().flatMap(({ role, permissions }): Finding[] => {
    const place = `role ${role}`;
    const unused: Finding[] = used.has(role) || role === DEFAULT_ROLE || isAsProvided(role, permissions)
      ? []
      : [{ place, kind: "unused", line: null, text: "no user has this role" }];
    if (roles.isAlmighty(role)) return unused;
    const strangers = role === ANONYMOUS_ROLE ? traitsOf(place, permissions, "anonymous sessions never meet it") : [];
    return [...unused, ...lintLines(permissions).map((problem) => ({ place, ...problem })), ...strangers];
  });
}

/** A Nexus begins with roles for users to come; nobody has thought anything of them until they are changed. */
function isAsProvided(role: string, permissions: readonly PermissionLine[]): boolean {
  return Object.entries(defaultRoles).some(([name, lines]) => name === role && sameLines(permissions, lines));
}

function lintRestrictions({ restrictions, sources }: LintContext): Finding[] {
  return [...restrictions.list()].flatMap(([source, permissions]): Finding[] => {
    const place = `restrictions ${source}`;
    const unknown: Finding[] = sources.includes(source)
      ? []
      : [{ place, kind: "unknown", line: null, text: `no logins come by "${source}", but by ${sources.join(", ")}` }];
    return [...unknown, ...limiting(place, permissions)];
  });
}

function lintUsers({ users, roles, sources }: LintContext): Finding[] {
  return users.list().flatMap(({ login, role, source }): Finding[] => {
    const place = `user ${login}`;
    const named = role ?? DEFAULT_ROLE;
    return [
      ...roles.has(named) ? [] : [{
        place,
        kind: "unknown" as const,
        line: null,
        text: `there is no role "${named}", so the user cannot log in`,
      }],
      ...sources.includes(source)
        ? []
        : [{ place, kind: "unknown" as const, line: null, text: `nothing checks passwords of the source "${source}"` }],
    ];
  });
}

function lintKeys({ users, roles, apiKeys }: LintContext): Finding[] {
  const logins = new Map(users.list().map(({ uuid, login }) => [uuid, login]));
  return apiKeys.list().flatMap((record): Finding[] => {
    const { uuid, owner, permissions, role } = record;
    const place = `API key ${uuid} of ${logins.get(owner) ?? "nobody"}`;
    return [
      ...logins.has(owner)
        ? []
        : [{ place, kind: "unused" as const, line: null, text: "its user is not there any more" }],
      ...apiKeys.hasEnded(record)
        ? [{ place, kind: "ended" as const, line: null, text: `it ended ${record.expires}` }]
        : [],
      ...role === null || roles.has(role)
        ? []
        : [{ place, kind: "unknown" as const, line: null, text: `there is no role "${role}", so it logs nobody in` }],
      ...limiting(place, permissions),
    ];
  });
}

/** What restricts looks at letters alone. */
function limiting(place: string, permissions: readonly PermissionLine[]): Finding[] {
  return [
    ...lintLines(permissions).filter(({ kind }) => kind !== "redundant").map((problem) => ({ place, ...problem })),
    ...traitsOf(place, permissions, "restrictions pass it over").map((finding) => ({
      ...finding,
      kind: "ignored" as const,
    })),
  ];
}

function traitsOf(place: string, permissions: readonly PermissionLine[], why: string): Finding[] {
  return permissions.flatMap((line): Finding[] => {
    const grants = Object.values(parsePerms(line.perms));
    const traits = [
      ...grants.some(({ elevated }) => elevated) ? ["+"] : [],
      ...grants.some(({ documented }) => documented) ? ["!"] : [],
    ];
    return traits.map((trait) => ({ place, kind: "traits", line, text: `"${trait}" does not work here: ${why}` }));
  });
}
