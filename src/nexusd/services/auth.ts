import type { Procedure } from "./procedure.ts";

/**
 * Makes the procedures about the caller's own session.
 *
 * @returns The procedures.
 */
export function authProcedures(): Procedure[] {
  return [{
    name: "auth.whoami",
    bare: true,
    parameters: [],
    handler: (_input, { authid, authrole }) => ({ authid, role: authrole }),
  }];
}
