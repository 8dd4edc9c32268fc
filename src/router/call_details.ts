import type { Encoded, Serializer } from "../codec/serializer.ts";
import type { Dict } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { ConstantDict } from "./constant_dict.ts";
import { passedOn } from "./features.ts";
import type { Callee } from "./registration.ts";
import type { RouterSession } from "./router_session.ts";

const progress = new ConstantDict({ progress: true });

/**
 * Makes the Details of an INVOCATION, but for `progress`.
 *
 * @param caller Who calls.
 * @param callee Who gets it.
 * @param options The Options of the CALL.
 * @param disclose Whether the caller's identity goes along even though it did not ask.
 * @param procedure The procedure, where the registration is of a pattern.
 * @param inSeconds Whether every callee is told the time that the call has.
 * @returns The Details, encoded where they are the same for many.
 */
export function invocationDetails(
  caller: RouterSession,
  callee: Callee,
  options: Dict,
  disclose: boolean,
  procedure: string | undefined,
  inSeconds: boolean,
): Dict | Encoded {
  const { session } = callee;
  const more: Dict | undefined = options === emptyDict && procedure === undefined
    ? undefined
    : detailsOf(callee, options, procedure, inSeconds);
  const discloses = disclose || callee.seesCallers || options.disclose_me === true;
  if (more === undefined) return discloses ? caller.callerDetails.for(session.connection.serializer) : emptyDict;
  return discloses ? { ...caller.asCaller, ...more } : more;
}

function detailsOf(
  { session, keepsTime }: Callee,
  options: Dict,
  procedure: string | undefined,
  inSeconds: boolean,
): Dict | undefined {
  const timeout = inSeconds || keepsTime ? options.timeout as number | undefined ?? 0 : 0;
  const receiveProgress = options.receive_progress === true && session.takesProgress;
  const passed = passedOn(options);
  if (!receiveProgress && procedure === undefined && timeout === 0 && passed === emptyDict) return undefined;
  return {
    ...(receiveProgress ? { receive_progress: true } : emptyDict),
    ...(procedure === undefined ? emptyDict : { procedure }),
    ...(timeout > 0 ? { timeout } : emptyDict),
    ...passed,
  };
}

/**
 * Makes the Details of a RESULT.
 *
 * @param callee Who answered.
 * @param options The Options of the YIELD.
 * @param serializer The caller's serializer.
 * @returns The Details, encoded where they are the same for many.
 */
export function resultDetails(
  { session, disclose }: Callee,
  options: Dict,
  serializer: Serializer,
): Dict | Encoded {
  const isProgress = options.progress === true;
  const passed = passedOn(options);
  if (passed !== emptyDict) {
    return {
      ...(isProgress ? { progress: true } : emptyDict),
      ...(disclose ? session.asCallee : emptyDict),
      ...passed,
    };
  }
  if (!disclose) return isProgress ? progress.for(serializer) : emptyDict;
  return isProgress ? { progress: true, ...session.asCallee } : session.calleeDetails.for(serializer);
}
