import { Encoded } from "../codec/serializer.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { WampValue } from "../wire/values.ts";

/**
 * A value that a session has said and that is kept for others: as it is encoded, since lists that take two bytes then take a hundred as values, and what
 * limits count is what came over the wire.
 */
export class KeptValue {
  readonly #serializer: Serializer;
  readonly #kept: WampValue | Encoded;

  /**
   * @param serializer The serializer that the value came in.
   * @param value The value.
   */
  constructor(serializer: Serializer, value: WampValue) {
    const isSmall = typeof value !== "object" || value === null || serializer.name === "direct";
    this.#serializer = serializer;
    this.#kept = isSmall ? value : serializer.encodeValue(value);
  }

  /** The value, decoded anew each time. */
  get value(): WampValue {
    if (!(this.#kept instanceof Encoded)) return this.#kept as WampValue;
    const data = this.#kept.data as string | Uint8Array<ArrayBuffer>;
    return this.#serializer.decode(data, 0, data.length);
  }
}
