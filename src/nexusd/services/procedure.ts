import type { SessionInfo } from "../../router/authorization.ts";
import type { Args, Dict, WampValue } from "../../wire/values.ts";
import { ServiceError } from "../service_error.ts";

/** Who calls a built-in procedure. */
export interface Caller {
  /** The caller's identity. */
  readonly authid: string;
  /** The caller's role. */
  readonly authrole: string;
  /** The caller's session; the same object as at its authorizations. */
  readonly session: SessionInfo;
}

/** A built-in procedure. */
export interface Procedure {
  /** Its name behind `com.izaber.wamp.`. */
  readonly name: string;
  /** Whether it is there without that prefix, too. */
  readonly bare: boolean;
  /** The names of its parameters, in order; those with `?` at the end may be left out. */
  readonly parameters: readonly string[];
  /** Does the work; `input` has the parameters that were given, by name. */
  readonly handler: (input: Dict, caller: Caller) => WampValue | Promise<WampValue>;
}

/**
 * Finds the parameters in a call's payload, by position or by name, as Python does.
 *
 * @param procedure The procedure.
 * @param args Positional arguments.
 * @param kwargs Keyword arguments; `details` is passed over, as the original does.
 * @returns The parameters that were given, by name.
 * @throws {ServiceError} When there are too many, too few or some twice.
 */
export function bindParameters(
  procedure: Pick<Procedure, "name" | "parameters">,
  args: Args,
  kwargs: Dict,
): Dict {
  const names = procedure.parameters.map((name) => name.replace(/\?$/, ""));
  const usage = `call it as ${procedure.name}(${procedure.parameters.join(", ")})`;
  if (args.length > names.length) {
    throw new ServiceError(`${procedure.name} takes ${names.length} arguments, ${args.length} were given: ${usage}`);
  }
  const input: Record<string, WampValue> = Object.create(null);
  args.forEach((value, index) => input[names[index]!] = value);
  for (const [name, value] of Object.entries(kwargs)) {
    if (name === "details") continue;
    if (!names.includes(name)) throw new ServiceError(`${procedure.name} has no argument "${name}": ${usage}`);
    if (name in input) throw new ServiceError(`${procedure.name} got "${name}" twice: ${usage}`);
    input[name] = value;
  }
  const missing = procedure.parameters.filter((name) => !name.endsWith("?") && !(name in input));
  if (missing.length > 0) throw new ServiceError(`${procedure.name} lacks "${missing.join('", "')}": ${usage}`);
  return input;
}
