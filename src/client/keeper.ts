import type { Auth } from "../auth/method.ts";
import type { Dialer } from "../transport/dialer.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { ConnectError, WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import { Attempts } from "./attempts.ts";
import type { AttemptHandler, AttemptOptions, Held } from "./attempts.ts";
import { backoffDelay } from "./backoff.ts";
import { Liveness } from "./liveness.ts";
import { whenOnline } from "./online.ts";
import type { Reconnect } from "./options.ts";
import type { LeaveInfo } from "./session_info.ts";
import type { LivenessSettings } from "./setup.ts";

/** What a keeper needs to know. */
export interface KeeperOptions extends AttemptOptions {
  /** Credentials; undefined for none. */
  readonly auth: Auth | undefined;
  /** How to come back when a session is lost; `false` for not at all. */
  readonly reconnect: false | Reconnect;
  /** When to ask a silent router for a sign of life; `false` for never. */
  readonly liveness: false | LivenessSettings;
  /** Where randomness comes from. */
  readonly random: Random;
}

/** Who is told what becomes of a client's sessions. */
export interface KeeperHandler extends AttemptHandler {
  /** A round over all targets begins. */
  trying(): void;
  /** A round over all targets has failed; another follows after a wait if `retry`. `enough`: that is how often it failed, nobody has said that it is final. */
  failed(error: WampError, retry: boolean, enough: boolean): void;
  /** No further attempt will be made. */
  stopped(error: WampError): void;
}

/** How often in a row the same credentials may be denied, and how often what is sent: what is wrong five times is not a router that is starting up. */
const MAX_IN_A_ROW = 5;
/** Failures into which one more request looks each time, as nobody has to answer it; a server that does is asked once in a row of failures. */
const UNANSWERED: ReadonlySet<string> = new Set(["connection_refused", "host_unknown", "tls_failed"]);
/** For how long a session has to last to be taken for a success, unless `maxDelay` is less: what cuts it off every minute is no reason to wait. */
const LASTS = 5_000;
/** The least wait between attempts that are hurried: who hurries each would leave no time for anything else. */
const LEAST_WAIT = 250;

/** Keeps a session: dials, joins, and does so again when the session is lost. */
export class Keeper {
  /** Credentials; undefined for none. */
  auth: Auth | undefined;
  readonly #options: KeeperOptions;
  readonly #handler: KeeperHandler;
  readonly #attempts: Attempts;
  readonly #liveness: Liveness | undefined;
  /** Ends the run that keeps a session, not the session itself. */
  #run: AbortController | undefined;
  /** Ends the attempt to join with other credentials. */
  #change: AbortController | undefined;
  /** What comes of it. */
  #changing: Promise<unknown> | undefined;
  #notOnline: (() => void) | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param options What to dial and how to join.
   * @param handler Who is told.
   */
  constructor(options: KeeperOptions, handler: KeeperHandler) {
    const { clock, liveness } = options;
    this.auth = options.auth;
    this.#options = options;
    this.#handler = handler;
    this.#liveness = liveness === false ? undefined : new Liveness(clock, liveness, () => this.reconnect());
    this.#attempts = new Attempts(options, {
      ...handler,
      joined: (session, connection) => {
        this.#liveness?.watch(session, connection);
        handler.joined(session, connection);
      },
    });
  }

  /**
   * Starts.
   *
   * @param retry Whether to go on when the first round over all targets fails.
   */
  start(retry: boolean): void {
    if (this.#run !== undefined) return;
    this.#begin(retry);
  }

  /**
   * Stops: no further attempt, and none that is under way comes to anything.
   *
   * @param error What becomes of attempts.
   */
  stop(error: WampError): void {
    this.#finish();
    this.#change?.abort(error);
    this.#run?.abort(error);
    this.#run = undefined;
    this.#wake?.();
  }

  /** Closes the connection that is kept for the next session, if there is one. */
  drop(): void {
    this.#attempts.drop();
  }

  /** Waits no longer for the next attempt, and asks the router of a session that is there for a sign of life. */
  reconnect(): void {
    this.#wake?.();
    this.#liveness?.probe();
  }

  /**
   * Joins with other credentials, and goes on from there; the session before is left to the handler.
   *
   * @param auth The credentials.
   * @throws {WampError} Why there is no such session; nothing has changed then.
   */
  async change(auth: Auth): Promise<void> {
    const change = new AbortController();
    this.#change = change;
    const joined = () => {
      this.auth = auth;
      this.#run?.abort(new WampError("closed", "Another session has taken the place"));
      this.#wake?.();
    };
    const round = this.#attempts.round({ auth, signal: change.signal, explain: true, after: undefined, joined });
    this.#changing = round;
    const held = await round;
    this.#changing = undefined;
    if (change.signal.aborted) throw change.signal.reason;
    if (held instanceof WampError) throw held;
    this.#begin(true, held);
  }

  #begin(retry: boolean, held?: Held): void {
    const run = new AbortController();
    this.#run = run;
    this.#liveness?.start();
    this.#notOnline ??= whenOnline(() => this.reconnect());
    void this.#keep(run.signal, retry, held);
  }

  async #keep(signal: AbortSignal, retry: boolean, held: Held | undefined): Promise<void> {
    const { reconnect, clock, random } = this.#options;
    const { maxDelay = LASTS } = reconnect || {};
    let failures = 0;
    let denials = 0;
    let violations = 0;
    let after: Dialer | undefined;
    let explain = true;
    let hurried = false;
    while (!signal.aborted) {
      const { auth } = this;
      let again = false;
      this.#wake = () => again = true;
      if (held === undefined) this.#handler.trying();
      const outcome = held ?? await this.#attempts.round({ auth, signal, explain, after });
      held = undefined;
      if (signal.aborted) return;
      let error: WampError;
      let lasted = false;
      if (outcome instanceof WampError) {
        error = outcome;
        after = undefined;
        explain = UNANSWERED.has(error.code);
      } else {
        const { session, dialer, since, ended } = outcome;
        // Who hurries while a session lasts has no attempt in mind.
        again &&= !session.open;
        this.#wake = () => again = !session.open;
        error = endOf(await ended, dialer.url);
        if (signal.aborted) return;
        retry = true;
        explain = true;
        // Sessions that are lost as soon as they are had count as failures; another router may do better then.
        const age = clock.now() - since;
        lasted = age < 0 || age > Math.min(maxDelay, LASTS);
        after = lasted ? undefined : dialer;
      }
      failures = lasted ? 0 : failures + 1;
      const violated = !lasted && (error as ConnectError).reason === ErrorUri.protocolViolation;
      violations = violated ? violations + 1 : 0;
      denials = isDenial(error) ? denials + 1 : 0;
      const enough = violations >= MAX_IN_A_ROW || (denials >= MAX_IN_A_ROW && isFixed(auth));
      const ends = reconnect === false || error.code === "credential_spent" || !retry ||
        this.#isFinal(error, failures) || enough;
      // A session with other credentials may be on its way: then that was not the end.
      while (ends && this.#changing !== undefined) await this.#changing;
      if (signal.aborted) return;
      if (ends && failures > 1) error = givenUp(error, failures);
      if (enough || outcome instanceof WampError) this.#handler.failed(error, !ends, enough);
      if (ends) {
        this.#finish();
        this.#run = undefined;
        return this.#handler.stopped(error);
      }
      const delay = backoffDelay(reconnect, Math.max(0, failures - 1), random);
      hurried = await this.#sleep(delay, again, hurried && !lasted, signal);
    }
  }

  #isFinal(error: WampError, failures: number): boolean {
    const { reconnect, session } = this.#options;
    try {
      return reconnect !== false && reconnect.final?.(error, failures) === true;
    } catch (thrown) {
      session.report(thrown, { during: "connect" });
      return false;
    }
  }

  #finish(): void {
    this.#liveness?.stop();
    this.#notOnline?.();
    this.#notOnline = undefined;
  }

  /** Waits for the next attempt; resolves with whether that was hurried. One behind another that was has a least wait. */
  #sleep(milliseconds: number, hurry: boolean, hurried: boolean, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const least = hurried ? Math.min(milliseconds, LEAST_WAIT) : 0;
    const since = clock.now();
    return new Promise((resolve) => {
      let timer = clock.timer(milliseconds, () => resolve(false));
      this.#wake = () => {
        timer.cancel();
        const left = signal.aborted ? 0 : Math.min(least, since + least - clock.now());
        if (left > 0) timer = clock.timer(left, () => resolve(true));
        else resolve(true);
      };
      if (hurry) this.#wake();
    });
  }
}

/** Whether a router has judged the credentials: what has a cause has failed here, and some failures are the router's own. */
function isDenial(error: unknown): boolean {
  if (!WampError.is(error, "authentication_failed")) return false;
  const { cause, reason } = error as ConnectError;
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isDenial);
  return cause === undefined && reason !== ErrorUri.authenticationFailed;
}

/** Makes the error of a client that has tried for long enough. */
function givenUp(cause: WampError, attempts: number): ConnectError {
  const { code, message, url = "", reason } = cause as ConnectError;
  return new ConnectError(code, `${message}; given up after ${attempts} attempts`, { url, reason, attempts, cause });
}

function isFixed(auth: Auth = []): boolean {
  return typeof auth !== "function" && [auth].flat().every(({ fixed }) => fixed === true);
}

function endOf({ cause, reason, message }: LeaveInfo, url: string): WampError {
  const said = [reason, message].filter((text) => text !== "").join(", ");
  const text = `The session ended (${cause}${said === "" ? "" : `: ${said}`})`;
  // A violation is the router's: there is nothing that it said.
  return new ConnectError("connection_lost", text, cause === "violation" ? { url } : { url, reason });
}
