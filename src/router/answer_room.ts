import { MOST, PIECE, weightOfPairs } from "../codec/containers.ts";
import type { Serializer } from "../codec/serializer.ts";
import { MAX_MESSAGE_SIZE } from "../transport/connection.ts";
import { WampError } from "../wire/errors.ts";
import type { WampValue } from "../wire/values.ts";

/** Keeps an answer of many values from being made when it is more than one message may be: by its bytes, and by its lists and dictionaries. */
export class AnswerRoom {
  readonly #serializer: Serializer;
  #bytes: number;
  #weight: number = MOST;

  /**
   * @param serializer The serializer of whoever gets the answer.
   * @param most How many bytes it may have; not more than most clients take.
   */
  constructor(serializer: Serializer, most: number) {
    this.#serializer = serializer;
    this.#bytes = Math.min(most, MAX_MESSAGE_SIZE);
  }

  /**
   * Takes one of the values in.
   *
   * @param value The value.
   * @param size How large it is where it is not encoded, in bytes.
   * @returns Whether the serializer can represent it; if not, it is not part of the answer.
   * @throws {WampError} `payload_size_exceeded` when there is no room for it.
   */
  takes(value: WampValue, size: number): boolean {
    const { name } = this.#serializer;
    try {
      // As deep as in the message that it goes into.
      const { data } = this.#serializer.encodeValue([[value]]);
      if (name !== "direct") size = data.length as number;
    } catch {
      return false;
    }
    this.#bytes -= size;
    if (this.#bytes < 0 || !this.#holds(value)) {
      throw new WampError(
        "payload_size_exceeded",
        "Cannot give all these events in one answer: it would be larger than a message may be; ask for fewer with limit, and for the rest with after_publication",
      );
    }
    return true;
  }

  /** Values of this process may contain themselves, so that nothing here must rely on an end of them. */
  #holds(value: WampValue): boolean {
    const left = [value];
    while (left.length > 0 && this.#weight >= 0) {
      const next = left.pop();
      if (typeof next !== "object" || next === null) continue;
      if (next instanceof Uint8Array) {
        this.#weight -= PIECE;
        continue;
      }
      const parts = Array.isArray(next) ? next : Object.values(next);
      this.#weight -= 1 + (Array.isArray(next) ? 0 : weightOfPairs(parts.length));
      for (const part of parts) if (typeof part === "object") left.push(part);
    }
    return this.#weight >= 0;
  }
}
