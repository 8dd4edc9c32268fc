import type { JoinRequest, JoinStep, Principal } from "../auth/authenticator.ts";
import { direct } from "../codec/direct.ts";
import type { Head } from "../codec/head.ts";
import type { Connection, ConnectionHandler } from "../transport/connection.ts";
import type { CloseInfo } from "../transport/transport.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { ProtocolViolation } from "../wire/errors.ts";
import type { Roles } from "../wire/features.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import { validateOptions } from "../wire/options_validation.ts";
import { emptyDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import type { Announcements } from "./announcements.ts";
import { isPromise } from "./authorization.ts";
import type { SessionInfo } from "./authorization.ts";
import type { CookieKeeper } from "./cookies.ts";
import { checkedStep, joinFailure } from "./join_step.ts";
import type { CountedLimits } from "./limits.ts";
import { memoryOf } from "./memory_of.ts";
import type { Realm } from "./realm.ts";

/** Who is told how an attempt to join ends. */
export interface JoinOwner {
  /** Whether every realm is strict, so that a client is held to the protocol before it has named one. */
  readonly strict: boolean;
  /** Knows browsers again by a cookie, where that is wanted. */
  readonly cookies: CookieKeeper | undefined;
  /** What clients have announced. */
  readonly announcements: Announcements;
  /** Why others could not be told of it, each in their serializer, if they could not. */
  unsayable(details: Dict): Error | undefined;
  /** The realm of a name, if there is one. */
  realm(name: string): Realm | undefined;
  /** Why there may not be another session, if there may not. */
  refusal(connection: Connection): string | undefined;
  /** The client joins; tells whether the realm could be opened for it. */
  joined(realm: Realm, connection: Connection, info: SessionInfo): boolean;
  /** There will be no session, and the connection is to be closed. */
  dismissed(connection: Connection, code: number, reason: string): void;
  /** The connection is gone. */
  ended(connection: Connection): void;
  /** An authenticator failed. */
  failed(error: unknown): void;
}

/** Method names that clients may offer without a router knowing them; any other is a mistake of the client. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "anonymous",
  "cookie",
  "cryptosign",
  "scram",
  "ticket",
  "tls",
  "wamp-scram",
  "wampcra",
]);

/** As many characters are told of why an authextra was not taken: where in it that stands may take many. */
const MOST_SAID = 1_000;
/** How many times `joinSize` an authextra may take in memory. */
const DECODED = 2;

/** A HELLO that is being judged. */
interface Attempt {
  /** The realm that it asks for, if there is one. */
  readonly realm: Realm | undefined;
  readonly request: JoinRequest;
  /** The methods that it offers. */
  readonly offered: readonly string[];
  /** How many of them have been passed over. */
  readonly passed: number;
  /** The method that is being tried. */
  readonly method: string;
}

type Challenge = Extract<JoinStep, { next: "challenge" }>;

/**
 * The way of one connection from HELLO to WELCOME, over as many challenges as its authenticator wants.
 *
 * @see WAMP basic profile, "Session Establishment"; advanced profile, "Authentication Methods"
 */
export class Join implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #owner: JoinOwner;
  readonly #clock: Clock;
  readonly #limits: CountedLimits;
  readonly #principal: Principal | undefined;
  #attempt: Attempt | undefined;
  #challenge: Challenge | undefined;
  #asking = false;
  #next: Head | undefined;
  #ignored: string | undefined;
  #failures = 0;
  #timer: Timer | undefined;
  #over = false;

  /**
   * @param connection The connection.
   * @param owner Who is told how it ends.
   * @param clock Where time comes from.
   * @param limits How long and how often the client may try.
   * @param principal Who it is, where that is known without asking.
   */
  constructor(connection: Connection, owner: JoinOwner, clock: Clock, limits: CountedLimits, principal?: Principal) {
    this.#connection = connection;
    this.#owner = owner;
    this.#clock = clock;
    this.#limits = limits;
    this.#principal = principal;
  }

  /** Begins: waits for HELLO. */
  start(): void {
    this.#wait();
    this.#connection.start(this);
  }

  /**
   * Gives up.
   *
   * @param reason The URI of the ABORT.
   * @param message What to say of it.
   * @param code The WebSocket close code.
   */
  abort(reason: string, message: string, code: number): void {
    if (this.#over) return;
    this.#connection.send([MessageType.ABORT, { message }, reason]);
    this.#end();
    this.#owner.dismissed(this.#connection, code, reason);
  }

  /** Takes a message. */
  message(head: Head): void {
    if (this.#over) return;
    try {
      this.#take(head);
    } catch (error) {
      if (error instanceof ProtocolViolation) return this.violation(error);
      this.#fail(error);
    }
  }

  /** Takes something that is not a message. */
  violation(error: ProtocolViolation): void {
    if (error.limit !== undefined) this.#limits.reached(error.limit);
    this.abort(ErrorUri.protocolViolation, error.message, 1002);
  }

  /** The queue has drained. */
  drained(): void {}

  /** The connection is gone. */
  closed({ tooLarge = false }: CloseInfo): void {
    if (tooLarge) this.#limits.reached("messageSize");
    this.#end();
    this.#owner.ended(this.#connection);
  }

  #take(head: Head): void {
    if (head.type === MessageType.HELLO || head.type === MessageType.AUTHENTICATE) this.#measure(head);
    if (head.type === MessageType.HELLO) return this.#hello(head);
    if (head.type === MessageType.AUTHENTICATE) return this.#authenticate(head);
    if (head.type === MessageType.ABORT) {
      this.#end();
      return this.#owner.dismissed(this.#connection, 1000, head.uri);
    }
    // Nexus ignores these; a client may have sent them behind a GOODBYE whose answer it has not read.
    if (!(this.#attempt?.realm?.strict ?? this.#owner.strict)) {
      this.#ignored = messageName(head.type);
      return;
    }
    throw new ProtocolViolation(`Cannot take ${messageName(head.type)} before WELCOME`);
  }

  #measure(head: Head): void {
    const { joinSize } = this.#limits;
    if (head.size <= joinSize) return;
    this.#limits.reached("joinSize");
    throw new ProtocolViolation(
      `Cannot take ${messageName(head.type)} of ${head.size} bytes: the limit before WELCOME is ${joinSize}`,
    );
  }

  // It is kept for as long as the session, and told to others.
  #weigh(authextra: Dict | undefined): void {
    if (authextra === undefined || this.#connection.serializer === direct) return;
    const limit = DECODED * this.#limits.joinSize;
    if (memoryOf(authextra) > limit) {
      this.#limits.reached("joinSize");
      throw new ProtocolViolation(
        `Cannot take HELLO with an authextra that takes more than ${limit} bytes of memory: say less in it`,
      );
    }
    const why = this.#owner.unsayable({ authextra })?.message.slice(0, MOST_SAID);
    if (why === undefined) return;
    throw new ProtocolViolation(`Cannot take HELLO with an authextra that others cannot be told of: ${why}`);
  }

  /** The program that it says it is; of one whose name others cannot be told none. */
  #agentOf({ agent }: Dict): string | undefined {
    return typeof agent === "string" && this.#owner.unsayable({ agent }) === undefined ? agent : undefined;
  }

  #hello(head: Head): void {
    if ((this.#attempt !== undefined || this.#next !== undefined) && !this.#mayTryOn()) {
      return this.abort(ErrorUri.notAuthorized, "HELLO was said too often", 1008);
    }
    this.#forget();
    // One login at a time: deriving a key is what a stranger could keep a router busy with.
    if (this.#asking) this.#next = head;
    else this.#judge(head);
  }

  #judge(head: Head): void {
    const details = head.options;
    validateOptions(head);
    this.#weigh(details.authextra as Dict | undefined);
    const realm = this.#owner.realm(head.uri);
    const request: JoinRequest = {
      realm: head.uri,
      session: realm?.newSessionId() ?? 0,
      authid: details.authid as string | undefined,
      authextra: (details.authextra ?? emptyDict) as Dict,
      roles: details.roles as Roles,
      agent: this.#agentOf(details),
      peer: this.#connection.peer,
    };
    const methods = (details.authmethods ?? []) as string[];
    const offered = methods.length > 0 ? methods : ["anonymous"];
    const attempt: Attempt = { realm, request, offered, passed: 0, method: "local" };
    if (this.#principal !== undefined) {
      return this.#step(attempt, { next: "accept", principal: this.#principal });
    }
    const cookie = this.#cookie();
    if (cookie === undefined) return this.#try(attempt);
    const { keeper, value } = cookie;
    if (offered.includes("cookie")) {
      return this.#follow({ ...attempt, method: "cookie" }, () => keeper.recall(value, request));
    }
    keeper.forget(value);
    this.#try(attempt);
  }

  #cookie(): { readonly keeper: CookieKeeper; readonly value: string } | undefined {
    const keeper = this.#owner.cookies;
    const value = keeper === undefined ? undefined : this.#connection.peer.cookies?.[keeper.name];
    return keeper === undefined || value === undefined ? undefined : { keeper, value };
  }

  #authenticate(head: Head): void {
    const attempt = this.#attempt;
    const challenge = this.#challenge;
    if (attempt === undefined || challenge === undefined) {
      return this.#refuse(ErrorUri.notAuthorized, "no pending authentication");
    }
    this.#challenge = undefined;
    this.#follow(attempt, () => challenge.answered(head.uri, head.options));
  }

  /** Tries the next method of the client's that the realm has, or refuses. */
  #try(attempt: Attempt): void {
    const { realm, request, offered } = attempt;
    if (realm === undefined) return this.#refuseRealm(request.realm);
    for (let passed = attempt.passed; passed < offered.length;) {
      const method = offered[passed++]!;
      const authenticator = realm.authenticators.get(method);
      if (authenticator !== undefined) {
        return this.#follow({ ...attempt, passed, method }, () => authenticator.begin(request));
      }
      if (realm.strict || KNOWN_METHODS.has(method)) continue;
      return this.#refuse(ErrorUri.notAuthorized, `invalid authmethod "${method.slice(0, 200)}"`);
    }
    const names = offered.map((method) => `'${method}'`).join(", ").slice(0, 1_000);
    this.#refuse(
      realm.strict ? ErrorUri.noMatchingAuthMethod : ErrorUri.noAuthMethod,
      `cannot authenticate using any of the offered authmethods [${names}]`,
    );
  }

  /** Goes on with what an authenticator says, now or later; a new HELLO in the meantime makes it void. */
  #follow(attempt: Attempt, ask: () => JoinStep | Promise<JoinStep>): void {
    this.#attempt = attempt;
    let step: JoinStep | Promise<JoinStep>;
    try {
      step = ask();
      if (!isPromise(step)) return this.#step(attempt, step);
    } catch (error) {
      return this.#fail(joinFailure(attempt.request, attempt.method, error));
    }
    this.#asking = true;
    Promise.resolve(step)
      .finally(() => this.#asking = false)
      .then((step) => this.#attempt === attempt ? this.#step(attempt, step) : this.#turn())
      .catch((error) =>
        this.#attempt === attempt ? this.#fail(joinFailure(attempt.request, attempt.method, error)) : this.#turn()
      );
  }

  /** Takes the HELLO that had to wait. */
  #turn(): void {
    const head = this.#next;
    this.#next = undefined;
    if (head !== undefined) this.message(head);
  }

  #step(attempt: Attempt, answer: JoinStep): void {
    const step = checkedStep(answer);
    if (step.next === "pass") return this.#try(attempt);
    if (step.next === "accept") return this.#welcome(attempt, step.principal, step.realm);
    if (step.next === "deny") return this.#refuse(step.reason, step.message);
    this.#challenge = step;
    this.#connection.send([MessageType.CHALLENGE, attempt.method, step.extra]);
  }

  #welcome({ realm: asked, request, method }: Attempt, principal: Principal, other: string | undefined): void {
    const realm = other === undefined ? asked : this.#owner.realm(other);
    if (realm === undefined) return this.#refuseRealm(other ?? request.realm);
    const refusal = this.#owner.refusal(this.#connection);
    if (refusal !== undefined) return this.#refuse(ErrorUri.unavailable, refusal);
    const { authid, authrole, authprovider, authmethod = method, authextra = emptyDict } = principal;
    const hasJoined = this.#owner.joined(realm, this.#connection, {
      id: realm === asked ? request.session : realm.newSessionId(),
      authid,
      authrole,
      authmethod,
      authprovider,
      authextra,
      peer: request.peer,
      roles: this.#owner.announcements.shared(request.roles),
      realm: realm.name,
    });
    if (!hasJoined) return this.#refuseRealm(realm.name);
    this.#end();
  }

  #refuseRealm(name: string): void {
    this.#refuse(ErrorUri.noSuchRealm, `no realm "${name.slice(0, 200)}" exists on this router`);
  }

  /** Refuses this attempt; the client may try again on the same connection. */
  #refuse(reason: string, message: string): void {
    this.#forget();
    if (!this.#mayTryOn()) return this.abort(reason, message, 1008);
    this.#connection.send([MessageType.ABORT, { message }, reason]);
    this.#wait();
  }

  #mayTryOn(): boolean {
    if (++this.#failures < this.#limits.joinAttempts) return true;
    this.#limits.reached("joinAttempts");
    return false;
  }

  #fail(error: unknown): void {
    this.#owner.failed(error);
    this.#refuse(ErrorUri.authenticationFailed, "the authentication failed for a reason of the router's own");
  }

  #wait(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.timer(this.#limits.joinTimeout, () => {
      this.#limits.reached("joinTimeout");
      this.abort(ErrorUri.timeout, `${this.#missing()} within ${this.#limits.joinTimeout} ms`, 1008);
    }, { background: true });
  }

  #missing(): string {
    if (this.#asking) return "the authentication did not end";
    if (this.#challenge !== undefined) return "no AUTHENTICATE came";
    return this.#ignored === undefined ? "no HELLO came" : `no HELLO came, only ${this.#ignored}, which was ignored,`;
  }

  #forget(): void {
    this.#attempt = undefined;
    this.#challenge = undefined;
    this.#next = undefined;
  }

  #end(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#forget();
  }
}
