import type { Principal } from "../auth/authenticator.ts";
import type { Serializer } from "../codec/serializer.ts";
import { cbor, json, msgpack, negotiate } from "../codec/mod.ts";
import type { Agreement } from "../codec/negotiation.ts";
import type { Connection } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import * as CloseUri from "../wire/close_uri.ts";
import { callable, checkOption } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import { Announcements } from "./announcements.ts";
import type { SessionInfo } from "./authorization.ts";
import { Census } from "./census.ts";
import { Closing } from "./closing.ts";
import { parseCookies } from "./cookies.ts";
import type { CookieKeeper } from "./cookies.ts";
import type { HandshakeAnswer, HandshakeRequest } from "./handshake.ts";
import { Join } from "./join.ts";
import type { JoinOwner } from "./join.ts";
import { counted, limitsOf } from "./limits.ts";
import type { CountedLimits, LimitCounts, Limits, MutableCounts } from "./limits.ts";
import { localDialer } from "./local.ts";
import type { Realm } from "./realm.ts";
import type { MembershipJudge, RealmOptions, RealmStatistics } from "./realm.ts";
import { Rates } from "./rate.ts";
import { checkEnd } from "./reason.ts";
import { Realms } from "./realms.ts";
import type { RealmsOnDemand } from "./realms.ts";
import { reportTo } from "./report_to.ts";
import { checkRouterOptions } from "./router_options.ts";
import { RouterSession } from "./router_session.ts";
import { unsayable } from "./sayable.ts";
import type { SessionOwner } from "./session_owner.ts";

/** What a router is made of. */
export interface RouterOptions {
  /** Its realms; nothing crosses from one to another. */
  readonly realms: readonly RealmOptions[];
  /**
   * Whether a client may ask for a realm that is not among them, and what that is (default: it may not). Such a realm is there as long as it has sessions;
   * its retained events go with the last one.
   */
  readonly onDemand?: RealmsOnDemand;
  /** What sessions may have, where it is not the default. */
  readonly limits?: Partial<Limits>;
  /** Knows browsers again by a cookie, so that `cookie` is a method of every realm (default none); mind the listener's check of Origin. */
  readonly cookies?: CookieKeeper;
  /** The serializers that it speaks (default all of them); `createCodec({ backend }).serializers` from `./codec` forces one half of the codec. */
  readonly serializers?: readonly Serializer[];
  /** What WELCOME calls it (default `"@izaber/wamp"`). */
  readonly agent?: string;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock;
  /** Where randomness comes from (default the runtime's). */
  readonly random?: Random;
  /** Told when an authenticator, an authorizer or the router itself fails (default: nobody; the client gets an error either way). */
  readonly onError?: (error: unknown) => void;
}

/** What the router has made of a connection for now: somebody who joins, a session, or nothing but the end of it. */
type Occupant = Join | RouterSession | Closing;

/** What tells whether a session may keep what it has. */
const judgeRule = callable("(action, uri) => boolean");
/** The WebSocket close code of a violation of the protocol. */
const VIOLATION = 1002;

type Agreed = Exclude<HandshakeAnswer, { readonly refused: string }>;

/**
 * A WAMP router: broker and dealer for any number of realms. It opens no socket; it is handed connections, or clients of the same process come to it.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const client = await connect(router.local(), { realm: "realm1" });
 * await client.register("com.example.add", ([a, b]) => Number(a) + Number(b));
 * if (await client.call("com.example.add", [1, 2]) !== 3) throw new Error("unexpected");
 * await client.close();
 * await router.close();
 * ```
 */
export class Router implements AsyncDisposable {
  readonly #realms: Realms;
  readonly #serializers: readonly Serializer[];
  readonly #strict: boolean;
  readonly #limits: CountedLimits;
  readonly #counts: MutableCounts = {};
  readonly #census: Census;
  readonly #announcements: Announcements = new Announcements();
  #violations = 0;
  readonly #cookies: CookieKeeper | undefined;
  /** The cookies of connections whose own handshake handed the keeper's out: the very objects of their peers, which nobody can send. */
  readonly #handedOut: WeakSet<object> = new WeakSet();
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #occupants: Map<Connection, Occupant> = new Map();
  /** The owner of all who have to authenticate: one, since there may be many thousands of them. */
  readonly #ofStrangers: JoinOwner & SessionOwner;
  #closing: PromiseWithResolvers<void> | undefined;

  /**
   * @param options Its realms and how it behaves.
   * @throws {WampError} `invalid_argument` when there is no such option or its value is wrong, of a realm, too, or two realms have the same name.
   */
  constructor(options: RouterOptions) {
    checkRouterOptions(options);
    const { realms, onDemand, limits, serializers, clock = systemClock, random = systemRandom, onError } = options;
    const { agent = "@izaber/wamp" } = options;
    this.#limits = counted(limitsOf(limits), this.#counts);
    this.#census = new Census(this.#limits);
    this.#serializers = serializers ?? [msgpack, cbor, json];
    this.#cookies = options.cookies;
    this.#clock = clock;
    this.#onError = reportTo(onError);
    this.#realms = new Realms({
      realms,
      onDemand,
      limits: this.#limits,
      clock,
      random,
      census: this.#census,
      rates: new Rates(clock, this.#limits.messagesPerSecond),
      agent,
    });
    this.#strict = onDemand === undefined && realms.every((realm) => realm.strict === true);
    this.#ofStrangers = this.#ownerFor(undefined);
  }

  /** The names of its realms: of those that are always there, and of those that clients have asked for and are in. */
  get realms(): readonly string[] {
    return this.#realms.names;
  }

  /** How many sessions, and attempts to join, it has ended for what was not WAMP: malformed, too deep or too large, out of turn. */
  get violations(): number {
    return this.#violations;
  }

  /** The WebSocket subprotocols that it speaks. */
  get subprotocols(): readonly string[] {
    return this.#serializers.flatMap((serializer) => [serializer.batchedSubprotocol, serializer.subprotocol]);
  }

  /**
   * Decides on a client before its connection is upgraded.
   *
   * @param request What the client asked for.
   * @returns The subprotocol and its serializer, or why there is none.
   *
   * @see WAMP basic profile, "WebSocket Transport"
   */
  handshake(request: HandshakeRequest): HandshakeAnswer {
    if (this.#closing !== undefined) return { refused: "This router is shutting down.", status: 503 };
    const agreement = negotiate(request.protocols, this.#serializers);
    if (agreement !== undefined) return this.#agreed(agreement, request);
    const offered = request.protocols.length === 0 ? "none" : request.protocols.join(", ").slice(0, 200);
    return {
      refused: `None of the WebSocket subprotocols offered (${offered}) is spoken here: offer one of ${
        this.subprotocols.join(", ")
      }.`,
      status: 400,
    };
  }

  /**
   * Takes a connection; from then on the router talks to it.
   *
   * @param connection The connection, not started yet.
   * @param options `principal`: who it is, where that is known already; it then joins without authentication (default: it has to authenticate).
   */
  accept(connection: Connection, options: { readonly principal?: Principal } = {}): void {
    this.#join(connection, options.principal);
  }

  /**
   * Makes a dialer for clients in the same process.
   *
   * @param principal Who such a client is; it joins without authentication (default: it joins as any stranger).
   * @returns What to hand to `connect` or `createClient`.
   */
  local(principal?: Principal): Dialer {
    return localDialer((connection, who) => this.#join(connection, who), principal);
  }

  /**
   * Ends a session with ABORT and drops its connection.
   *
   * @param realm The name of its realm.
   * @param session Its id.
   * @param reason Why, a URI.
   * @param message What to say of it.
   * @returns Whether there was such a session.
   * @throws {WampError} `invalid_argument` when the reason is no URI, or the message no text.
   */
  abort(realm: string, session: number, reason: string, message: string): boolean {
    checkEnd(reason, message);
    const found = this.#realms.get(realm)?.session(session);
    found?.abort(reason, message, 1008);
    return found !== undefined;
  }

  /**
   * Ends a session with GOODBYE.
   *
   * @param realm The name of its realm.
   * @param session Its id.
   * @param reason Why, a URI.
   * @param message What to say of it.
   * @returns Whether there was such a session; one that serves the realm for the router itself cannot be ended so.
   * @throws {WampError} `invalid_argument` when the reason is no URI, or the message no text.
   */
  kill(realm: string, session: number, reason: string, message: string): boolean {
    checkEnd(reason, message);
    const found = this.#realms.get(realm)?.session(session);
    if (found === undefined || found.isTrusted) return false;
    found.goodbye(reason, { message });
    found.killed();
    return true;
  }

  /**
   * Judges anew what a session has registered and subscribed to, for when what it may do has changed: authorizers are asked once, and what was allowed
   * stays. What the session may not have any more is revoked, and it is told so where it understands that.
   *
   * @param realm The name of its realm.
   * @param session Its id.
   * @param permits Tells whether it may still have something.
   * @returns Whether there was such a session.
   * @throws {WampError} `invalid_argument` when `permits` is no function.
   *
   * @see WAMP advanced profile, "Registration Revocation", "Subscription Revocation"
   */
  review(realm: string, session: number, permits: MembershipJudge): boolean {
    checkOption("Cannot review a session", "permits", permits, judgeRule);
    const found = this.#realms.get(realm);
    const member = found?.session(session);
    if (member !== undefined) found!.review(member, permits);
    return member !== undefined;
  }

  /**
   * Counts what there is in a realm.
   *
   * @param realm The name of the realm.
   * @returns The counts, or undefined when there is no such realm.
   */
  statistics(realm: string): RealmStatistics | undefined {
    return this.#realms.get(realm)?.statistics();
  }

  /**
   * Tells how often each limit has kept something from being done; `messageSize` is that of its listeners, `depth` that of its serializers.
   *
   * @returns The counts by limit; what is not there was never reached.
   */
  reached(): LimitCounts {
    return { ...this.#counts };
  }

  /**
   * Says GOODBYE to every session and closes all connections; none is taken any more.
   *
   * @returns When the last connection is gone.
   */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.promise;
    this.#closing = Promise.withResolvers();
    const occupants = [...this.#occupants];
    for (const [, occupant] of occupants) {
      if (occupant instanceof Join) this.#turnAway(occupant);
      else if (occupant instanceof RouterSession) occupant.goodbye(CloseUri.systemShutdown);
    }
    // Only now, so that nobody hears of the others' leaving.
    for (const [connection, occupant] of occupants) {
      if (!(occupant instanceof RouterSession)) continue;
      occupant.leave();
      this.#closingOf(connection).afterGoodbye();
    }
    this.#realms.close();
    this.#settleClose();
    return this.#closing.promise;
  }

  /** Closes the router. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #join(connection: Connection, principal: Principal | undefined): void {
    const owner = principal === undefined ? this.#ofStrangers : this.#ownerFor(principal);
    const join = new Join(connection, owner, this.#clock, this.#limits, principal);
    this.#occupants.set(connection, join);
    join.start();
    if (this.#closing !== undefined) this.#turnAway(join);
  }

  #ownerFor(principal: Principal | undefined): JoinOwner & SessionOwner {
    const owner: JoinOwner & SessionOwner = {
      strict: this.#strict,
      cookies: this.#cookies,
      announcements: this.#announcements,
      unsayable: (details) => unsayable(details, this.#serializers),
      // The sessions of this process are its own affair.
      refusal: ({ peer }) => principal === undefined ? this.#census.refusal(peer) : undefined,
      realm: (name) => this.#opened(() => this.#realms.find(name)),
      joined: (realm, connection, info) => this.#begin(realm, connection, info, owner),
      parted: (connection) => this.#parted(connection, principal),
      loggedOut: (connection) => this.#loggedOut(connection),
      killed: (connection) => this.#closingOf(connection).afterGoodbye(() => this.#parted(connection, principal)),
      dismissed: (connection, code, reason) => {
        if (code === VIOLATION) this.#violations++;
        this.#closingOf(connection).now(code, reason);
      },
      ended: (connection) => this.#ended(connection),
      failed: this.#onError,
    };
    return owner;
  }

  /** Gives a realm; one that cannot be opened is not there for clients. */
  #opened<R extends Realm | undefined>(open: () => R): R | undefined {
    try {
      return open();
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  #begin(found: Realm, connection: Connection, asked: SessionInfo, owner: SessionOwner): boolean {
    const { authid, authrole, authmethod, authprovider, authextra } = asked;
    const error = unsayable({ authid, authrole, authmethod, authprovider, authextra }, this.#serializers);
    if (error !== undefined) throw error;
    const realm = this.#opened(() => this.#realms.enter(found));
    if (realm === undefined) return false;
    const info = realm === found ? asked : { ...asked, id: realm.newSessionId() };
    const session = new RouterSession(realm, connection, info, owner);
    const join = this.#occupants.get(connection)!;
    this.#occupants.set(connection, session);
    try {
      session.start();
    } catch (error) {
      this.#occupants.set(connection, join);
      this.#realms.release(realm);
      throw error;
    }
    // An observer may have ended it.
    if (this.#occupants.get(connection) === session) {
      const isNew = this.#handedOut.has(connection.peer.cookies!);
      this.#keep((cookies, value) => cookies.remember(value, info, isNew), connection);
    }
    return true;
  }

  #parted(connection: Connection, principal: Principal | undefined): void {
    if (this.#closing === undefined) this.#join(connection, principal);
    else this.#closingOf(connection).now(1001, CloseUri.systemShutdown);
  }

  #agreed(agreement: Agreement, request: HandshakeRequest): HandshakeAnswer {
    try {
      return { ...agreement, ...this.#cookiesOf(request) };
    } catch (error) {
      this.#onError(error);
      return { refused: "This router cannot tell who you are: what keeps its cookies failed.", status: 500 };
    }
  }

  #cookiesOf({ headers }: HandshakeRequest): Pick<Agreed, "headers" | "cookies"> {
    const cookies = parseCookies(headers.cookie);
    if (this.#cookies === undefined) return { headers: {}, cookies };
    const { name } = this.#cookies;
    const { value, setCookie } = this.#cookies.handshake(cookies[name]);
    const all = { ...cookies, [name]: value };
    if (setCookie === undefined) return { headers: {}, cookies: all };
    this.#handedOut.add(all);
    return { headers: { "set-cookie": setCookie }, cookies: all };
  }

  /** Has the keeper of cookies do something; should that fail, what is under way goes on. */
  #keep(act: (cookies: CookieKeeper, value: string) => void, connection: Connection): void {
    const value = this.#cookieOf(connection);
    if (value === undefined || this.#cookies === undefined) return;
    try {
      act(this.#cookies, value);
    } catch (error) {
      this.#onError(error);
    }
  }

  #cookieOf(connection: Connection): string | undefined {
    return this.#cookies === undefined ? undefined : connection.peer.cookies?.[this.#cookies.name];
  }

  #loggedOut(connection: Connection): void {
    const cookie = this.#cookieOf(connection);
    if (cookie === undefined) return;
    this.#keep((cookies, value) => cookies.forget(value), connection);
    const others = [...this.#occupants.values()]
      .filter((occupant) => occupant instanceof RouterSession)
      .filter((session) => session.connection !== connection && this.#cookieOf(session.connection) === cookie);
    for (const session of others) session.goodbye(CloseUri.logout);
    for (const session of others) session.killed();
  }

  #turnAway(join: Join): void {
    join.abort(CloseUri.systemShutdown, "this router is shutting down", 1001);
  }

  #closingOf(connection: Connection): Closing {
    const closing = new Closing(connection, this.#clock, this.#limits.goodbyeTimeout, () => this.#ended(connection));
    this.#occupants.set(connection, closing);
    return closing;
  }

  #ended(connection: Connection): void {
    this.#occupants.delete(connection);
    this.#settleClose();
  }

  #settleClose(): void {
    if (this.#occupants.size === 0) this.#closing?.resolve();
  }
}
