import { anonymous } from "../auth/anonymous.ts";
import type { Auth, AuthMethod, AuthSource, Challenge } from "../auth/method.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import type { Clock } from "../wire/clock.ts";
import { ConnectError, WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import { backoffDelay } from "./backoff.ts";
import { errorText } from "./error_text.ts";
import { joinRealm } from "./joining.ts";
import type { Backoff } from "./options.ts";
import { Session } from "./session.ts";
import type { LeaveInfo, SessionOptions } from "./session_info.ts";

/** What a keeper needs to know. */
export interface KeeperOptions {
  /** What leads to a router, tried in turn. */
  readonly dialers: readonly Dialer[];
  /** The realm to join. */
  readonly realm: string;
  /** Credentials; undefined for none. */
  readonly auth: Auth | undefined;
  /** The serializers to offer, the preferred one first. */
  readonly serializers: readonly Serializer[];
  /** How long an attempt may take, in milliseconds. */
  readonly connectTimeout: number;
  /** How to come back when a session is lost; `false` for not at all. */
  readonly reconnect: false | Backoff;
  /** What the router is told of the program. */
  readonly agent: string;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** What each session is opened with, besides. */
  readonly session: Pick<
    SessionOptions,
    "prefix" | "callTimeout" | "requestTimeout" | "strict" | "errors" | "report" | "slow"
  >;
}

/** Who is told what becomes of a client's sessions. */
export interface KeeperHandler {
  /** A target is tried. */
  trying(): void;
  /** A connection is there. */
  connected(url: string): void;
  /** The router asks for proof. */
  challenged(challenge: Challenge): void;
  /** A session has joined; called inside the delivery of WELCOME. */
  joined(session: Session): void;
  /** A session has ended. */
  ended(session: Session, info: LeaveInfo, url: string): void;
  /** A round over all targets has failed; another follows after a wait if `retry`. */
  failed(error: WampError, retry: boolean): void;
  /** No further attempt will be made. */
  stopped(error: WampError): void;
}

/** How often in a row the same credentials may be refused: what is wrong five times is not a router that is starting up. */
const MAX_REFUSALS = 5;

/** Keeps a session: dials, joins, and does so again when the session is lost. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #handler: KeeperHandler;
  readonly #spent = new WeakSet<AuthMethod>();
  #wanted = false;
  #next = 0;
  #joinedAt = 0;
  #attempt: AbortController | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param options What to dial and how to join.
   * @param handler Who is told.
   */
  constructor(options: KeeperOptions, handler: KeeperHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  /**
   * Starts.
   *
   * @param retry Whether to go on when the first round over all targets fails.
   */
  start(retry: boolean): void {
    if (this.#wanted) return;
    this.#wanted = true;
    void this.#run(retry);
  }

  /** Stops: no further attempt, and none that is under way comes to anything. */
  stop(): void {
    this.#wanted = false;
    this.#attempt?.abort(new WampError("closed", "The client was closed"));
    this.#wake?.();
  }

  async #run(retry: boolean): Promise<void> {
    const { reconnect, clock, random } = this.#options;
    let failures = 0;
    let refusals = 0;
    while (this.#wanted) {
      const outcome = await this.#round(failures === 0);
      if (!this.#wanted) return;
      const goesOn = outcome instanceof WampError ? retry : true;
      refusals = WampError.is(outcome, "authentication_failed") ? refusals + 1 : 0;
      const final = WampError.is(outcome, "credential_spent") ||
        (refusals === MAX_REFUSALS && typeof this.#options.auth !== "function");
      if (outcome instanceof WampError) this.#handler.failed(outcome, goesOn && !final && reconnect !== false);
      if (final || !goesOn || reconnect === false) {
        this.#wanted = false;
        return this.#handler.stopped(
          outcome instanceof WampError ? outcome : new WampError("connection_lost", describeEnd(outcome)),
        );
      }
      retry = true;
      // Sessions that are lost as soon as they are had count as failures.
      const delay = backoffDelay(reconnect, failures, random);
      const lasted = !(outcome instanceof WampError) &&
        clock.now() - this.#joinedAt > (reconnect.maxDelay ?? 30_000);
      failures = lasted ? 0 : failures + 1;
      await this.#sleep(lasted ? backoffDelay(reconnect, 0, random) : delay);
    }
  }

  /**
   * Tries every target once; when one works, waits until its session has ended.
   *
   * @param explain Whether to find out why one does not work, also where that takes further requests.
   */
  async #round(explain: boolean): Promise<LeaveInfo | WampError> {
    const { dialers } = this.#options;
    const errors: WampError[] = [];
    for (let tried = 0; tried < dialers.length && this.#wanted; tried++) {
      const dialer = dialers[this.#next % dialers.length] as Dialer;
      this.#handler.trying();
      try {
        return await this.#hold(dialer, explain);
      } catch (error) {
        const failure = asWampError(error, dialer.url);
        if (failure.code === "credential_spent") return failure;
        errors.push(failure);
        this.#next += 1;
      }
    }
    return summary(errors);
  }

  /** Opens a session and waits until it has ended. */
  async #hold(dialer: Dialer, explain: boolean): Promise<LeaveInfo> {
    const { promise: ended, resolve: end } = Promise.withResolvers<LeaveInfo>();
    await this.#within(dialer.url, (signal) => this.#join(dialer, signal, explain, end));
    return await ended;
  }

  async #join(
    dialer: Dialer,
    signal: AbortSignal,
    explain: boolean,
    end: (info: LeaveInfo) => void,
  ): Promise<Session> {
    const { realm, agent, clock, serializers, session } = this.#options;
    const methods = await this.#credentials();
    const authextra = await authextraOf(methods);
    signal.throwIfAborted();
    const connection = await dial(dialer, { serializers, signal, clock, explain });
    this.#handler.connected(dialer.url);
    return await joinRealm({
      connection,
      url: dialer.url,
      realm,
      methods,
      authextra,
      agent,
      signal,
      challenged: (challenge) => this.#handler.challenged(challenge),
      answered: (method) => {
        if (method.once === true) this.#spent.add(method);
      },
    }, (welcome) => {
      const joined = new Session(welcome, {
        ...session,
        connection,
        clock,
        realm,
        ended: (session, info) => {
          this.#handler.ended(session, info, dialer.url);
          end(info);
        },
      });
      // From here on it is the session that ends, with GOODBYE, not the attempt.
      this.#attempt = undefined;
      this.#joinedAt = clock.now();
      this.#handler.joined(joined);
      return joined;
    });
  }

  async #credentials(): Promise<readonly AuthMethod[]> {
    const { auth = anonymous() } = this.#options;
    const source = typeof auth === "function" ? await ask(auth) : auth;
    const methods: readonly AuthMethod[] = Array.isArray(source) ? source : [source as AuthMethod];
    const left = methods.filter((method) => !this.#spent.has(method));
    if (methods.length > 0 && left.length === 0) {
      throw new WampError(
        "credential_spent",
        "The credential was good for one session and has been used; make a client with a new one, or give auth as a function that makes one",
      );
    }
    return left;
  }

  /** Runs an attempt under the connect deadline, and leaves nothing of it behind. */
  async #within(url: string, attempt: (signal: AbortSignal) => Promise<Session>): Promise<Session> {
    const { clock, connectTimeout } = this.#options;
    const controller = new AbortController();
    const { signal } = controller;
    const timer = clock.timer(connectTimeout, () => {
      const message =
        `No session at ${url} within ${connectTimeout} ms; is it reachable? Raise the option connectTimeout if it is slow`;
      controller.abort(new ConnectError("connect_timeout", message, { url }));
    });
    this.#attempt = controller;
    try {
      return await new Promise<Session>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        attempt(signal).then((session) => {
          if (signal.aborted) void session.leave();
          resolve(session);
        }, reject);
      });
    } finally {
      timer.cancel();
      this.#attempt = undefined;
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.timer(milliseconds, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

async function ask(auth: () => AuthSource | Promise<AuthSource>): Promise<AuthSource> {
  try {
    return await auth();
  } catch (cause) {
    throw new WampError("authentication_failed", `The function given as auth failed: ${errorText(cause)}`, { cause });
  }
}

async function authextraOf(methods: readonly AuthMethod[]): Promise<Dict> {
  const extras = methods.map(async ({ method, authextra }) => {
    try {
      return typeof authextra === "function" ? await authextra() : authextra;
    } catch (cause) {
      throw new WampError("authentication_failed", `Cannot join by "${method}": ${errorText(cause)}`, { cause });
    }
  });
  return Object.assign({}, ...await Promise.all(extras));
}

// A dialer that pays no heed to the signal must not leave a connection open.
async function dial(dialer: Dialer, request: Parameters<Dialer["dial"]>[0]): Promise<Connection> {
  const connection = await dialer.dial(request);
  if (request.signal.aborted) {
    connection.terminate();
    throw request.signal.reason;
  }
  return connection;
}

function asWampError(error: unknown, url: string): WampError {
  if (error instanceof WampError) return error;
  return new ConnectError("connection_failed", `Cannot connect to ${url}: ${errorText(error)}`, { url, cause: error });
}

function summary(errors: readonly WampError[]): WampError {
  const [first] = errors;
  if (first === undefined) return new WampError("closed", "The client was closed");
  if (errors.length === 1) return first;
  const code = errors.every((error) => error.code === first.code) ? first.code : "connection_failed";
  const text = errors.map((error) => error.message).join("; ");
  const cause = new AggregateError(errors, text);
  return new ConnectError(code, `None of ${errors.length} routers could be joined: ${text}`, {
    url: errors.map((error) => error instanceof ConnectError ? error.url : "").join(", "),
    cause,
  });
}

function describeEnd({ cause, reason, message }: LeaveInfo): string {
  const said = [reason, message].filter((text) => text !== "").join(", ");
  return `The session ended (${cause}${said === "" ? "" : `: ${said}`})`;
}
