import type { SentArgs, SentKwargs } from "../wire/values.ts";
import type { Invocation } from "../client/invocation.ts";
import type { AppSession } from "./app_session.ts";

/** One call as a route's handler sees it. */
export class AppCall {
  /** Whose call it is. */
  readonly session: AppSession;
  /** The procedure that was called. */
  readonly procedure: string;

  readonly #invocation: Invocation;

  /**
   * @internal
   * @param invocation The call as it came.
   * @param session Whose call it is.
   */
  constructor(invocation: Invocation, session: AppSession) {
    this.session = session;
    this.procedure = invocation.procedure;
    this.#invocation = invocation;
  }

  /** Whether the caller wants progress; if not, {@linkcode progress} does nothing. */
  get receiveProgress(): boolean {
    return this.#invocation.receiveProgress;
  }

  /** Aborted when the caller no longer wants the call, or its session is over. */
  get signal(): AbortSignal {
    return this.#invocation.signal;
  }

  /**
   * Sends an interim result, if the caller wants such.
   *
   * @param args Positional results (default none).
   * @param kwargs Keyword results (default none).
   * @returns Resolves when the connection takes more.
   * @throws {WampError} `unserializable` or `invalid_argument` when a value cannot be sent.
   */
  progress(args?: SentArgs, kwargs?: SentKwargs): Promise<void> {
    return this.#invocation.progress(args, kwargs);
  }
}
