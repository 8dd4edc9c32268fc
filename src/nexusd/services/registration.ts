import type { Client } from "../../client/client.ts";
import type { ProcedureHandler } from "../../client/handles.ts";
import { RemoteError } from "../../wire/errors.ts";
import { SERVICE_ERROR } from "../service_error.ts";
import { bindParameters } from "./procedure.ts";
import type { Procedure } from "./procedure.ts";

/** What goes in front of the names of built-in procedures. */
const PREFIX = "com.izaber.wamp";

/**
 * Registers built-in procedures, with the prefix of Nexus and, where they are known so, without.
 *
 * @param client The session that serves them.
 * @param procedures The procedures.
 * @param onError Told what fails for a reason that is not the caller's; the caller learns only that it did.
 */
export async function registerProcedures(
  client: Client,
  procedures: readonly Procedure[],
  onError: (error: unknown) => void,
): Promise<void> {
  await Promise.all(procedures.flatMap((procedure) => {
    const handler = serve(procedure, onError);
    const names = [`${PREFIX}.${procedure.name}`, ...(procedure.bare ? [procedure.name] : [])];
    return names.map((name) => client.register(name, handler));
  }));
}

function serve(procedure: Procedure, onError: (error: unknown) => void): ProcedureHandler {
  return async (args, kwargs, { caller_authid: authid, caller_authrole: authrole }) => {
    try {
      if (authid === undefined || authrole === undefined) throw new TypeError("the router did not disclose the caller");
      return await procedure.handler(bindParameters(procedure, args, kwargs), { authid, authrole });
    } catch (error) {
      if (error instanceof RemoteError) throw error;
      onError(error);
      throw new RemoteError(SERVICE_ERROR, [`${procedure.name} failed for a reason of the server's own`]);
    }
  };
}
