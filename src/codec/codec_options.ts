import { anything, checkOptions, numberRule, oneOf } from "../wire/option_rules.ts";
import { DEEPEST } from "./limits.ts";

/**
 * Checks what a serializer is told whose heads TypeScript reads.
 *
 * @param options The options.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkPlainOptions(options: unknown): void {
  checkOptions("Cannot make a serializer", options, { maxDepth: depthRule() }, "{ maxDepth: 64 }");
}

/**
 * Checks what a serializer is told of which either half can read.
 *
 * @param options The options.
 * @param isBinary Whether it is for a binary format, in which keys are of any kind.
 * @throws {WampError} `invalid_argument`; the message names the option, its value and what was expected.
 */
export function checkCodecOptions(options: unknown, isBinary: boolean): void {
  const rules = {
    maxDepth: depthRule(),
    ...(isBinary && { mapKeys: oneOf("stringify", "map") }),
    backend: oneOf("wasm", "typescript"),
    module: anything,
  };
  checkOptions("Cannot make a serializer", options, rules, '{ backend: "typescript" }');
}

function depthRule(): ReturnType<typeof numberRule> {
  return numberRule(1, DEEPEST, "whole");
}
