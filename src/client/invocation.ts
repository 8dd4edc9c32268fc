import type { Dict, SentArgs, SentKwargs, WampValue } from "../wire/values.ts";
import type { Payload } from "../codec/payload.ts";
import { CallInput, inOnePart } from "./call_input.ts";
import type { PassthruOptions } from "./passthru.ts";
import type { Session } from "./session.ts";

/** What the router says of an invocation. */
export interface InvocationDetails extends PassthruOptions {
  /** The caller's session id, if the router discloses it. */
  readonly caller?: number;
  /** The caller's identity, if the router discloses it. */
  readonly caller_authid?: string;
  /** The caller's role, if the router discloses it. */
  readonly caller_authrole?: string;
  /** The procedure that was called, where the registration is for a pattern. */
  readonly procedure?: string;
  /** Whether the caller wants progress. */
  readonly receive_progress?: boolean;
  /** Whether more of the arguments is to come. */
  readonly progress?: boolean;
  /** The call's timeout in milliseconds, if the router passes it on. */
  readonly timeout?: number;
  /** Whatever else the router says. */
  readonly [name: string]: WampValue;
}

/** What an invocation needs of the callee that runs it. */
export interface InvocationHost {
  /** The session that the call came in. */
  readonly session: Session;
  /** Sends progress; resolves when there is room for more, undefined when there is already. */
  progress(
    call: Invocation,
    args: SentArgs | undefined,
    kwargs: SentKwargs | undefined,
    options: PassthruOptions | undefined,
  ): Promise<void> | undefined;
}

/** That a call is no longer wanted; a handler that never looks at its signal costs nothing. */
export class Interruption {
  #controller: AbortController | undefined;
  #abortedFor: { readonly reason: unknown } | undefined;

  /** Aborted when the call is no longer wanted. */
  get signal(): AbortSignal {
    const controller = this.#controller ??= new AbortController();
    if (this.#abortedFor !== undefined && !controller.signal.aborted) controller.abort(this.#abortedFor.reason);
    return controller.signal;
  }

  /** Whether the call is no longer wanted. */
  get aborted(): boolean {
    return this.#abortedFor !== undefined;
  }

  /**
   * The call is no longer wanted.
   *
   * @param reason Becomes the signal's reason.
   */
  abort(reason: unknown): void {
    this.#abortedFor ??= { reason };
    this.#controller?.abort(reason);
  }

  /**
   * Tells whether an error is nothing but the abort coming back.
   *
   * @param error What the handler threw.
   * @returns Whether it is the signal's reason, or any error called AbortError after an abort.
   */
  causedBy(error: unknown): boolean {
    const cause = this.#abortedFor;
    return cause !== undefined &&
      (cause.reason === error || (error instanceof Error && error.name === "AbortError"));
  }
}

/** One call as the callee sees it: who calls what, whether it is still wanted, and how to report progress. */
export class Invocation {
  /** The id of the invocation. */
  readonly request: number;
  /** The id of the registration. */
  readonly registration: number;
  /** The procedure that was called, complete. */
  readonly procedure: string;
  /** What the router says of it; the caller's identity is missing where the router does not disclose it. */
  readonly details: InvocationDetails;

  readonly #host: InvocationHost;
  readonly #interruption: Interruption;
  readonly #payload: Payload;
  #input: CallInput | undefined;

  /**
   * @internal
   * @param request The id of the invocation.
   * @param registration The id of the registration.
   * @param procedure The URI that was registered.
   * @param details What the router says of it.
   * @param host The callee that runs it.
   * @param interruption That it is no longer wanted.
   * @param payload The arguments, or the first part of them.
   */
  constructor(
    request: number,
    registration: number,
    procedure: string,
    details: Dict,
    host: InvocationHost,
    interruption: Interruption,
    payload: Payload,
  ) {
    this.request = request;
    this.registration = registration;
    this.details = details as InvocationDetails;
    this.procedure = this.details.procedure ?? procedure;
    this.#host = host;
    this.#interruption = interruption;
    this.#payload = payload;
    if (this.details.progress === true) this.#input = new CallInput(this.procedure);
  }

  /** The session that the call came in. */
  get session(): Session {
    return this.#host.session;
  }

  /** The caller's session id, if the router discloses it. */
  get caller(): number | undefined {
    return this.details.caller;
  }

  /** The caller's identity, if the router discloses it. */
  get caller_authid(): string | undefined {
    return this.details.caller_authid;
  }

  /** The caller's role, if the router discloses it. */
  get caller_authrole(): string | undefined {
    return this.details.caller_authrole;
  }

  /** Whether the caller wants progress; if not, {@linkcode progress} does nothing. */
  get receiveProgress(): boolean {
    return this.details.receive_progress === true;
  }

  /**
   * The arguments part by part, as the caller sends them; the first part is what the handler was called with, and the only one of an ordinary call. What
   * is not read waits, up to 16 MiB; then the call fails with `wamp.error.unavailable`.
   */
  get input(): CallInput {
    return this.#input ??= inOnePart(this.procedure, this.#payload);
  }

  /** Aborted when the caller no longer wants the call, its time is over, or the session is lost. */
  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  /**
   * Sends an interim result, if the caller wants such.
   *
   * @param args Positional results (default none).
   * @param kwargs Keyword results (default none).
   * @param options How they are to be read, where they are not for the router (default nothing).
   * @returns Resolves when the connection takes more, and now and then only in the next turn of the event loop; never rejects.
   * @throws {WampError} `unserializable`, `invalid_argument` or `unsupported` when it cannot be sent.
   */
  progress(args?: SentArgs, kwargs?: SentKwargs, options?: PassthruOptions): Promise<void> {
    return this.#host.progress(this, args, kwargs, options) ?? Promise.resolve();
  }

  /** Whether the call is no longer wanted. */
  get aborted(): boolean {
    return this.#interruption.aborted;
  }
}
