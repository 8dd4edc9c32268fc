import { WampError } from "../wire/errors.ts";

/** What tells an edge worker. */
interface Edge {
  readonly navigator?: { readonly userAgent?: string };
  readonly EdgeRuntime?: unknown;
}

/**
 * Refuses what a program shares on an edge worker, where a socket belongs to the request that opened it.
 *
 * @throws {WampError} `not_connected` on an edge worker; the message says what to do instead.
 */
export function refuseOnEdge(): void {
  const { navigator, EdgeRuntime } = globalThis as Edge;
  if (EdgeRuntime === undefined && !navigator?.userAgent?.startsWith("Cloudflare-Workers")) return;
  throw new WampError(
    "not_connected",
    "An edge worker cannot share `wamp`: its sockets belong to one request. Connect in each: " +
      "`const { url, options } = connectionOf(new Config(sections, name)); await using wamp = await connect(url, options)`",
  );
}
