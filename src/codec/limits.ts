/**
 * How deep lists and dictionaries may be nested in one message, the message itself counted, unless an option says otherwise.
 *
 * It has to be below what any peer takes, since a message that is passed on unread must not kill its receiver: Rust's serde_json stops at 128,
 * Python's json and cbor2 at about 1,000 frames of the interpreter, msgpack's C decoders at 512 to 1,024.
 */
export const MAX_DEPTH = 128;

/** How deep the recursion of our own functions may go on any runtime's stack. */
export const DEEPEST = 1000;

/**
 * Gives the limit of depth that options ask for.
 *
 * @param options The options, checked.
 * @returns The limit.
 */
export function depthOf(options: { readonly maxDepth?: number }): number {
  return options.maxDepth ?? MAX_DEPTH;
}
