import type { WampValue } from "../../wire/values.ts";
import type { NexusAuthorizer } from "../authorizer.ts";
import type { PermissionAction } from "../permission_language.ts";
import type { Rosters } from "../rosters.ts";
import { denied, ServiceError, shown } from "../service_error.ts";
import type { Caller, Procedure } from "./procedure.ts";

/**
 * Makes the procedures of rosters.
 *
 * @param rosters The rosters.
 * @param authorizer Says who may use which.
 * @returns The procedures.
 */
export function rosterProcedures(rosters: Rosters, authorizer: NexusAuthorizer): Procedure[] {
  const may = (caller: Caller, action: PermissionAction, name: string) =>
    name !== "" && authorizer.permits(caller.session, action, name);
  return [
    {
      name: "system.roster.register",
      bare: true,
      parameters: ["roster_name", "data", "visibility?"],
      handler: ({ roster_name, data, visibility }, caller) => {
        const name = checkedName(roster_name);
        if (!may(caller, "roster_ops", name)) throw denied();
        return { ...rosters.register(caller.session, name, data ?? null, visibility) };
      },
    },
    {
      name: "system.roster.unregister",
      bare: true,
      parameters: ["roster_name"],
      handler: ({ roster_name }, caller) => {
        rosters.unregister(caller.session, checkedName(roster_name));
        return true;
      },
    },
    {
      name: "system.roster.query",
      bare: true,
      parameters: ["roster_name"],
      handler: ({ roster_name }, caller) => {
        const name = checkedName(roster_name);
        // As at the original, strangers see no roster, whatever their role may.
        const isStranger = caller.session.authmethod === "anonymous";
        if (isStranger || !may(caller, "roster_query", name)) throw denied();
        return rosters.query(name, caller.authrole).map(({ data }) => data);
      },
    },
  ];
}

function checkedName(name: WampValue): string {
  if (typeof name === "string") return name;
  throw new ServiceError(`the name of a roster has to be a text, not ${shown(name)}`);
}
