import type { Args, Dict, WampValue } from "../wire/values.ts";
import { emptyArgs, emptyDict, isEmptyDict } from "../wire/values.ts";
import type { Serializer, SerializerName } from "./serializer.ts";

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

/** Where the elements of a payload are that came over the wire. */
export interface PayloadSource {
  /** The name of the serializer that they came in. */
  readonly name: SerializerName;
  /** Decodes args, or what stands in their place; empty when there were none. */
  args(): WampValue;
  /** Decodes kwargs; empty when there were none. */
  kwargs(): Dict;
  /** Whether they can go out as they came. */
  readonly isWhole: boolean;
  /** The elements as they came, with the room that was made by `spendHeader`, once; undefined when they have to be encoded anew. */
  encoded(): EncodedPayload | undefined;
  /** The same elements in memory of their own. */
  kept(): PayloadSource;
  /** Lets the next header that goes before the elements as they came be written over the one that they came with. */
  spendHeader(): void;
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
  static readonly empty: Payload = new Payload(emptyArgs, emptyDict, false);

  #args: Args | undefined;
  #kwargs: Dict | undefined;
  #encoded: EncodedBy | undefined;
  readonly #opaque: boolean;
  readonly #source: PayloadSource | undefined;

  private constructor(args: Args | undefined, kwargs: Dict | undefined, opaque: boolean, source?: PayloadSource) {
    this.#args = args;
    this.#kwargs = kwargs;
    this.#opaque = opaque;
    this.#source = source;
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
    return new Payload(args, kwargs, false);
  }

  /**
   * Makes a payload that is one string or one piece of binary instead of args and kwargs, as the older payload transparency (`enc_algo`) has it.
   *
   * @param value The encrypted payload.
   * @returns The payload; its `args` are the value alone.
   */
  static ofOpaque(value: string | Uint8Array<ArrayBuffer>): Payload {
    return new Payload([value], emptyDict, true);
  }

  /**
   * Makes a payload from what came over the wire.
   *
   * @param source Where it is.
   * @param opaque Whether it is one string or one piece of binary (default false).
   * @returns The payload; nothing is decoded yet.
   */
  static received(source: PayloadSource, opaque: boolean = false): Payload {
    return new Payload(undefined, undefined, opaque, source);
  }

  /** Positional arguments; empty when the message had none. */
  get args(): Args {
    if (this.#args !== undefined) return this.#args;
    const value = (this.#source as PayloadSource).args();
    return this.#args = this.#opaque ? [value] : value as Args;
  }

  /** Keyword arguments; empty when the message had none. */
  get kwargs(): Dict {
    return this.#kwargs ??= (this.#source as PayloadSource).kwargs();
  }

  /** Whether there is nothing in it. */
  get isEmpty(): boolean {
    return this === Payload.empty;
  }

  /** Whether it has been made from args and kwargs and not been encoded yet. */
  get isFresh(): boolean {
    return this.#encoded === undefined && this.#source === undefined && !this.#opaque;
  }

  /** Whether it is one string or one piece of binary instead of args and kwargs. */
  get isOpaque(): boolean {
    return this.#opaque;
  }

  /**
   * Tells whether it goes out as it came, so that it has been checked.
   *
   * @param serializer The serializer of the session that will get it.
   * @returns Whether it does.
   */
  isAsItCame({ name }: Serializer): boolean {
    return this.#source?.name === name && this.#source.isWhole;
  }

  /**
   * Gives the payload memory of its own, for whoever keeps it: as it came it keeps its whole frame, and what else came in one batch.
   *
   * @returns The same payload; nothing is decoded for that.
   */
  kept(): Payload {
    return this.#source === undefined ? this : Payload.received(this.#source.kept(), this.#opaque);
  }

  /** Lets the header of the message that it is passed on in be written over that of the message it came in, once; see `head_memory.ts`. */
  spendHeader(): void {
    this.#source?.spendHeader();
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
    const asItCame = this.#source?.name === name ? this.#source.encoded() : undefined;
    if (asItCame !== undefined) return asItCame;
    const payload = this.#opaque
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
