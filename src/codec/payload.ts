import type { Args, Dict } from "../wire/values.ts";
import { emptyArgs, emptyDict } from "../wire/values.ts";
import type { Frame, Serializer } from "./serializer.ts";

/** The payload elements of a message, encoded and ready to be spliced behind a header. */
export interface EncodedPayload {
  /** The text or bytes of the elements; JSON's has the comma between them, none before the first. */
  readonly data: string | Uint8Array<ArrayBuffer>;
  /** How many elements: none, args, or args and kwargs. */
  readonly count: 0 | 1 | 2;
}

/** Where the payload elements lie inside a frame; an element that is not there has start and end -1. */
export interface PayloadRange {
  /** Where args begin. */
  readonly argsStart: number;
  /** Where args end. */
  readonly argsEnd: number;
  /** Where kwargs begin. */
  readonly kwargsStart: number;
  /** Where kwargs end. */
  readonly kwargsEnd: number;
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
  #source: { readonly serializer: Serializer; readonly frame: Frame; readonly range: PayloadRange } | undefined;
  #encoded: { readonly serializer: Serializer; readonly payload: EncodedPayload }[] = [];

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
    return args.length === 0 && Object.keys(kwargs).length === 0 ? Payload.empty : new Payload(args, kwargs);
  }

  /**
   * Makes a payload from a frame that was scanned.
   *
   * @param serializer The serializer that scanned it.
   * @param frame The frame.
   * @param range Where the payload lies.
   * @returns The payload; nothing is decoded yet.
   */
  static received(serializer: Serializer, frame: Frame, range: PayloadRange): Payload {
    const payload = new Payload(undefined, undefined);
    payload.#source = { serializer, frame, range };
    return payload;
  }

  /** Positional arguments; empty when the message had none. */
  get args(): Args {
    return this.#args ??= this.#decode("args") as Args | undefined ?? emptyArgs;
  }

  /** Keyword arguments; empty when the message had none. */
  get kwargs(): Dict {
    return this.#kwargs ??= this.#decode("kwargs") as Dict | undefined ?? emptyDict;
  }

  /** Whether there is nothing in it. */
  get isEmpty(): boolean {
    return this === Payload.empty;
  }

  /**
   * Gives the payload as a serializer puts it on the wire.
   *
   * @param serializer The serializer of the session that will get it.
   * @returns The encoded elements, kept for the next session with this serializer.
   * @throws {WampError} `unserializable` when a value cannot be represented.
   */
  encodedBy(serializer: Serializer): EncodedPayload {
    for (const known of this.#encoded) {
      if (known.serializer.name === serializer.name) return known.payload;
    }
    const source = this.#source;
    const payload = source !== undefined && source.serializer.name === serializer.name
      ? cut(source.frame, source.range)
      : serializer.encodePayload(this.args, this.kwargs);
    this.#encoded.push({ serializer, payload });
    return payload;
  }

  #decode(element: "args" | "kwargs"): unknown {
    const source = this.#source;
    if (source === undefined) return undefined;
    const start = source.range[`${element}Start`];
    return start < 0 ? undefined : source.serializer.decode(source.frame, start, source.range[`${element}End`]);
  }
}

function cut(frame: Frame, range: PayloadRange): EncodedPayload {
  const start = range.argsStart;
  if (start < 0) return { data: "", count: 0 };
  const end = range.kwargsEnd < 0 ? range.argsEnd : range.kwargsEnd;
  const data = typeof frame === "string"
    ? frame.slice(start, end)
    : (frame as Uint8Array<ArrayBuffer>).subarray(start, end);
  return { data, count: range.kwargsEnd < 0 ? 1 : 2 };
}
