import type { Clock } from "../wire/clock.ts";
import type { ApiKeyRecord, ApiKeys } from "./api_keys.ts";
import type { NexusAuthorizer, Outcome } from "./authorizer.ts";
import type { Documentation } from "./documentation.ts";
import type { Login } from "./logins.ts";
import type { Grant, PermissionAction, PermissionLine } from "./permission_language.ts";
import type { Restrictions } from "./restrictions.ts";
import { ANONYMOUS_ROLE, DEFAULT_ROLE } from "./roles.ts";
import type { Roles } from "./roles.ts";
import type { RuleSet } from "./rule_set.ts";
import type { UserRecord, Users } from "./users.ts";

/** Who wants to do what. */
export interface Question {
  /** The user (default whose the API key is); without one it is about a role alone. */
  readonly authid?: string;
  /** The role (default the user's; without a user that of anonymous sessions, whose role `public` always means them). */
  readonly role?: string;
  /** The id of the API key by which the session came (default none: it came by a password). */
  readonly apiKey?: string;
  /** By which source the session came (default `local`, or `apikey` with an API key; of a role alone none, so that nothing is restricted). */
  readonly source?: string;
  /** What it wants to do. */
  readonly action: PermissionAction;
  /** With what. */
  readonly uri: string;
  /** How the URI matches, for documentation (default `exact`). */
  readonly match?: string;
}

/** What comes of a request, and why. */
export interface Explanation {
  /** Whether it is allowed; where a password lately shown is asked for, whether it is with that. */
  readonly allow: boolean;
  /** What refuses it; null when it is allowed. */
  readonly by: "role" | "user" | "apikey" | "restrictions" | "documentation" | "elevation" | null;
  /** The role that was asked. */
  readonly role: string;
  /** The line of the role that decides; null where none does. */
  readonly rule: PermissionLine | null;
  /** The lines of the role that are equally near, so that none of them counts. */
  readonly conflict: readonly PermissionLine[];
  /** The line of the restrictions that decides; null where none does. */
  readonly restriction: PermissionLine | null;
  /** Whether a password lately shown is asked for (`+`). */
  readonly elevated: boolean;
  /** Whether documentation is asked for (`!`). */
  readonly documented: boolean;
  /** All of it in words, one sentence a step. */
  readonly text: string;
}

/** What explanations are made from. */
export interface ExplainContext {
  /** What decides. */
  readonly authorizer: NexusAuthorizer;
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** What logins may do at most. */
  readonly restrictions: Restrictions;
  /** The API keys. */
  readonly apiKeys: ApiKeys;
  /** Which URIs are documented. */
  readonly documentation: Documentation;
  /** Where time comes from. */
  readonly clock: Clock;
}

/** What restricts a session, and what it says of the request. */
interface Limits {
  readonly grants: boolean;
  readonly line: PermissionLine | null;
  readonly text: string;
}

/**
 * Says what comes of a request and which rule decided. What is asked is the authorizer itself; this finds the lines behind its answer.
 *
 * @param context What explanations are made from.
 * @param question Who wants to do what.
 * @returns What comes of it, and why.
 */
export async function explain(context: ExplainContext, question: Question): Promise<Explanation> {
  const { authorizer, users, roles, restrictions, apiKeys, documentation } = context;
  const { authid, source, action, uri, match = "exact" } = question;
  const key = question.apiKey === undefined ? undefined : apiKeys.get(question.apiKey);
  const user = authid === undefined ? key && users.byId(key.owner) : users.get(authid.toLowerCase());
  const isAlone = authid === undefined && user === undefined;
  const role = question.role ?? key?.role ?? (isAlone ? ANONYMOUS_ROLE : user?.role ?? DEFAULT_ROLE);
  const nobody = nobodyBy(question, user, key);
  const grant = nobody === undefined ? roles.grant(role, action, uri) : undefined;
  const found: ReturnType<typeof findLine> = nobody === undefined ? findLine(roles, role, uri) : { kind: "none" };
  const steps = [nobody?.text ?? roleText(roles, role, action, uri, grant, found)];
  const answer = (by: Explanation["by"], restriction: PermissionLine | null = null): Explanation => ({
    allow: by === null,
    by,
    role,
    rule: found.kind === "rule" ? found.rule : null,
    conflict: found.kind === "conflict" ? found.rules : [],
    restriction,
    elevated: grant?.elevated ?? false,
    documented: grant?.documented ?? false,
    text: `${steps.join(". ")}.`,
  });
  if (nobody !== undefined) return answer(nobody.by);
  if (grant === undefined) return answer("role");
  const login = user === undefined ? undefined : loginOf(context, question, user, role);
  const isStranger = login === undefined && role === ANONYMOUS_ROLE;
  const outcome = authorizer.judge(
    { authrole: role, authmethod: isStranger ? "anonymous" : "local" },
    login,
    action,
    uri,
  );
  const origin = login ?? (source === undefined ? undefined : { source });
  const limits = origin === undefined ? undefined : limitsOf(restrictions, apiKeys, origin, action, uri);
  if (limits !== undefined) steps.push(limits.text);
  const restriction = limits?.line ?? null;
  // Where nobody logs in the authorizer knows of no source.
  if (login === undefined && limits?.grants === false) return answer("restrictions", restriction);
  if (outcome.kind === "refused") {
    const by = outcome.by === "login" || outcome.by === "cookie" ? "user" : outcome.by;
    steps.push(refusalText(outcome, question, user));
    return answer(by, restriction);
  }
  if (grant.elevated) steps.push("A password shown within the last two minutes is asked for (+)");
  if (!grant.documented) return answer(null, restriction);
  // To anonymous sessions documentation never helps.
  const isDocumented = outcome.kind !== "undocumented" && await documentation.has(uri, match, action);
  steps.push(documentedText(isDocumented, uri, match, action));
  return answer(isDocumented ? null : "documentation", restriction);
}

/** Whom nothing is allowed, whatever the role, since there is no such login. */
function nobodyBy(
  { authid, apiKey }: Question,
  user: UserRecord | undefined,
  key: ApiKeyRecord | undefined,
): { readonly by: "user" | "apikey"; readonly text: string } | undefined {
  if (authid !== undefined && user === undefined) {
    return { by: "user", text: `There is no user "${authid}", so nothing is allowed` };
  }
  if (apiKey === undefined || (key !== undefined && key.owner === user?.uuid)) return undefined;
  const isOthers = key !== undefined && user !== undefined;
  return { by: "apikey", text: isOthers ? `The API key "${apiKey}" is not one of "${authid}"` : goneText(apiKey) };
}

function findLine(roles: Roles, role: string, uri: string): ReturnType<RuleSet["decide"]> {
  return roles.isAlmighty(role) ? { kind: "none" } : roles.rules(role).decide(uri);
}

function loginOf({ clock }: ExplainContext, question: Question, user: UserRecord, role: string): Login {
  const { apiKey, source = apiKey === undefined ? "local" : "apikey" } = question;
  const { login, uuid: userId } = user;
  return { login, userId, role, source, restrictions: [], apiKey, authenticatedAt: clock.now() };
}

function limitsOf(
  restrictions: Restrictions,
  apiKeys: ApiKeys,
  { source, apiKey }: Pick<Login, "source" | "apiKey">,
  action: PermissionAction,
  uri: string,
): Limits | undefined {
  const own = apiKey === undefined ? [] : apiKeys.get(apiKey)?.permissions ?? [];
  const rules = restrictions.rules(source, own);
  if (rules === undefined) return undefined;
  const decided = rules.decide(uri);
  const grants = rules.grants(uri)[action] !== undefined;
  if (decided.kind !== "rule") {
    const why = decided.kind === "none" ? "have no line for it" : "have several lines that are equally near";
    return { grants, line: null, text: `The restrictions of sessions by ${source} ${why}, so they refuse it` };
  }
  const verb = grants ? "let it pass" : "refuse it";
  const line = decided.rule;
  return {
    grants,
    line,
    text: `The restrictions of sessions by ${source} ${verb}: their nearest line is ${shown(line)}`,
  };
}

function roleText(
  roles: Roles,
  role: string,
  action: PermissionAction,
  uri: string,
  grant: Grant | undefined,
  found: ReturnType<RuleSet["decide"]>,
): string {
  if (roles.isAlmighty(role)) return `The role "${role}" may do everything`;
  if (!roles.has(role)) return `There is no role "${role}", so nothing is granted`;
  switch (found.kind) {
    case "none":
      return `The role "${role}" has no line for "${uri}", so ${action} is refused`;
    case "conflict":
      return `The role "${role}" has lines that are equally near, so ${action} is refused: ${
        found.rules.map(shown).join(" and ")
      }`;
    case "rule": {
      const verb = grant === undefined ? "does not grant" : "grants";
      return `The nearest line of the role "${role}" is ${shown(found.rule)}, which ${verb} ${action}`;
    }
  }
}

function refusalText(
  outcome: Outcome & { kind: "refused" },
  { apiKey }: Question,
  user: UserRecord | undefined,
): string {
  switch (outcome.by) {
    case "apikey":
      return goneText(apiKey!);
    case "restrictions":
      return "Restrictions never widen what the role grants, and here they narrow it";
    case "elevation":
      return "Anonymous sessions have shown no password, so what asks for one lately shown (+) is refused";
    default:
      return `The user "${user?.login}" is disabled`;
  }
}

function goneText(apiKey: string): string {
  return `There is no API key "${apiKey}" any more, or its time is over`;
}

function documentedText(isDocumented: boolean, uri: string, match: string, action: string): string {
  const what = `documentation of ${action}://${uri} (${match})`;
  return isDocumented
    ? `The ${what} that is asked for (!) is there`
    : `The ${what} that is asked for (!) is missing: a description and a contact`;
}

function shown({ uri, perms }: PermissionLine): string {
  return `"${uri}" (${perms === "" ? "nothing" : perms})`;
}
