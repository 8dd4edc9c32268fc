import type { EventHandler, ProcedureHandler } from "../client/handles.ts";
import { WampError } from "../wire/errors.ts";
import type { ProcedureDeclaration, Procedures, TopicDeclaration, Topics } from "./declarations.ts";

/** What decorators have declared on an object; in the order of the methods, those of a derived class later. */
export interface Decorated {
  /** Procedures by URI. */
  readonly procedures: Procedures;
  /** Topics by URI. */
  readonly topics: Topics;
}

/** Where the declarations stand on an object: decorators run when it is made, and know it alone. */
const DECORATED: unique symbol = Symbol("decorated");

/**
 * Declares a method as a procedure of its service: what `static procedures` says, beside the method.
 *
 * The syntax is that of ECMAScript's decorators, which Deno, Bun and compilers know; Node itself does not yet. The older one of TypeScript's option
 * `experimentalDecorators` is refused.
 *
 * @param uri The URI, relative to the client's prefix (default the method's name).
 * @param options The options of the registration, validators and the queue.
 * @returns The decorator.
 * @throws {WampError} `invalid_argument` when it stands on what no object has under a name: a private or static method.
 */
export function procedure(
  uri?: string,
  options: Omit<ProcedureDeclaration, "handler"> = {},
): (method: ProcedureHandler, context: ClassMethodDecoratorContext) => void {
  return (_, context) => declare("procedures", uri, options, context);
}

/**
 * Declares a method as a listener of its service: what `static topics` says, beside the method.
 *
 * @param uri The URI, relative to the client's prefix (default the method's name).
 * @param options The options of the subscription, and the queue.
 * @returns The decorator.
 * @throws {WampError} `invalid_argument` when it stands on what no object has under a name: a private or static method.
 */
export function topic(
  uri?: string,
  options: Omit<TopicDeclaration, "handler"> = {},
): (method: EventHandler, context: ClassMethodDecoratorContext) => void {
  return (_, context) => declare("topics", uri, options, context);
}

function declare(
  kind: keyof Decorated,
  uri: string | undefined,
  options: object,
  context: ClassMethodDecoratorContext,
) {
  // The older kind gets the object, the name and a descriptor.
  if (typeof context !== "object") {
    throw new WampError(
      "invalid_argument",
      `Cannot serve "${String(context)}": it is decorated as TypeScript did before ECMAScript had decorators; ` +
        "take experimentalDecorators out of tsconfig.json, or declare static procedures and topics",
    );
  }
  const { name } = context;
  if (context.kind !== "method" || context.private || context.static || typeof name !== "string") {
    throw new WampError(
      "invalid_argument",
      `Cannot serve "${String(name)}": decorate methods that an object has under a name, neither private nor static`,
    );
  }
  context.addInitializer(function (this: unknown) {
    const declared = decoratedOn(this as object);
    Object.assign(declared[kind], { [uri ?? name]: { ...options, handler: name } });
  });
}

function decoratedOn(object: object): Decorated {
  const present = decoratedOf(object);
  if (present !== undefined) return present;
  const made: Decorated = { procedures: {}, topics: {} };
  Object.defineProperty(object, DECORATED, { value: made });
  return made;
}

/**
 * Finds what decorators have declared on an object.
 *
 * @param object The object.
 * @returns The declarations; undefined when there are none.
 */
export function decoratedOf(object: object): Decorated | undefined {
  return (object as { readonly [DECORATED]?: Decorated })[DECORATED];
}
