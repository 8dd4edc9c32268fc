/**
 * A WAMP client for Deno, Bun, Node, browsers and edge workers: calls, procedures, topics, and reconnects that restore all of it.
 *
 * @example
 * ```ts
 * import { connect, RemoteError } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1" }); // or a URL, "wss://nexus.example.com/ws"
 *
 * await wamp.register("com.example.hello", ([name]: [string]) => `Hello ${name}`);
 * if (await wamp.call("com.example.hello", ["you"]) !== "Hello you") throw new Error("unexpected");
 *
 * await wamp.subscribe("com.example.topic", (args, kwargs, event) => {
 *   if (args[0] !== "news" || event.topic !== "com.example.topic") throw new Error("unexpected");
 * });
 * await wamp.publish("com.example.topic", ["news"], {}, { exclude_me: false, acknowledge: true });
 *
 * const refusal = await wamp.call("com.example.nothing").catch((error) => error);
 * if (!(refusal instanceof RemoteError) || refusal.uri !== "wamp.error.no_such_procedure") throw new Error("unexpected");
 * ```
 *
 * @module
 */
export { connect, createClient } from "./src/client/connect.ts";
export * from "./src/client/mod.ts";
export { codecBackend } from "./src/codec/backend.ts";
export type { CodecBackend } from "./src/codec/core.ts";
export { createJson, json } from "./src/codec/json_core.ts";
export type { JsonOptions } from "./src/codec/json_core.ts";
export { cbor, createCbor } from "./src/codec/cbor.ts";
export { createMsgpack, msgpack } from "./src/codec/msgpack.ts";
export type { BinaryOptions } from "./src/codec/msgpack.ts";
export type { ChannelBinding } from "./src/auth/channel_binding.ts";
export { cookie } from "./src/auth/cookie.ts";
export { cryptosign } from "./src/auth/cryptosign.ts";
export { scram } from "./src/auth/scram.ts";
export type { ScramOptions } from "./src/auth/scram_client.ts";
export { tls } from "./src/auth/tls.ts";
export { wampcra } from "./src/auth/wampcra.ts";
