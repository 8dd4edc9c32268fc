import { describe } from "../wire/describe.ts";

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

/**
 * Checks what `next()` of an async iterator gave, as a loop does: what is no object would be read as undefined, and never come to an end.
 *
 * @param result What it gave.
 * @returns The same.
 * @throws {TypeError} When that is no object.
 */
export function iteration(result: unknown): IteratorResult<unknown> {
  if (Object(result) === result) return result as IteratorResult<unknown>;
  throw new TypeError(`next() of an async iterator gave ${describe(result)}, expected { value, done }`);
}
