import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { WampError } from "../wire/errors.ts";
import type { Acceptor } from "./acceptor.ts";
import { BunMount as BunMountCore } from "./bun_mount.ts";
import type { BunServer, BunWebSocketHandler } from "./bun_types.ts";
import type { Mount } from "./listener.ts";
import { NodeMount as NodeMountCore } from "./node_mount.ts";
import { mountSettingsOf } from "./options.ts";
import type { MountOptions } from "./options.ts";
import { SharedUpgrades } from "./shared_upgrades.ts";

/** A router on a server of `node:http`. */
export interface NodeMount extends Mount {
  /**
   * Answers a request of long-poll; WebSockets need no call. It is to come before whatever reads the bodies of requests, such as `express.json()`.
   *
   * @param request A request of the server's.
   * @param response Its answer.
   * @returns Whether it is one; otherwise nothing was done with it.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

/** A router on a server of `Bun.serve`. */
export interface BunMount extends Mount {
  /** The handler of WebSockets, for the server. */
  readonly websocket: BunWebSocketHandler;

  /**
   * Takes a request of the server's, if it is for the router.
   *
   * @param request The request.
   * @param server The server.
   * @returns The answer, or undefined when the connection became a WebSocket, both for the server; null when the request is not for the router.
   */
  fetch(request: Request, server: BunServer): Response | Promise<Response> | undefined | null;
}

/**
 * Puts a router on a server of `node:http` or `node:https` that has other things to answer, too: on Node and Deno, also beside Express, Hono and the
 * like, which run on such a server.
 *
 * WebSockets on other paths stay with the server's other listeners; when it has none, they are answered with 404. A request that offers to go on in
 * another protocol, as `curl --http2` does, is the server's like one that does not (before Node 22.21 and 24.9 it is answered with 404, too). There may
 * be several routers on one server.
 *
 * @param acceptor The router.
 * @param server The server, listening already or not.
 * @param options On which paths (default `/ws`), and how.
 * @returns What is mounted; close it before the server.
 * @throws {WampError} `invalid_argument` when there is no such option or its value is wrong; on Bun, whose `node:http` does not show the sockets below WebSockets; there use `mountBun`.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { mountNode } from "@izaber/wamp/serve";
 *
 * const server = createServer((_request, response) => void response.end("a page of your own"));
 * await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const mounted = mountNode(router, server, { paths: ["/wamp"] });
 *
 * const { port } = server.address() as AddressInfo;
 * const wamp = await connect(`ws://127.0.0.1:${port}/wamp`, { realm: "realm1" });
 * const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
 * if (page !== "a page of your own") throw new Error("unexpected");
 * await wamp.close();
 *
 * await router.close();
 * await mounted.close();
 * server.close();
 * ```
 */
export function mountNode(acceptor: Acceptor, server: Server, options: MountOptions = {}): NodeMount {
  if ("Bun" in globalThis) {
    throw new WampError("invalid_argument", "Cannot mount a router on node:http on Bun: use mountBun with Bun.serve");
  }
  const mount = new NodeMountCore(acceptor, mountSettingsOf(options));
  const upgrades = SharedUpgrades.of(server);
  upgrades.add(mount);
  return {
    get statistics() {
      return mount.door.statistics;
    },
    handle: (request, response) => mount.handle(request, response),
    close: async () => {
      await mount.close();
      upgrades.delete(mount);
    },
  };
}

/**
 * Puts a router on a server of `Bun.serve` that has other things to answer, too.
 *
 * @param acceptor The router.
 * @param options On which paths (default `/ws`), and how; `websocket` takes WebSockets that the server has upgraded for something else (default none).
 * @returns What to hand to the server.
 * @throws {WampError} `invalid_argument` when there is no such option or its value is wrong.
 *
 * @example
 * ```js
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { mountBun } from "@izaber/wamp/serve";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const wamp = mountBun(router, { paths: ["/ws"] });
 * const server = Bun.serve({
 *   fetch(request, server) {
 *     const answer = wamp.fetch(request, server);
 *     return answer === null ? new Response("a page of your own") : answer;
 *   },
 *   websocket: wamp.websocket,
 * });
 *
 * // at the end
 * await router.close();
 * await wamp.close();
 * await server.stop();
 * ```
 */
export function mountBun(
  acceptor: Acceptor,
  options: MountOptions & { readonly websocket?: Partial<BunWebSocketHandler> } = {},
): BunMount {
  const { websocket, ...rest } = options;
  const mount = new BunMountCore(acceptor, mountSettingsOf(rest));
  return {
    websocket: mount.handler(websocket),
    get statistics() {
      return mount.door.statistics;
    },
    fetch: (request, server) => mount.owns(request) ? mount.take(request, server) : null,
    close: () => mount.door.close(),
  };
}
