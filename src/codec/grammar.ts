/** What a value is, as far as its first byte tells. */
export const Shape = { other: 0, integer: 1, text: 2, binary: 3, list: 4, dict: 5, null: 6 } as const;

/** What a scan has to know of a binary format. */
export interface Grammar {
  /**
   * Passes over one value, checking all of it.
   *
   * @returns Where it ends, or a packed fault.
   */
  skip(bytes: Uint8Array, at: number, end: number, levels: number): number;

  /** What the value that begins here is, one of `Shape`; the byte must be there. */
  shapeOf(bytes: Uint8Array, at: number): number;

  /** The value of the integer from 0 to 2^53 that has been passed over, or -1 when it is something else. */
  integerAt(bytes: Uint8Array, at: number): number;

  /** How many bytes stand before the characters of the text that begins here; 0 when it is in chunks. */
  textHead(bytes: Uint8Array, at: number): number;

  /** How many elements the list that begins here has; -1 when it does not say (CBOR), -2 when its head is cut off. */
  listCount(bytes: Uint8Array, at: number, end: number): number;

  /** How many bytes stand before the first element of the list that begins here. */
  listHead(bytes: Uint8Array, at: number): number;

  /** The byte that ends a list which does not say how many elements it has; -1 in a format without such lists. */
  readonly stop: number;

  /** The one byte that is an empty dictionary. */
  readonly emptyDict: number;
}
