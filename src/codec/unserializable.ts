import { WampError } from "../wire/errors.ts";

/** One step into a value: an index of a list or a key of a dictionary. */
export type Step = string | number;

/**
 * The way from the root of a value that is being encoded to where the encoder is, so that a refusal can name the place.
 *
 * An encoder sets `steps[depth]` before it goes into an element; nothing needs to be taken back.
 */
export class Trail {
  /** The key or index taken at each depth. */
  readonly steps: Step[] = [];
  readonly #name: string;
  readonly #root: unknown;
  readonly #format: string;

  /**
   * @param format The format, for people, such as `JSON`.
   * @param name What the root is called, such as `args`.
   * @param root The value that is being encoded.
   */
  constructor(format: string, name: string, root: unknown) {
    this.#format = format;
    this.#name = name;
    this.#root = root;
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

  /**
   * Makes the error for a value that is nested deeper than a message may be, most often because it contains itself.
   *
   * @param depth How many steps lead to the value.
   * @param limit How deep a message may be.
   * @returns The error, to be thrown.
   */
  refuseDepth(depth: number, limit: number): WampError {
    const seen = new Set<unknown>();
    let value = this.#root;
    for (let at = 0; at < depth; at++) {
      if (seen.has(value)) {
        return this.refuse(at, "a cycle: it contains itself; send a copy without the reference back");
      }
      seen.add(value);
      const step = this.steps[at] as Step;
      value = value instanceof Map
        ? [...value.values()][[...value.keys()].map(String).indexOf(String(step))]
        : (value as
          & Record<Step, unknown>
          & object)?.[step];
    }
    return this.refuse(depth, `nested too deep: a message has at most ${limit} levels`);
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
