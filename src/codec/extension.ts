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
   */
  constructor(type: number, data: Uint8Array<ArrayBuffer>) {
    this.type = type;
    this.data = data;
  }
}
