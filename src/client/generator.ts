/**
 * Tells whether a handler answered with a generator, whose values are progress.
 *
 * @param value What it returned.
 * @returns Whether it is one.
 */
export function isGenerator(value: unknown): value is AsyncGenerator<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "next" in value;
}
