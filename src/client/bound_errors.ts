import { describe } from "../wire/describe.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import { isUri } from "../wire/uri.ts";
import type { Args, Dict } from "../wire/values.ts";
import { isDict } from "../wire/values.ts";
import { errorText } from "./error_text.ts";
import { unmakable } from "./options.ts";

/**
 * A class that stands for the errors of a URI. One of `RemoteError`'s is made with uri, args, kwargs and details; any other as `Error` is, with a text and
 * the `RemoteError` as its cause, and then gets uri, args, kwargs and details as properties.
 */
export type ErrorClass =
  | (new (text: string, options: { readonly cause: RemoteError }) => Error)
  | (new (uri: string, args: Args, kwargs: Dict, details: Dict) => RemoteError);

/** Classes by the URIs that they stand for. */
export type ErrorClasses = { readonly [uri: string]: ErrorClass };

/** Makes errors of classes from those that come, and the other way round. */
export class BoundErrors {
  readonly #byUri: ReadonlyMap<string, ErrorClass>;
  readonly #byPrototype: ReadonlyMap<unknown, string>;

  /**
   * @param classes Classes by their URIs.
   * @throws {WampError} `invalid_argument` when one is no URI or no class.
   */
  constructor(classes: ErrorClasses = {}) {
    const entries = isDict(classes) ? Object.entries(classes) : [["", classes as unknown as ErrorClass]] as const;
    for (const [uri, Class] of entries) {
      if (isUri(uri) && typeof Class === "function") continue;
      const found = uri === "" ? describe(Class) : `${describe(Class)} for "${uri}"`;
      throw unmakable(
        `the option errors is ${found}, expected URIs and classes, as in { "com.example.not_found": NotFoundError }`,
      );
    }
    this.#byUri = new Map(entries);
    this.#byPrototype = new Map(entries.map(([uri, Class]) => [Class.prototype, uri]));
  }

  /**
   * Makes what a call rejects with.
   *
   * @param error What came.
   * @returns An error of the class that stands for its URI; the error itself where there is none, or the class cannot be made.
   */
  received(error: RemoteError): Error {
    const Class = this.#byUri.get(error.uri) as (new (...values: unknown[]) => Error) | undefined;
    if (Class === undefined) return error;
    const { uri, args, kwargs, details } = error;
    try {
      if (Class as unknown === RemoteError) return error;
      if (Class.prototype instanceof RemoteError) return new Class(uri, args, kwargs, details);
      const made = new Class(typeof args[0] === "string" ? args[0] : uri, { cause: error });
      for (const [name, value] of Object.entries({ uri, args, kwargs, details })) {
        Object.defineProperty(made, name, { value, configurable: true, enumerable: true, writable: true });
      }
      return made;
    } catch (cause) {
      error.cause = cause;
      return error;
    }
  }

  #uriOf(error: unknown): string | undefined {
    if (this.#byPrototype.size === 0 || typeof error !== "object") return undefined;
    // The closest class of those that it is of.
    for (let of: unknown = error; of !== null; of = Object.getPrototypeOf(of)) {
      const uri = this.#byPrototype.get(of);
      if (uri !== undefined) return uri;
    }
    return undefined;
  }

  /**
   * Makes what is sent for what a handler threw.
   *
   * @param error What it threw.
   * @returns The error as it goes out: a `RemoteError` as it is, one of a class that stands for a URI with its `args` (default its text) and `kwargs`;
   * undefined for any other.
   */
  sent(error: unknown): RemoteError | undefined {
    if (WampError.is(error, "remote")) return error as RemoteError;
    const uri = this.#uriOf(error);
    if (uri === undefined) return undefined;
    try {
      const { args, kwargs } = error as { args?: unknown; kwargs?: unknown };
      return new RemoteError(uri, Array.isArray(args) ? args : [errorText(error)], isDict(kwargs) ? kwargs : {});
    } catch {
      return new RemoteError(uri);
    }
  }
}
