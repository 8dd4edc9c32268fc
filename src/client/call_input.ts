import type { Payload } from "../codec/payload.ts";
import { describe } from "../wire/describe.ts";
import type { Args, Dict, SentArgs, SentKwargs } from "../wire/values.ts";
import { refusal, toPayload } from "./arguments.ts";
import type { Usage } from "./arguments.ts";
import { undecodable } from "./core.ts";
import { ownArgs, ownKwargs } from "./owned.ts";
import { ReadBuffer } from "./read_buffer.ts";

/** One part of the arguments of a call that are sent one after another: positional ones alone, or with keyword arguments. */
export type SentPart = SentArgs | { readonly args?: SentArgs | undefined; readonly kwargs?: SentKwargs | undefined };

/** The arguments of a call, sent one after another as they come; what an async generator returns is the last part. */
export type SentParts = AsyncIterable<SentPart, SentPart | void | undefined>;

/** One part of the arguments of a call, as the callee gets it. */
export interface CallPart {
  /** Positional arguments. */
  readonly args: Args;
  /** Keyword arguments. */
  readonly kwargs: Dict;
}

/**
 * Tells arguments that come one after another from a list of them.
 *
 * @param args What was given as args.
 * @returns Whether they come one after another.
 */
export function isInParts(args: SentArgs | SentParts | undefined): args is SentParts {
  return typeof args === "object" && args !== null && Symbol.asyncIterator in args;
}

/**
 * Makes the payload of one part.
 *
 * @param part What came: positional arguments, or an object with `args` and `kwargs`; undefined for an empty part.
 * @param kwargs Keyword arguments that go along; those of the part take precedence.
 * @param usage Where, for the error text.
 * @returns The payload.
 * @throws {WampError} `invalid_argument` when it is something else.
 */
export function partPayload(part: unknown, kwargs: SentKwargs | undefined, usage: Usage): Payload {
  if (part === undefined || Array.isArray(part)) return toPayload(part, kwargs, usage);
  if (typeof part !== "object" || part === null || !("args" in part || "kwargs" in part)) {
    throw refusal(
      usage,
      `a part of the arguments is ${describe(part)}, expected an array, or an object such as ` +
        `{ args: [1], kwargs: { name: "value" } }`,
    );
  }
  const { args, kwargs: own } = part as { readonly args?: unknown; readonly kwargs?: SentKwargs };
  return toPayload(args, kwargs === undefined ? own : { ...kwargs, ...own }, usage);
}

/** How much of a call's arguments is kept until the handler reads it, in bytes. */
const MAX_UNREAD = 16 * 1024 * 1024;
/** What a part counts besides the size of its message, in bytes. */
const OVERHEAD = 256;

/** What comes to a handler of the arguments of one call, part by part. */
export class CallInput implements AsyncIterableIterator<CallPart> {
  readonly #procedure: string;
  readonly #buffer: ReadBuffer<{ readonly payload: Payload; readonly size: number }>;
  #unread = 0;
  #complete = false;

  /** @param procedure The procedure, for error texts. */
  constructor(procedure: string) {
    this.#procedure = procedure;
    this.#buffer = new ReadBuffer(`parts of a call of "${procedure}"`, { buffer: Number.MAX_SAFE_INTEGER });
  }

  /** Whether all of it has come. */
  get complete(): boolean {
    return this.#complete;
  }

  /**
   * @ignore Takes a part that has come.
   *
   * @param payload The part; kept undecoded until it is read.
   * @param size The size of its message, in bytes.
   * @returns Whether there was room for it.
   */
  push(payload: Payload, size: number): boolean {
    if (this.#buffer.ended) return true;
    const counted = size + OVERHEAD;
    // One part alone may be as large as a message may be.
    if (this.#unread > 0 && this.#unread + counted > MAX_UNREAD) return false;
    this.#unread += counted;
    this.#buffer.push({ payload, size: counted });
    return true;
  }

  /** @ignore All of it has come. */
  finish(): void {
    this.#complete = true;
    this.#buffer.end(undefined);
  }

  /**
   * @ignore No more of it is wanted.
   *
   * @param reason What the handler gets after the parts that have come.
   */
  abort(reason: unknown): void {
    this.#buffer.end(reason);
  }

  /**
   * Reads a part, waiting for it if none has come.
   *
   * @returns The part; the end, when all were read.
   * @throws {WampError} `unserializable` when it cannot be decoded.
   * @throws The reason of the invocation's signal, when the caller gave up or was lost.
   */
  async next(): Promise<IteratorResult<CallPart>> {
    const { value, done } = await this.#buffer.next();
    if (done) return { value: undefined, done };
    this.#unread -= value.size;
    try {
      const { args, kwargs } = value.payload as Payload;
      return { value: { args: ownArgs(args), kwargs: ownKwargs(kwargs) }, done: false };
    } catch (cause) {
      throw undecodable(`the arguments of a call of "${this.#procedure}"`, cause);
    }
  }

  /** Reads no further; what still comes is dropped. */
  return(): Promise<IteratorResult<CallPart>> {
    return this.#buffer.return() as Promise<IteratorReturnResult<undefined>>;
  }

  /** Reads this very input: there is one position, however many loops. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

/**
 * Makes the input of a call whose arguments came all at once: one part.
 *
 * @param procedure The procedure, for error texts.
 * @param payload The arguments.
 * @returns The input, complete.
 */
export function inOnePart(procedure: string, payload: Payload): CallInput {
  const input = new CallInput(procedure);
  input.push(payload, 0);
  input.finish();
  return input;
}
