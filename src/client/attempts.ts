import { anonymous } from "../auth/anonymous.ts";
import type { Auth, AuthMethod, AuthSource, Challenge } from "../auth/method.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import type { Clock } from "../wire/clock.ts";
import { ConnectError, WampError } from "../wire/errors.ts";
import type { Dict } from "../wire/values.ts";
import { whenAborted } from "./aborting.ts";
import { errorText } from "./error_text.ts";
import { joinRealm } from "./joining.ts";
import type { Join } from "./joining.ts";
import { KeptConnection } from "./kept_connection.ts";
import { checkAuth } from "./options.ts";
import { Session } from "./session.ts";
import type { LeaveInfo, SessionOptions } from "./session_info.ts";

/** What an attempt to join needs to know. */
export interface AttemptOptions {
  /** What leads to a router, the preferred ones first; or a function that is asked for it before each round. */
  readonly dialers: readonly Dialer[] | (() => Promise<readonly Dialer[]>);
  /** The realm to join. */
  readonly realm: string;
  /** The serializers to offer, the preferred one first. */
  readonly serializers: readonly Serializer[];
  /** How long an attempt may take, in milliseconds. */
  readonly connectTimeout: number;
  /** What the router is told of the program. */
  readonly agent: string;
  /** Where time comes from. */
  readonly clock: Clock;
  /** What each session is opened with, besides. */
  readonly session: Pick<
    SessionOptions,
    "prefix" | "callTimeout" | "requestTimeout" | "strict" | "errors" | "trace" | "report" | "slow"
  >;
}

/** Who is told what becomes of attempts and sessions. */
export interface AttemptHandler {
  /** A connection is there. */
  connected(url: string): void;
  /** The router asks for proof. */
  challenged(challenge: Challenge): void;
  /** A session has joined; called inside the delivery of WELCOME. */
  joined(session: Session, connection: Connection): void;
  /** A session has ended. */
  ended(session: Session, info: LeaveInfo): void;
  /** A connection has ended. */
  disconnected(url: string): void;
}

/** A session that has joined. */
export interface Held {
  /** The session. */
  readonly session: Session;
  /** What led to it. */
  readonly dialer: Dialer;
  /** When it joined. */
  readonly since: number;
  /** Resolves when the session has ended. */
  readonly ended: Promise<LeaveInfo>;
}

/** What one round over the dialers goes by. */
export interface Round {
  /** Credentials; undefined for none. */
  readonly auth: Auth | undefined;
  /** Ends the round; a session that has joined by then is not ended by it. */
  readonly signal: AbortSignal;
  /** Whether to find out why a dialer fails, also where that takes further requests. */
  readonly explain: boolean;
  /** Which dialer comes last, and the one behind it first; undefined to begin with the first. */
  readonly after: Dialer | undefined;
  /** Called when a session has joined, before the handler is told. */
  readonly joined?: () => void;
}

/** Opens sessions: dials, joins, and keeps the connection of a session that has left for the next one. */
export class Attempts {
  readonly #options: AttemptOptions;
  readonly #handler: AttemptHandler;
  readonly #spent = new WeakSet<AuthMethod>();
  #kept: KeptConnection | undefined;

  /**
   * @param options What to dial and how to join.
   * @param handler Who is told.
   */
  constructor(options: AttemptOptions, handler: AttemptHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  /**
   * Tries every dialer once.
   *
   * @param round What to go by.
   * @returns The session, or why there is none.
   */
  async round(round: Round): Promise<Held | WampError> {
    const errors: WampError[] = [];
    const { dialers: given } = this.#options;
    let dialers: readonly Dialer[] = [];
    try {
      dialers = typeof given === "function" ? await this.#within("", round, given) : given;
    } catch (error) {
      errors.push(asWampError(error, ""));
    }
    const kept = dialers.indexOf(this.#kept?.dialer as Dialer);
    // Nothing leads to it any more.
    if (kept < 0 && dialers.length > 0) this.drop();
    const first = kept < 0 ? dialers.indexOf(round.after as Dialer) + 1 : kept;
    for (let tried = 0; tried < dialers.length && !round.signal.aborted; tried++) {
      const dialer = dialers[(first + tried) % dialers.length] as Dialer;
      const { url } = dialer;
      try {
        return await this.#within(url, round, async (signal, done, anew) => {
          const joined = () => {
            // From here on it is the session that ends, with GOODBYE, not the attempt.
            done();
            round.joined?.();
          };
          const held = await this.#join(dialer, { ...round, signal, joined }, anew);
          if (signal.aborted) void held.session.leave();
          return held;
        });
      } catch (error) {
        const failure = asWampError(error, url);
        if (failure.code === "credential_spent") return failure;
        errors.push(failure);
      }
    }
    return summary(errors);
  }

  /** Closes the connection that is kept for the next session. */
  drop(): void {
    this.#kept?.drop();
  }

  async #join(dialer: Dialer, round: Required<Round>, anew: () => void): Promise<Held> {
    const { clock, connectTimeout, serializers } = this.#options;
    const { signal, explain } = round;
    const methods = await this.#credentials(round.auth);
    const authextra = await authextraOf(methods);
    signal.throwIfAborted();
    const kept = this.#kept?.dialer === dialer ? this.#kept.take() : undefined;
    const join = (connection: Connection) =>
      this.#joinOn(connection, dialer, { methods, authextra, signal, reused: connection === kept }, round.joined);
    if (kept !== undefined) {
      this.#kept = undefined;
      const { received } = kept;
      // Its path may have gone silent, as while a machine slept.
      const timer = clock.timer(connectTimeout / 4, () => {
        if (kept.received === received) kept.terminate();
      });
      try {
        return await join(kept);
      } catch (error) {
        this.#handler.disconnected(dialer.url);
        const spent = methods.some((method) => this.#spent.has(method));
        if (spent || signal.aborted || !WampError.is(error, "connection_failed")) throw error;
      } finally {
        timer.cancel();
      }
      // A router that takes its time has all of it on the new connection.
      anew();
    }
    const connection = await dial(dialer, { serializers, signal, clock, explain });
    this.#handler.connected(dialer.url);
    return await join(connection);
  }

  async #joinOn(
    connection: Connection,
    dialer: Dialer,
    login: Pick<Join, "methods" | "authextra" | "signal" | "reused">,
    joined: () => void,
  ): Promise<Held> {
    const { realm, agent, clock } = this.#options;
    const { promise: ended, resolve: end } = Promise.withResolvers<LeaveInfo>();
    return await joinRealm({
      ...login,
      connection,
      url: dialer.url,
      realm,
      agent,
      challenged: (challenge) => this.#handler.challenged(challenge),
      answered: (method) => {
        if (method.once === true) this.#spent.add(method);
      },
    }, (welcome) => {
      const session = new Session(welcome, {
        ...this.#options.session,
        connection,
        clock,
        realm,
        ended: (session, info) => {
          this.#handler.ended(session, info);
          this.#afterwards(connection, dialer);
          end(info);
        },
      });
      joined();
      const held = { session, dialer, since: clock.now(), ended };
      this.#handler.joined(session, connection);
      return held;
    });
  }

  #afterwards(connection: Connection, dialer: Dialer): void {
    const disconnected = () => this.#handler.disconnected(dialer.url);
    if (connection.closed) return disconnected();
    this.#kept?.drop();
    const kept: KeptConnection = new KeptConnection(connection, dialer, this.#options.clock, () => {
      if (this.#kept === kept) this.#kept = undefined;
      disconnected();
    });
    this.#kept = kept;
  }

  async #credentials(auth: Auth = anonymous()): Promise<readonly AuthMethod[]> {
    const source: unknown = typeof auth === "function" ? await ask(auth) : auth;
    checkAuth(source);
    const methods: readonly AuthMethod[] = [source].flat();
    const left = methods.filter((method) => !this.#spent.has(method));
    if (left.length === 0) {
      throw new WampError(
        "credential_spent",
        "The credential was good for one session and has been used; make a client with a new one, or give auth as a function that makes one",
      );
    }
    return left;
  }

  /**
   * Runs an attempt under the connect deadline, which it may let begin anew, and leaves nothing of it behind; without a URL it is the function given as
   * target that runs.
   */
  async #within<T>(
    url: string,
    { signal: outer }: Round,
    attempt: (signal: AbortSignal, joined: () => void, anew: () => void) => Promise<T>,
  ): Promise<T> {
    const { clock, connectTimeout } = this.#options;
    const controller = new AbortController();
    const { signal } = controller;
    const timed = () => {
      const none = url === ""
        ? `The function given as target gave nothing within ${connectTimeout} ms.`
        : `No session at ${url} within ${connectTimeout} ms; is it reachable?`;
      const message = `${none} Raise the option connectTimeout if it is slow`;
      controller.abort(new ConnectError("connect_timeout", message, { url }));
    };
    let timer = clock.timer(connectTimeout, timed);
    const anew = () => {
      timer.cancel();
      timer = clock.timer(connectTimeout, timed);
    };
    const unwatch = whenAborted(outer, () => controller.abort(outer.reason));
    const done = () => {
      timer.cancel();
      unwatch();
    };
    try {
      return await new Promise<T>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        attempt(signal, done, anew).then(resolve, reject);
      });
    } finally {
      done();
    }
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
  const to = url === "" ? ": the function given as target failed" : ` to ${url}`;
  return new ConnectError("connection_failed", `Cannot connect${to}: ${errorText(error)}`, { url, cause: error });
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
