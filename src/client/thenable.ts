/**
 * Tells whether something is a promise of any make.
 *
 * @param value The value.
 * @returns Whether it has a `then`.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
