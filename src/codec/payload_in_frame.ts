import { ownText } from "../wire/own_text.ts";
import { emptyArgs, emptyDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { EncodedPayload, PayloadSource } from "./payload.ts";
import type { Frame, Serializer, SerializerName } from "./serializer.ts";

/** How many times the size of a payload the memory may be that it keeps. */
const MOST_KEPT = 4;

/** A payload in the frame that it came in; an element that is not there has start and end -1. */
export class PayloadInFrame implements PayloadSource {
  readonly #serializer: Serializer;
  readonly #frame: Frame;
  readonly #argsStart: number;
  readonly #argsEnd: number;
  readonly #kwargsStart: number;
  readonly #kwargsEnd: number;
  /** How many bytes before the payload are its message's own, and whether anybody may write there. */
  readonly #header: number;
  #spent = false;

  /**
   * @param serializer The serializer that scanned the frame.
   * @param frame The frame.
   * @param argsStart Where args begin, or what stands in their place.
   * @param argsEnd Where args end.
   * @param kwargsStart Where kwargs begin (default nowhere).
   * @param kwargsEnd Where kwargs end.
   * @param header How many bytes before the payload belong to its message (default none).
   */
  constructor(
    serializer: Serializer,
    frame: Frame,
    argsStart: number,
    argsEnd: number,
    kwargsStart: number = -1,
    kwargsEnd: number = -1,
    header: number = 0,
  ) {
    this.#serializer = serializer;
    this.#frame = frame;
    this.#argsStart = argsStart;
    this.#argsEnd = argsEnd;
    this.#kwargsStart = kwargsStart;
    this.#kwargsEnd = kwargsEnd;
    this.#header = header;
  }

  get name(): SerializerName {
    return this.#serializer.name;
  }

  args(): WampValue {
    return this.#argsStart < 0 ? emptyArgs : this.#serializer.decode(this.#frame, this.#argsStart, this.#argsEnd);
  }

  kwargs(): Dict {
    if (this.#kwargsStart < 0) return emptyDict;
    return this.#serializer.decode(this.#frame, this.#kwargsStart, this.#kwargsEnd) as Dict;
  }

  // Kwargs cannot stand without args.
  get isWhole(): boolean {
    return this.#kwargsEnd < 0 || this.#argsStart >= 0;
  }

  encoded(): EncodedPayload | undefined {
    if (!this.isWhole) return undefined;
    const data = this.#frame as EncodedPayload["data"];
    const start = this.#argsStart;
    const room = this.#spent ? this.#header : 0;
    this.#spent = false;
    return this.#kwargsEnd < 0
      ? { data, start, end: this.#argsEnd, count: 1, room }
      : { data, start, end: this.#kwargsEnd, count: 2, room };
  }

  spendHeader(): void {
    const frame = this.#frame;
    if (typeof frame === "string") return;
    // What is passed on keeps all the memory that it came in, and may wait in it for a slow receiver.
    const { buffer } = frame as Uint8Array;
    const end = this.#kwargsEnd < 0 ? this.#argsEnd : this.#kwargsEnd;
    this.#spent = buffer.byteLength <= MOST_KEPT * (end - this.#argsStart);
  }

  kept(): PayloadInFrame {
    const start = this.#argsStart < 0 ? this.#kwargsStart : this.#argsStart;
    const end = this.#kwargsEnd < 0 ? this.#argsEnd : this.#kwargsEnd;
    const part = (this.#frame as EncodedPayload["data"]).slice(start, end);
    const moved = (at: number) => at < 0 ? at : at - start;
    return new PayloadInFrame(
      this.#serializer,
      typeof part === "string" ? ownText(part) : part,
      moved(this.#argsStart),
      moved(this.#argsEnd),
      moved(this.#kwargsStart),
      moved(this.#kwargsEnd),
    );
  }
}
