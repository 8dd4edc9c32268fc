import type { SentArgs, SentKwargs, WampValue } from "../wire/values.ts";

/** Keyword arguments of a call that is written as a method; made by {@linkcode kwargs}. */
export class Kwargs<K extends object = SentKwargs> {
  /** The keyword arguments. */
  readonly values: K;

  /** @param values The keyword arguments. */
  constructor(values: K) {
    this.values = values;
  }
}

/**
 * Marks keyword arguments as such, as the last argument of a call that is written as a method.
 *
 * @param values The keyword arguments.
 * @returns What `rpc` takes as its last argument.
 *
 * @example
 * ```ts
 * import { connect, kwargs } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * interface Example {
 *   procedures: { "example.add": { args: [number, number]; kwargs: { base?: number }; result: number } };
 * }
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect<Example>(router.local(), { realm: "realm1", prefix: "com" });
 * await wamp.register("example.add", ([a, b], { base = 0 }) => base + a + b);
 * if (await wamp.rpc.example.add(1, 2, kwargs({ base: 10 })) !== 13) throw new Error("unexpected");
 * ```
 */
export function kwargs<K extends object>(values: K): Kwargs<K> {
  return new Kwargs(values);
}

/** Procedures as methods: `rpc.example.add(1, 2)` calls `example.add`. */
export interface Rpc {
  /**
   * Calls the procedure.
   *
   * @param args Positional arguments; the last may be keyword arguments, marked by {@linkcode kwargs}.
   * @returns The first positional result; undefined if there is none.
   */
  <T = WampValue>(...args: readonly unknown[]): Promise<T>;
  /** Functions have one of their own. */
  readonly name: Rpc;
  /** Functions have one of their own. */
  readonly length: Rpc;
  /** Whatever is below it. */
  readonly [component: string]: Rpc;
}

/** Calls a procedure. */
type Call = (uri: string, args: SentArgs, kwargs?: SentKwargs) => Promise<unknown>;

/** What programs look for on any object or function, besides `toString`; a procedure of such a name is called by its URI. */
const NO_COMPONENTS: ReadonlySet<PropertyKey> = new Set([
  "then",
  "catch",
  "finally",
  "toJSON",
  "toLocaleString",
  "valueOf",
  "constructor",
  "call",
  "apply",
  "bind",
]);

/**
 * Makes procedures methods.
 *
 * @param call Calls one.
 * @param uri What the URI begins with (default nothing).
 * @returns The methods; each component of a URI is a property, and looking at one does nothing.
 */
export function asMethods(call: Call, uri = ""): Rpc {
  return new Proxy((() => {}) as unknown as Rpc, {
    get(_, name) {
      if (name === "toString") return () => uri;
      return typeof name === "symbol" || NO_COMPONENTS.has(name)
        ? undefined
        : asMethods(call, uri === "" ? name : `${uri}.${name}`);
    },
    apply(_, _this, args: unknown[]) {
      const last = args.at(-1);
      return last instanceof Kwargs ? call(uri, args.slice(0, -1), last.values) : call(uri, args);
    },
  });
}
