import { checkPlainOptions } from "./codec_options.ts";
import { createEagerJson } from "./json_eager.ts";
import { scanJson } from "./json_scan.ts";
import { jsonSerializer } from "./json_serializer.ts";
import type { JsonOptions } from "./json_serializer.ts";
import { depthOf } from "./limits.ts";
import type { Serializer } from "./serializer.ts";

/**
 * Makes a serializer for JSON that TypeScript reads.
 *
 * @param options Limits.
 * @returns The serializer; it has no state, so any number of sessions may share it.
 * @throws {WampError} `invalid_argument` when an option is not what it has to be.
 */
export function createJson(options: JsonOptions = {}): Serializer {
  checkPlainOptions(options);
  return jsonIn(options);
}

function jsonIn(options: JsonOptions): Serializer {
  return jsonSerializer(depthOf(options), scanJson, createEagerJson(options));
}

/** JSON, with the default limits; TypeScript reads. */
export const json: Serializer = jsonIn({});
