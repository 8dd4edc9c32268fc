import { Encoded } from "../codec/serializer.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { WampValue } from "../wire/values.ts";
import { memoryOf } from "./memory_of.ts";

/**
 * A value that a session has said and that is kept for others: as it is encoded, since lists that take two bytes then take a hundred as values, and what
 * limits count is what came over the wire. What a serializer reads but cannot write, such as the infinity that JSON makes of 1e400, is kept as the value.
 */
export class KeptValue {
  readonly #serializer: Serializer;
  readonly #kept: WampValue | Encoded;
  /** About how many bytes of memory it takes where it could not be encoded, which limits are to count then; 0 otherwise. */
  readonly memory: number = 0;

  /**
   * @param serializer The serializer that the value came in.
   * @param value The value.
   */
  constructor(serializer: Serializer, value: WampValue) {
    const isSmall = typeof value !== "object" || value === null || serializer.name === "direct";
    this.#serializer = serializer;
    if (isSmall) {
      this.#kept = value;
      return;
    }
    try {
      this.#kept = serializer.encodeValue(value);
    } catch {
      this.#kept = value;
      this.memory = memoryOf(value);
    }
  }

  /** The value, decoded anew each time. */
  get value(): WampValue {
    if (!(this.#kept instanceof Encoded)) return this.#kept as WampValue;
    const data = this.#kept.data as string | Uint8Array<ArrayBuffer>;
    return this.#serializer.decode(data, 0, data.length);
  }
}
