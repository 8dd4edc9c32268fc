import type { Head } from "../codec/head.ts";
import type { Timer } from "../wire/clock.ts";
import type { Dict } from "../wire/values.ts";
import type { Callee, Registration } from "./registration.ts";
import type { RouterSession } from "./router_session.ts";

/** A call whose arguments come in several parts, as long as there are more to come. */
export interface CallStream {
  /** The id of the registration that each INVOCATION names. */
  readonly registration: number;
  /** The Details of each INVOCATION, but for `progress` and the attributes of the sender's own, which each CALL has anew. */
  readonly details: Dict;
}

/** A CALL as it came, for as long as it may still go to another callee. */
export interface RoutedCall {
  /** The message. */
  readonly head: Head;
  /** Whether the caller's identity goes along even though it did not ask. */
  readonly disclose: boolean;
  /** Who may answer it. */
  readonly registration: Registration;
  /** Who said to be unavailable for it, if anybody did. */
  readonly refused: ReadonlySet<RouterSession> | undefined;
}

/** A call on its way: from CALL until its RESULT or ERROR has gone to the caller. */
export class Invocation {
  /** The id of INVOCATION, YIELD and INTERRUPT, of the callee's session. */
  readonly id: number;
  /** Who called. */
  readonly caller: RouterSession;
  /** The id of CALL, RESULT and CANCEL, of the caller's session. */
  readonly request: number;
  /** Who was chosen to answer. */
  readonly callee: Callee;
  /** Whether the caller takes progressive results. */
  readonly receiveProgress: boolean;
  /** Whether the callee has got an INTERRUPT. */
  interrupted = false;
  /** Milliseconds that the callee has for its answer or its next progressive result; 0 for any time. */
  timeout = 0;
  /** When that time is over. */
  deadline = 0;
  /** What ends it then. */
  timer: Timer | undefined = undefined;
  /** What the caller has yet to send, where that is more. */
  stream: CallStream | undefined = undefined;
  /** What another callee would get, should this one be unavailable. */
  rerouting: RoutedCall | undefined = undefined;

  /**
   * @param id The id of INVOCATION.
   * @param caller Who called.
   * @param request The id of CALL.
   * @param callee Who was chosen to answer.
   * @param receiveProgress Whether the caller takes progressive results.
   */
  constructor(id: number, caller: RouterSession, request: number, callee: Callee, receiveProgress: boolean) {
    this.id = id;
    this.caller = caller;
    this.request = request;
    this.callee = callee;
    this.receiveProgress = receiveProgress;
  }
}
