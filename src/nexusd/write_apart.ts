import { WampError } from "../wire/errors.ts";
import type { Store, StoreOperation } from "./store.ts";

/** What a store did not write, though it may later. */
export interface Unwritten {
  /** The operations, in order. */
  readonly operations: readonly StoreOperation[];
  /** Why the first of them is not written. */
  readonly error: unknown;
}

/**
 * Writes operations together. One that can never be written keeps back no other: they are parted until it is alone.
 *
 * @param store Where to.
 * @param operations The operations.
 * @param onError Told of each operation that is given up since it can never be written.
 * @returns What may be written later, or undefined when there is nothing left.
 */
export async function writeApart(
  store: Store,
  operations: readonly StoreOperation[],
  onError: (error: unknown) => void,
): Promise<Unwritten | undefined> {
  try {
    await store.write(operations);
    return undefined;
  } catch (error) {
    if (!isOfTheRecord(error)) return { operations, error };
    if (operations.length === 1) return void onError(error);
    const middle = operations.length >> 1;
    const [before, after] = [operations.slice(0, middle), operations.slice(middle)];
    const left = await writeApart(store, before, onError);
    // A store that fails for the first half is not asked for the second.
    if (left !== undefined) return { operations: [...left.operations, ...after], error: left.error };
    return await writeApart(store, after, onError);
  }
}

/** Whether a store has refused what it was given, and will again; it may work next time otherwise. */
function isOfTheRecord(error: unknown): boolean {
  return WampError.is(error, "unserializable") || WampError.is(error, "invalid_argument");
}
