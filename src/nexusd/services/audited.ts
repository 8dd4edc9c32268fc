import { isDict } from "../../wire/values.ts";
import type { Dict, WampValue } from "../../wire/values.ts";
import type { Audit } from "../audit.ts";
import type { Roles } from "../roles.ts";
import type { Procedure } from "./procedure.ts";

const changing: ReadonlySet<string> = new Set(
  ["create", "update", "upsert", "delete"].map((verb) => `system.db.${verb}`),
);
/** Collections and fields that decide who may log in and do what; what else users keep for themselves is nobody's concern. */
const collections: ReadonlySet<WampValue> = new Set(["users", "roles", "apikeys", "otps"]);
const fields = ["password", "plaintext_password", "role", "enabled", "source", "permissions", "expires"];

/**
 * Notes in the trail what is changed by `system.db.*`: all that who may do everything changes, and of others what they log in with.
 *
 * @param procedures Procedures, those among them.
 * @param audit The trail.
 * @param roles Says who may do everything.
 * @returns The procedures.
 */
export function audited(procedures: readonly Procedure[], audit: Audit, roles: Roles): Procedure[] {
  return procedures.map((procedure) => {
    const { name, handler } = procedure;
    if (!changing.has(name)) return procedure;
    return {
      ...procedure,
      handler: async (input, caller) => {
        const result = await handler(input, caller);
        if (roles.isAlmighty(caller.authrole) || matters(input)) {
          audit.note("change", caller.session, name.replace("system.", ""), subjectOf(input));
        }
        return result;
      },
    };
  });
}

function matters({ collection_attrib, data_rec }: Dict): boolean {
  return collections.has(collection_attrib) || (isDict(data_rec) && fields.some((field) => field in data_rec));
}

function subjectOf({ collection_attrib, uid_b64s }: Dict): string {
  return typeof collection_attrib === "string" ? collection_attrib : Array.isArray(uid_b64s) ? uid_b64s.join(" ") : "";
}
