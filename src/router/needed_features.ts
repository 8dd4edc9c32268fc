import { hasFeature } from "../wire/features.ts";
import type { Dict } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { passesThrough } from "./features.ts";
import type { Callee } from "./registration.ts";

/** What a callee has to announce that is sent arguments in parts: it has to understand, too, that no more will come. */
const STREAM: readonly string[] = ["progressive_call_invocations", "call_canceling"];

/**
 * Tells which features a callee has to announce for a CALL.
 *
 * @param options The Options of the CALL.
 * @returns Their names.
 */
export function neededOf(options: Dict): string[] {
  const stream = options.progress === true ? STREAM : [];
  return passesThrough(options) ? [...stream, "payload_passthru_mode"] : [...stream];
}

/**
 * Tells which of the features that a CALL needs are announced by no callee.
 *
 * @param options The Options of the CALL.
 * @param callees The callees, none of which is {@linkcode suitable}.
 * @returns Their names; those of all that it needs where each is announced by one.
 */
export function lackingOf(options: Dict, callees: readonly Callee[]): string[] {
  const needed = neededOf(options);
  const isAnnounced = (feature: string) =>
    callees.some(({ session }) => hasFeature(session.info.roles, "callee", feature));
  const lacking = needed.filter((feature) => !isAnnounced(feature));
  return lacking.length === 0 ? needed : lacking;
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
