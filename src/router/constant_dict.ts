import type { Encoded, Serializer } from "../codec/serializer.ts";
import type { Dict } from "../wire/values.ts";

/** Options or Details that go out many times: encoded once for each serializer. */
export class ConstantDict {
  readonly #value: Dict;
  #encoded: Map<string, Encoded> | undefined;

  /** @param value The dictionary; it must not change. */
  constructor(value: Dict) {
    this.#value = value;
  }

  /**
   * Gives the dictionary as it goes into a message.
   *
   * @param serializer The receiver's serializer.
   * @returns The dictionary, encoded.
   */
  for(serializer: Serializer): Encoded {
    const known = this.#encoded?.get(serializer.name);
    if (known !== undefined) return known;
    const encoded = serializer.encodeValue(this.#value);
    (this.#encoded ??= new Map()).set(serializer.name, encoded);
    return encoded;
  }
}
