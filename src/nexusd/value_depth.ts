import type { WampValue } from "../wire/values.ts";
import { isDict } from "../wire/values.ts";
import { ServiceError } from "./service_error.ts";

/** Half of what a message may have, since what is kept is told in lists of records of lists of records. */
const MAX_DEPTH = 64;

/**
 * Refuses a value that is nested too deep to be kept: who lists it with others' would get none of them.
 *
 * @param what What it is, for the error, such as `the value of the metadata key "k"`.
 * @param value The value.
 * @throws {ServiceError} When it is.
 */
export function checkDepth(what: string, value: WampValue): void {
  if (!isDeeper(value, MAX_DEPTH)) return;
  throw new ServiceError(
    `${what} has more than ${MAX_DEPTH} levels of lists and mappings: write what is inside as a text`,
  );
}

function isDeeper(value: WampValue, levels: number): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  const inner = Array.isArray(value) || value instanceof Map
    ? value.values()
    : isDict(value)
    ? Object.values(value)
    : undefined;
  if (inner === undefined) return false;
  if (levels === 0) return true;
  for (const element of inner) {
    if (isDeeper(element as WampValue, levels - 1)) return true;
  }
  return false;
}
