import type { Args, Dict, WampValue } from "../wire/values.ts";
import { ownText } from "../wire/own_text.ts";
import { emptyArgs, emptyDict, isEmptyDict } from "../wire/values.ts";
import type { Frame, Serializer } from "./serializer.ts";

/** The payload elements of a message, encoded and ready to be spliced behind a header. */
export interface EncodedPayload {
  /** The text or bytes that the elements lie in, possibly a whole frame. */
  readonly data: string | Uint8Array<ArrayBuffer>;
  /** Where the elements begin; in JSON with no comma before the first, but one between them. */
  readonly start: number;
  /** Where the elements end. */
  readonly end: number;
  /** How many elements: none, args, or args and kwargs. */
  readonly count: 0 | 1 | 2;
  /** How many bytes before the start are free for the header of one message, which then is all of one piece (default none). */
  room?: number;
}

/**
 * The args and kwargs of one message, encoded, decoded or both.
 *
 * A payload that came over the wire is decoded on first reading, once, by the serializer that it came in. One that is passed on is taken as it
 * came where the receiver has the same serializer, and transcoded at most once for each other serializer.
 *
 * @example
 * ```ts
 * import { json, msgpack, Payload } from "@izaber/wamp/codec";
 *
 * const head = json.scan('[50,1,{},["hello"],{"n":1}]');
 * if (head.payload.args[0] !== "hello") throw new Error("unexpected");
 * const frame = msgpack.encode([50, 1, {}], head.payload); // transcoded
 * if (msgpack.scan(frame).payload.kwargs.n !== 1) throw new Error("unexpected");
 * ```
 */
export class Payload {
  /** The payload without args and kwargs. */
  static readonly empty: Payload = new Payload(emptyArgs, emptyDict);

  #args: Args | undefined;
  #kwargs: Dict | undefined;
  #encoded: EncodedBy | undefined;
  #opaque = false;
  #serializer: Serializer | undefined;
  #frame: Frame = "";
  #argsStart = -1;
  #argsEnd = -1;
  #kwargsStart = -1;
  #kwargsEnd = -1;

  private constructor(args: Args | undefined, kwargs: Dict | undefined) {
    this.#args = args;
    this.#kwargs = kwargs;
  }

  /**
   * Makes a payload from values.
   *
   * @param args Positional arguments (default none).
   * @param kwargs Keyword arguments (default none).
   * @returns The payload; nothing is encoded yet.
   */
  static of(args: Args = emptyArgs, kwargs: Dict = emptyDict): Payload {
    if (args.length === 0 && isEmptyDict(kwargs)) return Payload.empty;
    return new Payload(args, kwargs);
  }

  /**
   * Makes a payload that is one string or one piece of binary instead of args and kwargs, as the older payload transparency (`enc_algo`) has it.
   *
   * @param value The encrypted payload.
   * @returns The payload; its `args` are the value alone.
   */
  static ofOpaque(value: string | Uint8Array<ArrayBuffer>): Payload {
    const payload = new Payload([value], emptyDict);
    payload.#opaque = true;
    return payload;
  }

  /**
   * Makes a payload from a frame that was scanned; an element that is not there has start and end -1.
   *
   * @param serializer The serializer that scanned it.
   * @param frame The frame.
   * @param argsStart Where args begin.
   * @param argsEnd Where args end.
   * @param kwargsStart Where kwargs begin.
   * @param kwargsEnd Where kwargs end.
   * @returns The payload; nothing is decoded yet.
   */
  static received(
    serializer: Serializer,
    frame: Frame,
    argsStart: number,
    argsEnd: number,
    kwargsStart: number,
    kwargsEnd: number,
  ): Payload {
    const payload = new Payload(argsStart < 0 ? emptyArgs : undefined, kwargsStart < 0 ? emptyDict : undefined);
    payload.#serializer = serializer;
    payload.#frame = frame;
    payload.#argsStart = argsStart;
    payload.#argsEnd = argsEnd;
    payload.#kwargsStart = kwargsStart;
    payload.#kwargsEnd = kwargsEnd;
    return payload;
  }

  /**
   * Makes an opaque payload from a frame that was scanned.
   *
   * @param serializer The serializer that scanned it.
   * @param frame The frame.
   * @param start Where the string or the binary begins.
   * @param end Where it ends.
   * @returns The payload; nothing is decoded yet.
   */
  static receivedOpaque(serializer: Serializer, frame: Frame, start: number, end: number): Payload {
    const payload = Payload.received(serializer, frame, start, end, -1, -1);
    payload.#opaque = true;
    return payload;
  }

  /** Positional arguments; empty when the message had none. */
  get args(): Args {
    if (this.#args !== undefined) return this.#args;
    const value = (this.#serializer as Serializer).decode(this.#frame, this.#argsStart, this.#argsEnd);
    return this.#args = this.#opaque ? [value] : value as Args;
  }

  /** Keyword arguments; empty when the message had none. */
  get kwargs(): Dict {
    return this.#kwargs ??= (this.#serializer as Serializer)
      .decode(this.#frame, this.#kwargsStart, this.#kwargsEnd) as Dict;
  }

  /** Whether there is nothing in it. */
  get isEmpty(): boolean {
    return this === Payload.empty;
  }

  /** Whether it has been made from args and kwargs and not been encoded yet. */
  get isFresh(): boolean {
    return this.#encoded === undefined && this.#serializer === undefined && !this.#opaque;
  }

  /** Whether it is one string or one piece of binary instead of args and kwargs. */
  get isOpaque(): boolean {
    return this.#opaque;
  }

  /**
   * Gives the payload memory of its own, for whoever keeps it: as it came it keeps its whole frame, and what else came in one batch.
   *
   * @returns The same payload; nothing is decoded for that.
   */
  kept(): Payload {
    if (this.#serializer === undefined) return this;
    const start = this.#argsStart < 0 ? this.#kwargsStart : this.#argsStart;
    const end = this.#kwargsEnd < 0 ? this.#argsEnd : this.#kwargsEnd;
    const part = (this.#frame as EncodedPayload["data"]).slice(start, end);
    const kept = new Payload(
      this.#argsStart < 0 ? emptyArgs : undefined,
      this.#kwargsStart < 0 ? emptyDict : undefined,
    );
    kept.#opaque = this.#opaque;
    kept.#serializer = this.#serializer;
    kept.#frame = typeof part === "string" ? ownText(part) : part;
    const moved = (at: number) => at < 0 ? at : at - start;
    kept.#argsStart = moved(this.#argsStart);
    kept.#argsEnd = moved(this.#argsEnd);
    kept.#kwargsStart = moved(this.#kwargsStart);
    kept.#kwargsEnd = moved(this.#kwargsEnd);
    return kept;
  }

  /**
   * Gives the payload as a serializer puts it on the wire.
   *
   * @param serializer The serializer of the session that will get it.
   * @returns The encoded elements, kept for the next session with this serializer.
   * @throws {WampError} `unserializable` when a value cannot be represented.
   */
  encodedBy(serializer: Serializer): EncodedPayload {
    const { name } = serializer;
    for (let known = this.#encoded; known !== undefined; known = known.next) {
      if (known.name === name) return known.payload;
    }
    const payload = this.#serializer?.name === name && (this.#argsStart >= 0 || this.#kwargsStart < 0)
      ? this.#cut()
      : this.#opaque
      ? encodeOpaque(serializer, this.args[0])
      : serializer.encodePayload(this.args, this.kwargs);
    return this.remember(serializer, payload);
  }

  /**
   * Keeps what has been encoded for the next session with the serializer.
   *
   * @param serializer The serializer that has encoded the payload.
   * @param payload The encoded elements.
   * @returns The same.
   */
  remember(serializer: Serializer, payload: EncodedPayload): EncodedPayload {
    this.#encoded = { name: serializer.name, payload, next: this.#encoded };
    return payload;
  }

  #cut(): EncodedPayload {
    const data = this.#frame as EncodedPayload["data"];
    return this.#kwargsEnd < 0
      ? { data, start: this.#argsStart, end: this.#argsEnd, count: 1 }
      : { data, start: this.#argsStart, end: this.#kwargsEnd, count: 2 };
  }
}

function encodeOpaque(serializer: Serializer, value: WampValue): EncodedPayload {
  const data = serializer.encodeValue(value).data as EncodedPayload["data"];
  return { data, start: 0, end: data.length, count: 1 };
}

/** What a payload looks like in one serializer, and in those that it was encoded by before. */
interface EncodedBy {
  readonly name: string;
  readonly payload: EncodedPayload;
  readonly next: EncodedBy | undefined;
}
