/**
 * The client with JSON only: no WebAssembly, nothing to compile, the smallest bundle. Other serializers are handed in.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp/lite";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" });
 * await wamp.publish("com.example.topic", ["hello"], {}, { acknowledge: true });
 * ```
 *
 * @module
 */
import type { Api, ClientFor } from "./client/api.ts";
import type { Client } from "./client/client.ts";
import { connectClient, makeClient } from "./client/make_client.ts";
import type { ClientDefaults } from "./client/make_client.ts";
import type { ClientOptions, ConnectOptions, Target } from "./client/options.ts";
import { eagerJson } from "./codec/json_eager.ts";
import { dialerTo } from "./transport/websocket.ts";

const defaults: ClientDefaults = { serializers: [eagerJson], dialer: (url) => dialerTo(url) };

/**
 * Makes a client that does nothing until it is opened.
 *
 * @param target What leads to a router: a URL, a dialer, several of these, tried in turn, or a function that is asked for them before each round.
 * @param options What the client is made with; `serializers` defaults to JSON.
 * @returns The client.
 * @throws {WampError} `invalid_argument` when an option or a URL is wrong; the message names it.
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
 * @param target What leads to a router: a URL, a dialer, several of these, tried in turn, or a function that is asked for them before each round.
 * @param options What the client is made with, and `signal`, which gives the attempt up; `serializers` defaults to JSON.
 * @returns The client, ready.
 * @throws {ConnectError} When no target works; the code says why, and nothing is left open.
 * @throws {WampError} `invalid_argument` when an option or a URL is wrong; the message names it. Where `signal` is aborted before the
 * client is ready, its reason is thrown as it is.
 */
export async function connect<A extends Api | undefined = undefined>(
  target: Target,
  options: ConnectOptions,
): Promise<ClientFor<A>> {
  return await connectClient(target, options, defaults) as ClientFor<A>;
}

export * from "./client/mod.ts";
