import { cbor } from "../codec/cbor.ts";
import { eagerJson } from "../codec/json_eager.ts";
import { msgpack } from "../codec/msgpack.ts";
import { dialerTo } from "../transport/websocket.ts";
import type { Api, ClientFor } from "./api.ts";
import type { Client } from "./client.ts";
import { connectClient, makeClient } from "./make_client.ts";
import type { ClientDefaults } from "./make_client.ts";
import type { ClientOptions, ConnectOptions, Target } from "./options.ts";

// MessagePack is the smallest and the quickest to read; CBOR is what Nexus's Python clients speak; every router has JSON.
const defaults: ClientDefaults = { serializers: [msgpack, cbor, eagerJson], dialer: (url) => dialerTo(url) };

/**
 * Makes a client that does nothing until it is opened: register, subscribe and listen first, then `open()`.
 *
 * @param target What leads to a router: a URL, `router.local()`, several of these, tried in turn, or a function that is asked for them before each round.
 * @param options What the client is made with; `serializers` defaults to MessagePack, CBOR, JSON.
 * @returns The client.
 * @throws {WampError} `invalid_argument` when an option or a URL is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { createClient } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = createClient(router.local(), { realm: "realm1" });
 * wamp.on("join", async (session) => {
 *   await session.publish("com.example.joined", [session.id]);
 * });
 * await wamp.open({ retry: true });
 * if (wamp.status !== "ready") throw new Error("unexpected");
 * ```
 */
export function createClient<A extends Api | undefined = undefined>(
  target: Target,
  options: ClientOptions,
): ClientFor<A> {
  return makeClient(target, options, defaults) as Client as ClientFor<A>;
}

/**
 * Connects to a router and joins a realm.
 *
 * @param target What leads to a router: a URL, `router.local()`, several of these, tried in turn, or a function that is asked for them before each round.
 * @param options What the client is made with, and `signal`, which gives the attempt up; `serializers` defaults to MessagePack, CBOR, JSON.
 * @returns The client, ready.
 * @throws {ConnectError} When no target works: `host_unknown`, `connection_refused`, `tls_failed`, `not_wamp`, `no_common_serializer`,
 * `connect_timeout`, `connection_failed`, `no_such_realm`, `authentication_failed`; nothing is left open.
 * @throws {WampError} `invalid_argument` when an option or a URL is wrong; the message names it. Where `signal` is aborted before the
 * client is ready, its reason is thrown as it is.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" }); // or "wss://nexus.example.com/ws"
 * await wamp.register("com.example.add", ([a, b]: [number, number]) => a + b);
 * if (await wamp.call("com.example.add", [1, 2]) !== 3) throw new Error("unexpected");
 * ```
 */
export async function connect<A extends Api | undefined = undefined>(
  target: Target,
  options: ConnectOptions,
): Promise<ClientFor<A>> {
  return await connectClient(target, options, defaults) as ClientFor<A>;
}
