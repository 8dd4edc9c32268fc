import { isDict } from "../../wire/values.ts";
import type { WampValue } from "../../wire/values.ts";
import type { NexusAuthorizer } from "../authorizer.ts";
import { ServiceError, shown } from "../service_error.ts";
import { canBeKept } from "../store_text.ts";
import { UriRecords, wrongUriField } from "../uri_records.ts";
import type { Procedure } from "./procedure.ts";

/** A URI that nobody can register needs no documentation. */
const MAX_URI_LENGTH = 4096;

/**
 * Makes the procedures by which procedures are documented.
 *
 * @param uris Where the documentation is.
 * @param authorizer Says who may register what; others may not document it.
 * @returns The procedures.
 */
export function documentProcedures(uris: UriRecords, authorizer: NexusAuthorizer): Procedure[] {
  return [
    {
      name: "system.document.set",
      bare: true,
      parameters: ["action", "uri", "data"],
      handler: async ({ action, uri, data }, { session }) => {
        const name = checkedUri(uri);
        if (action !== "register" || !isDict(data)) return false;
        const { match = "exact", ...fields } = data;
        const isWell = isShortText(match) && isShortText(name) && wrongUriField(fields) === undefined;
        if (!isWell || !authorizer.permits(session, "register", name)) return false;
        if (uris.set(name, match as string, "register", fields) === undefined) return false;
        await uris.flush();
        return true;
      },
    },
    {
      name: "system.document.get",
      bare: true,
      parameters: ["match", "uri"],
      handler: ({ match, uri }) => {
        if (typeof match !== "string") throw new ServiceError(`match has to be a text, not ${shown(match)}`);
        const record = uris.get(UriRecords.key(checkedUri(uri), match, "register"));
        if (record === undefined) return null;
        const { description, contact } = record;
        return { action: "register", uri: record.uri, match, description, contact };
      },
    },
  ];
}

function checkedUri(uri: WampValue): string {
  if (typeof uri === "string") return uri;
  throw new ServiceError(`the URI has to be a text, not ${shown(uri)}`);
}

function isShortText(value: WampValue): boolean {
  return typeof value === "string" && value.length <= MAX_URI_LENGTH && canBeKept(value);
}
