import type { Dict } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { passesThrough } from "./features.ts";
import type { Callee } from "./registration.ts";

/**
 * Tells which features a callee has to announce for a CALL.
 *
 * @param options The Options of the CALL.
 * @returns Their names.
 */
export function neededOf(options: Dict): string[] {
  const stream = options.progress === true ? ["progressive_call_invocations"] : [];
  return passesThrough(options) ? [...stream, "payload_passthru_mode"] : stream;
}

/**
 * Tells which callees may get a CALL.
 *
 * @param options The Options of the CALL.
 * @returns Whether one may; undefined for a CALL that asks for nothing special.
 */
export function suitable(options: Dict): ((callee: Callee) => boolean) | undefined {
  if (options === emptyDict) return undefined;
  const isStream = options.progress === true;
  const isOpaque = passesThrough(options);
  if (!isStream && !isOpaque) return undefined;
  return ({ session }) => (!isStream || session.takesStreams) && (!isOpaque || session.takesPassthru);
}
