import { ownAttributes } from "../wire/attributes.ts";
import { describe } from "../wire/describe.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { PASSTHRU_OPTIONS, refusal } from "./arguments.ts";
import type { Usage } from "./arguments.ts";
import type { SessionCore } from "./core.ts";

/**
 * What says how a payload is to be read that is not for the router: it passes on args and kwargs as they are, by convention one piece of binary.
 *
 * @see WAMP advanced profile, "Payload Passthru Mode"
 */
export type PassthruOptions = {
  /** By what the payload is understood: `"wamp"`, `"mqtt"` or a name that begins with `x_`; without it the others say nothing. */
  readonly ppt_scheme?: string | undefined;
  /** How it was serialized, such as `"cbor"` or `"native"`. */
  readonly ppt_serializer?: string | undefined;
  /** How it was encrypted. */
  readonly ppt_cipher?: string | undefined;
  /** By which key. */
  readonly ppt_keyid?: string | undefined;
  /** Attributes of a program's own, or of a router's: what receives the message finds them in its details, where the router passes them on. */
  readonly [custom: `_${string}`]: WampValue;
};

/**
 * Takes out what says how a payload is to be read, having made sure that the router passes it on, and attributes of the program's own.
 *
 * @param options Where it stands among other things, or alone.
 * @param role The router's role.
 * @param core The session.
 * @param usage Where, for error texts.
 * @returns What goes on the wire of it; the empty dictionary when there is nothing.
 * @throws {WampError} `unsupported` when the router does not announce it; `invalid_argument` when one is no text, or the scheme is missing.
 */
export function passthru(
  options: object,
  role: "broker" | "dealer",
  core: SessionCore,
  usage: Usage,
): PassthruOptions & Dict {
  const all = options as PassthruOptions;
  const own = ownAttributes(options as Dict);
  const given = PASSTHRU_OPTIONS.filter((name) => all[name] !== undefined);
  if (given.length === 0) return own;
  const wrong = given.find((name) => typeof all[name] !== "string" || all[name] === "");
  if (wrong !== undefined || all.ppt_scheme === undefined) {
    const name = wrong ?? "ppt_scheme";
    throw refusal(usage, `${name} is ${describe(all[name])}, expected a text, as in { ppt_scheme: "x_own" }`);
  }
  core.require(role, "payload_passthru_mode", `${usage.method} "${usage.uri}" with ppt_scheme`);
  return { ...Object.fromEntries(given.map((name) => [name, all[name]])), ...own };
}
