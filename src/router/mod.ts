/**
 * A WAMP router that embeds in any process: realms, a broker, a dealer, authentication and authorization.
 *
 * It is pure logic and opens no socket: `listen` of `@izaber/wamp/serve` hands it the connections of a port, {@linkcode Router.local} those of
 * clients in the same process.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const [teller, listener] = await Promise.all([
 *   connect(router.local(), { realm: "realm1" }),
 *   connect(router.local(), { realm: "realm1" }),
 * ]);
 * const heard = Promise.withResolvers<unknown>();
 * await listener.subscribe("com.example.news", ([text]) => heard.resolve(text));
 * await teller.publish("com.example.news", ["hello"]);
 * if (await heard.promise !== "hello") throw new Error("unexpected");
 * await router.close();
 * ```
 *
 * @module
 */
export type { Action, Authorizer, Decision, SessionInfo } from "./authorization.ts";
export type { HandshakeAnswer, HandshakeRequest } from "./handshake.ts";
export { defaultLimits } from "./limits.ts";
export type { Limits } from "./limits.ts";
export { openRealm } from "./realm.ts";
export type { RealmOptions, RealmStatistics } from "./realm.ts";
export { Router } from "./router.ts";
export type { RouterOptions } from "./router.ts";
