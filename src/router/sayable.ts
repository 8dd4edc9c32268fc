import type { Serializer } from "../codec/serializer.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";

/** What every serializer can say. */
const PLAIN = /^[ -~]*$/;

/**
 * Finds why others could not be told of a session, each in their serializer; they would not hear that it has joined.
 *
 * @param details What is told of it, as it stands in `wamp.session.on_join`.
 * @param serializers What others may speak.
 * @returns The error of the first that cannot say it, with the code `unserializable`; undefined when all can.
 */
export function unsayable(details: Dict, serializers: readonly Serializer[]): Error | undefined {
  // Most are plain, and need not be encoded to know it.
  if (isPlain(details, 2)) return undefined;
  const who = [details["authid"], details["authrole"]].find((who) => typeof who === "string" && !who.isWellFormed());
  if (who !== undefined) {
    const text = `Cannot let in ${
      describe(who)
    }: half a pair of surrogates is no character; give a text that is well-formed`;
    return new WampError("unserializable", text);
  }
  try {
    for (const serializer of serializers) serializer.encodeValue([details]);
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

function isPlain(value: WampValue | undefined, levels: number): boolean {
  if (typeof value === "string") return PLAIN.test(value);
  if (!isDict(value)) return typeof value === "boolean" || value === null || value === undefined;
  return levels > 0 && Object.entries(value).every(([key, inner]) => PLAIN.test(key) && isPlain(inner, levels - 1));
}
