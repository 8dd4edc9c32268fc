import type { WampValue } from "../wire/values.ts";
import { WampError } from "../wire/errors.ts";

/** Procedures as methods: `rpc.example.add(1, 2)` calls `example.add` with `[1, 2]`. */
export interface Rpc {
  /** Calls the procedure that the path stands for. */
  (...args: readonly unknown[]): Promise<WampValue>;
  /** The next part of the URI. */
  readonly [part: string]: Rpc;
}

/** Names that the language or a runtime asks of any object; as parts of a URI they have to be written out with `call`. */
const NOT_PARTS: ReadonlySet<string> = new Set([
  "then",
  "catch",
  "finally",
  "toJSON",
  "constructor",
  "call",
  "apply",
  "bind",
  "prototype",
]);

/**
 * Makes the proxy behind `client.rpc`.
 *
 * @param call Calls a procedure.
 * @returns The proxy.
 */
export function makeRpc(call: (uri: string, args: readonly unknown[]) => Promise<WampValue>): Rpc {
  const node = (uri: string): Rpc =>
    new Proxy((() => {}) as unknown as Rpc, {
      get: (_, part) =>
        part === Symbol.toPrimitive
          ? () => `rpc ${uri}`
          : typeof part === "symbol" || NOT_PARTS.has(part)
          ? undefined
          : node(uri === "" ? part : `${uri}.${part}`),
      apply: (_, __, args: unknown[]) =>
        uri === ""
          ? Promise.reject(new WampError("invalid_argument", "rpc is no procedure; write rpc.example.add(1, 2)"))
          : call(uri, args),
      set: () => false,
    });
  return node("");
}
