/**
 * Says what an error says, whatever was thrown.
 *
 * @param error What was thrown: often an `Error`, but it may be anything, also what cannot be turned into text.
 * @returns A text that every serializer carries.
 */
export function errorText(error: unknown): string {
  try {
    const text: unknown = error instanceof Error ? error.message : error;
    return String(text).toWellFormed();
  } catch {
    return "What was thrown cannot be turned into text";
  }
}
