import type { Acceptor } from "./acceptor.ts";
import type { Listener } from "./listener.ts";
import type { ListenOptions } from "./options.ts";

/**
 * Serves a router on a TCP port, over WebSockets.
 *
 * On Bun the runtime's own server does the work, on Node and Deno `node:http` and frames of our own; `ws`, where messages are compressed.
 *
 * @param acceptor The router.
 * @param options Where and how to listen (default: a free port of 127.0.0.1, paths `/ws` and `/`).
 * @returns The open port; close it to stop.
 * @throws {WampError} `listen_failed` when the port is in use or may not be opened, the message says which; `invalid_argument` when there is no
 *   such option or its value is wrong, a certificate and its key included.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { listen } from "@izaber/wamp/serve";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const listener = await listen(router, { port: 0 });
 * const client = await connect(listener.url, { realm: "realm1" });
 * await client.register("com.example.add", ([a, b]) => (a as number) + (b as number));
 * if (await client.call("com.example.add", [1, 2]) !== 3) throw new Error("unexpected");
 * await client.close();
 * await router.close();
 * await listener.close();
 * ```
 */
export async function listen(acceptor: Acceptor, options: ListenOptions = {}): Promise<Listener> {
  const { listen } = "Bun" in globalThis ? await import("./bun.ts") : await import("./node.ts");
  return listen(acceptor, options);
}
