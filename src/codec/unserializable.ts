import { WampError } from "../wire/errors.ts";

/** One step into a value: an index of a list or a key of a dictionary. */
export type Step = string | number;

/**
 * The way from the root of a value that is being encoded to where the encoder is, so that a refusal can name the place.
 *
 * An encoder says what it goes into, and sets `steps[depth]` before each element; nothing needs to be taken back.
 */
export class Trail {
  /** The key or index taken at each depth. */
  readonly steps: Step[] = [];
  readonly #containers: object[] = [];
  readonly #format: string;
  readonly #name: string;
  readonly #maxDepth: number;

  /**
   * @param format The format, for people, such as `JSON`.
   * @param name What the root is called, such as `args`.
   * @param maxDepth How many levels of lists and dictionaries it may have.
   */
  constructor(format: string, name: string, maxDepth: number) {
    this.#format = format;
    this.#name = name;
    this.#maxDepth = maxDepth;
  }

  /**
   * Goes into a list or dictionary.
   *
   * @param container The list or dictionary.
   * @param depth How many steps lead to it.
   * @throws {WampError} `unserializable` when it is nested deeper than a message may be, most often because it contains itself.
   */
  enter(container: object, depth: number): void {
    const containers = this.#containers;
    if (depth < this.#maxDepth) return void (containers[depth] = container);
    const again = containers.findIndex((one, at) => containers.indexOf(one) < at);
    throw again < 0
      ? this.refuse(depth, `nested too deep: a message has at most ${this.#maxDepth} levels`)
      : this.refuse(again, "a cycle: it contains itself; send a copy without the reference back");
  }

  /**
   * Makes the error for a value that cannot be encoded.
   *
   * @param depth How many steps lead to the value.
   * @param what What the value is, such as `a function`.
   * @returns The error, to be thrown.
   */
  refuse(depth: number, what: string): WampError {
    return new WampError("unserializable", `Cannot encode ${this.#path(depth)} as ${this.#format}: it is ${what}`);
  }

  #path(depth: number): string {
    let path = this.#name;
    for (const step of this.steps.slice(0, depth)) {
      if (typeof step === "number") path += `[${step}]`;
      else path += /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    }
    return path;
  }
}

/**
 * Gives the bytes of a value that is binary.
 *
 * @param value The value.
 * @param trail The way to it, for refusals.
 * @param depth How many steps that is.
 * @returns The same memory; undefined for what is no view of memory, nor memory.
 * @throws {WampError} `unserializable` when the memory is somebody else's by now.
 */
export function bytesOf(value: object, trail: Trail, depth: number): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
  } catch {
    throw trail.refuse(depth, "binary that was transferred");
  }
  return undefined;
}

/**
 * Refuses a date that is none.
 *
 * @param date The date.
 * @param trail The way to it.
 * @param depth How many steps that is.
 * @throws {WampError} `unserializable`
 */
export function checkDate(date: Date, trail: Trail, depth: number): void {
  if (Number.isNaN(date.getTime())) throw trail.refuse(depth, "an invalid Date");
}

/**
 * Asks a value how it is written, once: what it gives is written as it stands, as JSON.stringify does. A copy of itself may have `toJSON`, too.
 *
 * @param value The value.
 * @returns What is written in its place; the same where it has no `toJSON`.
 */
export function told(value: object): unknown {
  return isTelling(value) ? value.toJSON("") : value;
}

/**
 * Tells whether a value says how it is written.
 *
 * @param value The value.
 * @returns Whether it has `toJSON`.
 */
export function isTelling(value: object): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/**
 * Tells whether an entry of a dictionary is not written: `undefined`, and how a value that has been asked says what is written in its place.
 *
 * @param key Its key.
 * @param value Its value.
 * @returns Whether it is left out.
 */
export function isLeftOut(key: string, value: unknown): boolean {
  return value === undefined || key === "toJSON" && typeof value === "function";
}

/**
 * Says what a value is that no serializer takes.
 *
 * @param value The value.
 * @returns For people, such as `a function`; undefined for an object that can be encoded by its own enumerable properties.
 */
export function unserializableKind(value: unknown): string | undefined {
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return tag === "Object" ? undefined : `a ${tag}; send a plain object, a list or bytes instead`;
}
