/**
 * A WAMP server without routing between clients: procedures that they call, topics that they subscribe to, and nothing that they do to each other.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { createApp, ProcedureRoutes, TopicRoutes } from "@izaber/wamp/app";
 * import { listen } from "@izaber/wamp/serve";
 *
 * const rpc = new ProcedureRoutes().route("com.example.whoami", (_args, _kwargs, { session }) => session.authid);
 * const topics = new TopicRoutes().route("com.example.clock", async function* () {
 *   yield { seconds: 0 };
 * });
 *
 * const app = createApp({ realm: "realm1", authenticators: [() => ({ authid: "guest" })] }).add(rpc, topics);
 * const listener = await listen(app.router); // on a free port of this machine
 *
 * const wamp = await connect(listener.url, { realm: "realm1" });
 * if (await wamp.call("com.example.whoami") !== "guest") throw new Error("unexpected");
 * for await (const { kwargs } of wamp.events("com.example.clock")) {
 *   if (kwargs.seconds === 0) break;
 * }
 *
 * await wamp.close();
 * await listener.close();
 * await app.close();
 * ```
 *
 * @module
 */
export type { AppPrincipal, IdentityProvider, TransportAuthenticator } from "./admission.ts";
export { App, createApp, serveApps } from "./app.ts";
export type { AppOptions } from "./app.ts";
export { AppCall } from "./app_call.ts";
export { AppSession } from "./app_session.ts";
export type { AppSessionHost } from "./app_session.ts";
export type { ArgumentFactory, Parameter } from "./parameters.ts";
export { ProcedureRoutes } from "./procedure_routes.ts";
export type { ProcedureRouteOptions, RouteHandler } from "./procedure_routes.ts";
export type { RouteOptions, RoutePattern } from "./route_table.ts";
export { TopicRoutes } from "./topic_routes.ts";
export type { AppSubscription, TopicHandler } from "./topic_routes.ts";
export { Result } from "../client/result.ts";
export { RemoteError } from "../wire/errors.ts";
