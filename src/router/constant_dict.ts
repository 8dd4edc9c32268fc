import type { Encoded, Serializer } from "../codec/serializer.ts";
import type { Dict } from "../wire/values.ts";

/** Options or Details that go out many times: encoded once for each serializer. */
export class ConstantDict {
  readonly #value: Dict;
  readonly #encoded: Map<string, Encoded> = new Map();

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
    let encoded = this.#encoded.get(serializer.name);
    if (encoded === undefined) {
      encoded = serializer.encodeValue(this.#value);
      this.#encoded.set(serializer.name, encoded);
    }
    return encoded;
  }
}
