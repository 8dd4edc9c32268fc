import type { Clock } from "../wire/clock.ts";
import { CallError, WampError } from "../wire/errors.ts";
import { abortedRequest, whenAborted } from "./aborting.ts";
import { aborted, checkSignal } from "./call_terms.ts";
import type { CallOptions } from "./call_terms.ts";
import type { UriArgument, Usage } from "./arguments.ts";
import type { Offline } from "./options.ts";
import type { PublishOptions } from "./publisher.ts";
import type { Session } from "./session.ts";
import type { ClientStatus } from "./setup.ts";
import { sent } from "./tracing.ts";
import type { TracedBy } from "./tracing.ts";

/** What decides on requests that no session can take. */
export interface UnsentOptions extends TracedBy {
  /** Where time comes from. */
  readonly clock: Clock;
  /** For how long they wait, and how many; undefined for not at all. */
  readonly offline: Offline | undefined;
  /** How long a call may take by default, in milliseconds; 0 for any time. */
  readonly callTimeout: number;
  /** What the client is doing. */
  status(): ClientStatus;
  /** Why there is no session. */
  why(): WampError;
}

type SendCall<T> = (
  session: Session,
  options: CallOptions | undefined,
  left: CallOptions | undefined,
) => Promise<T>;
type SendEvent<T> = (session: Session, options: PublishOptions | undefined) => Promise<T>;

interface Waiting {
  /** Sends it; settles the promise that it belongs to. */
  readonly send: (session: Session) => void;
  readonly refuse: (why: string) => void;
}

/** What becomes of calls and publications while there is no session: they wait for one, in order, or are refused. */
export class Unsent {
  readonly #options: UnsentOptions;
  readonly #waiting = new Set<Waiting>();

  /** @param options What decides. */
  constructor(options: UnsentOptions) {
    this.#options = options;
  }

  /** A call; `send` makes it when there is a session, untraced and with these options, or with what is left of their timeout then. */
  call<T>(uri: UriArgument, options: CallOptions | undefined, send: SendCall<T>): Promise<T> {
    return sent(this.#options, "call", uri, options, (all) => this.#call(uri, all, send));
  }

  #call<T>(uri: UriArgument, options: CallOptions | undefined, send: SendCall<T>): Promise<T> {
    const { clock, callTimeout } = this.#options;
    const usage = { method: "call", uri: String(uri) };
    const procedure = usage.uri;
    const refused = (text: string) =>
      new CallError(this.#code(), `Cannot call "${procedure}": ${text}`, {
        procedure,
        mayHaveRun: false,
        cause: this.#options.why(),
      });
    const { signal, timeout = callTimeout } = options ?? {};
    const since = clock.now();
    const left = () => ({ ...options, timeout: Math.max(1, timeout - (clock.now() - since)) });
    const given = (signal: AbortSignal) => aborted(procedure, signal, false);
    return this.#later(
      (session) => send(session, options, timeout > 0 ? left() : options),
      refused,
      signal,
      usage,
      given,
      timeout,
    );
  }

  /** A publication; `send` makes it when there is a session, untraced and with these options. */
  publish<T>(uri: UriArgument, options: PublishOptions | undefined, send: SendEvent<T>): Promise<T> {
    const refused = (text: string) =>
      new WampError(this.#code(), `Cannot publish to "${uri}": ${text}`, { cause: this.#options.why() });
    const usage = { method: "publish", uri: String(uri) };
    const { signal } = options ?? {};
    return sent(
      this.#options,
      "publish",
      uri,
      options,
      (all) => this.#later((session) => send(session, all), refused, signal, usage, abortedRequest),
    );
  }

  /** There is a session: sends what waits, in order. */
  flush(session: Session): void {
    for (const { send } of [...this.#waiting]) send(session);
  }

  /** There will be no session: refuses what waits. */
  refuse(): void {
    for (const { refuse } of [...this.#waiting]) refuse(this.#options.why().message);
  }

  #later<T>(
    send: (session: Session) => Promise<T>,
    refused: (text: string) => WampError,
    signal: AbortSignal | undefined,
    usage: Usage,
    abort: (signal: AbortSignal, usage: Usage) => WampError,
    timeout = 0,
  ): Promise<T> {
    const { clock, offline } = this.#options;
    const status = this.#options.status();
    return new Promise((resolve, reject) => {
      if (offline === undefined || status === "closed" || status === "idle" || status === "left") {
        return reject(refused(this.#options.why().message));
      }
      if (this.#waiting.size >= offline.max) {
        return reject(refused(`${this.#waiting.size} requests wait for a session already`));
      }
      checkSignal(signal, usage);
      if (signal?.aborted) return reject(abort(signal, usage));
      const leave = () => {
        this.#waiting.delete(waiting);
        timer.cancel();
        unwatch();
      };
      const fail = (error: WampError) => {
        leave();
        reject(error);
      };
      const waiting: Waiting = {
        send: (session) => {
          leave();
          send(session).then(resolve, reject);
        },
        refuse: (why) => fail(refused(why)),
      };
      const ttl = Math.min(timeout > 0 ? timeout : Infinity, offline.ttl);
      const timer = clock.timer(ttl, () => waiting.refuse(`no session came within ${ttl} ms`));
      const unwatch = whenAborted(signal, () => fail(abort(signal as AbortSignal, usage)));
      this.#waiting.add(waiting);
    });
  }

  #code(): "closed" | "credential_spent" | "not_connected" {
    if (this.#options.why().code === "credential_spent") return "credential_spent";
    return this.#options.status() === "closed" ? "closed" : "not_connected";
  }
}
