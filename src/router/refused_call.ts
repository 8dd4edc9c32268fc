import * as ErrorUri from "../wire/error_uri.ts";
import type { Dict } from "../wire/values.ts";
import { lackingOf, neededOf, suitable } from "./needed_features.ts";
import type { Callee, Registration } from "./registration.ts";

/** Why no callee of a procedure takes a call. */
export interface RefusedCall {
  /** The URI of the error. */
  readonly uri: string;
  /** Its text, which says who lacks what. */
  readonly text: string;
}

/**
 * Says why no callee of a procedure takes a call.
 *
 * @param registration The procedure.
 * @param options The Options of the CALL.
 * @param calleeBytes The limit of what may wait to be sent to a callee.
 * @returns The error.
 */
export function refusedCall({ uri, callees: all }: Registration, options: Dict, calleeBytes: number): RefusedCall {
  const suits = suitable(options);
  const callees = suits === undefined ? all : all.filter(suits);
  const error = (code: string, why: string) => ({
    uri: code,
    text: `no callee of procedure <${uri}> takes the call: ${why}`,
  });
  if (callees.length === 0) return error(ErrorUri.featureNotSupported, lackingText(all, options));
  const who = named(callees, all, options);
  if (callees.some(isBusy)) return error(ErrorUri.maxConcurrencyReached, busyText(callees, who, calleeBytes));
  const slow = slowText(callees.length === 1 ? who : `each of ${who}`, calleeBytes);
  return error(
    ErrorUri.networkFailure,
    `${slow}; call again when that is less, register more callees, or raise the limit`,
  );
}

/**
 * Says of a callee that it reads too slowly.
 *
 * @param who The callee.
 * @param calleeBytes The limit of what may wait to be sent to it.
 * @returns The text.
 */
export function slowText(who: string, calleeBytes: number): string {
  return `${who} reads too slowly: the bytes that wait to be sent to it have reached the router's limit calleeBytes (${calleeBytes})`;
}

function isBusy({ running, concurrency }: Callee): boolean {
  return running >= concurrency;
}

function lackingText(all: readonly Callee[], options: Dict): string {
  const features = lackingOf(options, all).join(" and ");
  return all.length === 1
    ? `its callee does not announce ${features}`
    : `none of its ${all.length} callees announces ${features}`;
}

/** Names those that the call may go to; the others lack a feature. */
function named({ length }: readonly Callee[], all: readonly Callee[], options: Dict): string {
  if (length === all.length) return length === 1 ? "its callee" : `its ${length} callees`;
  const [which, announce] = length === 1 ? ["one", "announces"] : [length, "announce"];
  return `the ${which} of its ${all.length} callees that ${announce} ${neededOf(options).join(" and ")}`;
}

function busyText(callees: readonly Callee[], who: string, calleeBytes: number): string {
  const busy = callees.filter(isBusy);
  const calls = busy.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const those = callees.length === 1 ? who : `${busy.length} of ${who}`;
  const others = busy.length === callees.length ? "" : `, and ${slowText("each of the others", calleeBytes)}`;
  return `${those} ${
    busy.length === 1 ? "has" : "have"
  } as many calls to answer as the option concurrency of REGISTER ` +
    `allows (${calls} in all)${others}; call again when some are answered, or register more callees or a higher concurrency`;
}
