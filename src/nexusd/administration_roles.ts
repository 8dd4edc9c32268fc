import type { WampValue } from "../wire/values.ts";
import { optionalText, text } from "./admin_input.ts";
import type { AdministrationContext, AdminOperation } from "./administration.ts";
import { checkedPermissions } from "./key_fields.ts";
import type { PermissionAction, PermissionLine } from "./permission_language.ts";
import { recordId } from "./record_ids.ts";
import type { RoleRecord } from "./roles.ts";
import { ServiceError, shown } from "./service_error.ts";

const actions: ReadonlySet<WampValue> = new Set<PermissionAction>([
  "call",
  "register",
  "subscribe",
  "publish",
  "roster_ops",
  "roster_query",
]);

/**
 * Makes what an administrator can do with roles, restrictions and permissions.
 *
 * @param context What it stands on.
 * @returns The operations.
 */
export function roleOperations({ roles, restrictions, permissions, random }: AdministrationContext): AdminOperation[] {
  const known = (role: WampValue): RoleRecord => {
    const record = roles.get(text("role", role));
    if (record === undefined) throw new ServiceError(`there is no role ${shown(role)}`);
    return record;
  };
  return [
    {
      name: "roles.list",
      about: "lists the roles with their permissions",
      parameters: [],
      changes: false,
      work: () => roles.list().map(presentedRole),
    },
    {
      name: "roles.get",
      about: "shows a role",
      parameters: ["role"],
      changes: false,
      work: ({ role }) => presentedRole(known(role)),
    },
    {
      name: "roles.save",
      about: "makes a role, or gives one other permissions; in force at once",
      parameters: ["role", "permissions"],
      changes: true,
      work: async ({ role, permissions }) => {
        const name = text("role", role);
        const uuid = roles.get(name)?.uuid ?? recordId(random);
        const record = { uuid, role: name, permissions: checkedPermissions(permissions) };
        await roles.save(record);
        return presentedRole(record);
      },
    },
    {
      name: "roles.delete",
      about: "removes a role; sessions that have it may do nothing any more",
      parameters: ["role"],
      changes: true,
      work: async ({ role }) => {
        await roles.remove(known(role).role);
        return true;
      },
    },
    {
      name: "restrictions.list",
      about: "lists what sessions may do at most by how they came",
      parameters: [],
      changes: false,
      work: () =>
        [...restrictions.list()].map(([source, permissions]) => ({ source, permissions: presentedLines(permissions) })),
    },
    {
      name: "restrictions.save",
      about: "restricts the sessions that come by a source, such as apikey; in force at once",
      parameters: ["source", "permissions"],
      changes: true,
      work: async ({ source, permissions }) => {
        await restrictions.save(text("source", source), checkedPermissions(permissions));
        return true;
      },
    },
    {
      name: "permissions.explain",
      about: "says what comes of a request and which rule decides",
      parameters: ["action", "uri", "authid?", "role?", "apikey?", "source?", "match?"],
      changes: false,
      work: async ({ action, uri, authid, role, apikey, source, match }) => {
        if (!actions.has(action)) throw new ServiceError(`action has to be one of ${[...actions].join(", ")}`);
        const about = { authid, role, apiKey: apikey, source, match };
        const given = Object.entries(about).flatMap(([name, value]) => {
          const read = optionalText(name, value);
          return read === undefined ? [] : [[name, read]];
        });
        const question = { action: action as PermissionAction, uri: text("uri", uri), ...Object.fromEntries(given) };
        return { ...await permissions.explain(question) } as unknown as WampValue;
      },
    },
    {
      name: "permissions.lint",
      about: "finds rules that conflict, never decide or say nothing new",
      parameters: [],
      changes: false,
      work: () => permissions.lint() as unknown as WampValue,
    },
  ];
}

function presentedRole({ uuid, role, permissions }: RoleRecord): WampValue {
  return { uuid, role, permissions: presentedLines(permissions) };
}

function presentedLines(permissions: readonly PermissionLine[]): WampValue[] {
  return permissions.map((line) => ({ ...line }));
}
