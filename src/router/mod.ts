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
export { anonymousAuthenticator } from "../auth/anonymous.ts";
export type { Authenticator, JoinRequest, JoinStep, Principal } from "../auth/authenticator.ts";
export type { ChannelIds } from "../auth/channel_binding.ts";
export { cryptosignAuthenticator, cryptosignPublicKey } from "../auth/cryptosign.ts";
export { scramCredentials } from "../auth/scram.ts";
export type { KdfCost, ScramCredentials } from "../auth/scram_keys.ts";
export { scramAuthenticator } from "../auth/scram_router.ts";
export type { ScramAuthenticatorOptions, ScramUser } from "../auth/scram_router.ts";
export { ticketAuthenticator } from "../auth/ticket.ts";
export { tlsAuthenticator } from "../auth/tls.ts";
export { deriveCraSecret, wampcraAuthenticator } from "../auth/wampcra.ts";
export type { CraOptions, CraSalting, CraUser } from "../auth/wampcra.ts";
export type { PeerCertificate, PeerInfo } from "../transport/transport.ts";
export type { Action, Authorizer, Decision, SessionInfo } from "./authorization.ts";
export type { SlowSubscribers } from "./broker.ts";
export { memoryCookies } from "./cookies.ts";
export type { CookieKeeper } from "./cookies.ts";
export { memoryHistory } from "./event_history.ts";
export type { HistoryEvent, HistoryOptions, HistoryStore, HistoryTopic } from "./event_history.ts";
export type { TimeoutUnit } from "./features.ts";
export type { HandshakeAnswer, HandshakeRequest } from "./handshake.ts";
export { defaultLimits } from "./limits.ts";
export type { LimitCounts, Limits } from "./limits.ts";
export type { ProcedureAuthentication } from "./procedure_authenticator.ts";
export type { ProcedureAuthorization } from "./procedure_authorizer.ts";
export { openRealm } from "./realm.ts";
export type { MembershipJudge, RealmOptions, RealmStatistics } from "./realm.ts";
export type { RealmsOnDemand } from "./realms.ts";
export { Router } from "./router.ts";
export type { RouterOptions } from "./router.ts";
export type { SessionObserver } from "./session_observer.ts";
