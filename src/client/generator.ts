/**
 * Tells whether a handler answered with a generator, or with anything else that gives its values one after another, such as a `ReadableStream`; they are
 * progress.
 *
 * @param value What it returned.
 * @returns Whether it is one.
 */
export function isGenerator(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
