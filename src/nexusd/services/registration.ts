import type { Client } from "../../client/client.ts";
import type { ProcedureHandler } from "../../client/handles.ts";
import { RemoteError, WampError } from "../../wire/errors.ts";
import { SERVICE_ERROR, ServiceError } from "../service_error.ts";
import { bindParameters } from "./procedure.ts";
import type { Procedure } from "./procedure.ts";
import type { Sessions } from "../sessions.ts";

/** What goes in front of the names of built-in procedures. */
const PREFIX = "com.izaber.wamp";

/** What built-in procedures are served with. */
export interface ServiceContext {
  /** Where callers are found. */
  readonly sessions: Sessions;
  /** Told what fails for a reason that is not the caller's; the caller learns only that it did. */
  readonly onError: (error: unknown) => void;
}

/**
 * Registers built-in procedures, with the prefix of Nexus and, where they are known so, without.
 *
 * @param client The session that serves them.
 * @param procedures The procedures.
 * @param context What they are served with.
 */
export async function registerProcedures(
  client: Client,
  procedures: readonly Procedure[],
  context: ServiceContext,
): Promise<void> {
  await Promise.all(procedures.flatMap((procedure) => {
    const handler = serve(procedure, context);
    const names = [`${PREFIX}.${procedure.name}`, ...(procedure.bare ? [procedure.name] : [])];
    return names.map((name) => client.register(name, handler));
  }));
}

/** What is refused further down for what the caller has sent; the text says what is wrong with it. */
const callersFault: ReadonlySet<string> = new Set(["invalid_argument", "overflow", "unserializable"]);

function serve(procedure: Procedure, { sessions, onError }: ServiceContext): ProcedureHandler {
  return async (args, kwargs, { caller }) => {
    try {
      if (caller === undefined) throw new TypeError("the router did not disclose the caller");
      const session = sessions.get(caller);
      if (session === undefined) throw new ServiceError("the session that called has left");
      const { authid, authrole } = session;
      return await procedure.handler(bindParameters(procedure, args, kwargs), { authid, authrole, session });
    } catch (error) {
      if (error instanceof RemoteError) throw error;
      if (error instanceof WampError && callersFault.has(error.code)) throw new ServiceError(error.message);
      onError(error);
      throw new RemoteError(SERVICE_ERROR, [`${procedure.name} failed for a reason of the server's own`]);
    }
  };
}
