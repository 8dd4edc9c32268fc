import { WampError } from "../wire/errors.ts";

/**
 * A value of a MessagePack extension type that this package does not know.
 *
 * In the other formats it is a dictionary of its type and its data.
 */
export class Extension {
  /** The type, -128 to 127. */
  readonly type: number;
  /** The bytes. */
  readonly data: Uint8Array<ArrayBuffer>;

  /**
   * @param type The type, -128 to 127.
   * @param data The bytes.
   * @throws {WampError} `invalid_argument` when there is no such type.
   */
  constructor(type: number, data: Uint8Array<ArrayBuffer>) {
    if (type << 24 >> 24 !== type) {
      const expected = "expected a whole number from -128 to 127";
      throw new WampError("invalid_argument", `Cannot make an extension of type ${type}: ${expected}`);
    }
    this.type = type;
    this.data = data;
  }
}
