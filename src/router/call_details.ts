import type { Encoded, Serializer } from "../codec/serializer.ts";
import type { Dict } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { ConstantDict } from "./constant_dict.ts";
import type { Callee } from "./registration.ts";
import type { RouterSession } from "./router_session.ts";

const progress = new ConstantDict({ progress: true });

/**
 * Makes the Details of an INVOCATION.
 *
 * @param caller Who calls.
 * @param callee Who gets it.
 * @param disclose Whether the caller's identity goes along.
 * @param receiveProgress Whether progressive results are wanted.
 * @param procedure The procedure, where the registration is of a pattern.
 * @param timeout The time that the callee is to keep by itself; 0 for none.
 * @returns The Details, encoded where they are the same for many.
 */
export function invocationDetails(
  caller: RouterSession,
  callee: RouterSession,
  disclose: boolean,
  receiveProgress: boolean,
  procedure: string | undefined,
  timeout: number,
): Dict | Encoded {
  if (!receiveProgress && procedure === undefined && timeout === 0) {
    return disclose ? caller.callerDetails.for(callee.connection.serializer) : emptyDict;
  }
  return {
    ...(disclose ? caller.asCaller : emptyDict),
    ...(receiveProgress ? { receive_progress: true } : emptyDict),
    ...(procedure === undefined ? emptyDict : { procedure }),
    ...(timeout > 0 ? { timeout } : emptyDict),
  };
}

/**
 * Makes the Details of a RESULT.
 *
 * @param callee Who answered.
 * @param isProgress Whether it is a progressive result.
 * @param serializer The caller's serializer.
 * @returns The Details, encoded where they are the same for many.
 */
export function resultDetails(
  { session, disclose }: Callee,
  isProgress: boolean,
  serializer: Serializer,
): Dict | Encoded {
  if (!disclose) return isProgress ? progress.for(serializer) : emptyDict;
  return isProgress ? { progress: true, ...session.asCallee } : session.calleeDetails.for(serializer);
}
