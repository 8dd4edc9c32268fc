/**
 * Opens a router to the network: WebSockets and long-poll on a port of its own or on a server that is there already, RawSocket on another port or on a
 * unix socket.
 *
 * Works on Node, Deno and Bun. The router itself (`@izaber/wamp/router`) never opens a socket; {@linkcode listen} does, and hands it connections.
 *
 * @example
 * ```ts
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { listen } from "@izaber/wamp/serve";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const listener = await listen(router, { port: 0 });
 * if (!listener.url.startsWith("ws://127.0.0.1:")) throw new Error("unexpected");
 * await router.close();
 * await listener.close();
 * ```
 *
 * @module
 */
export { listen } from "./listen.ts";
export type { Acceptor } from "./acceptor.ts";
export type { ListenerStatistics, ListenLimits } from "./admission.ts";
export type { ServerCertificate } from "./certificate.ts";
export type { BunServer, BunWebSocket, BunWebSocketHandler } from "./bun_types.ts";
export { mountDeno } from "./deno.ts";
export type { DenoMount, DenoServeInfo } from "./deno.ts";
export type { Listener, Mount } from "./listener.ts";
export { mountBun, mountNode } from "./mount.ts";
export type { BunMount, NodeMount } from "./mount.ts";
export type { LongPollOptions } from "./long_poll_options.ts";
export type { ListenOptions, MountOptions } from "./options.ts";
export type { Origins } from "./origins.ts";
export { listenRawSocket } from "./rawsocket.ts";
export type { RawSocketListenOptions } from "./rawsocket_options.ts";
