import type { Timer } from "../wire/clock.ts";
import type { RouterSession } from "./router_session.ts";
import type { Callee } from "./registration.ts";

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
  /** What ends it when that time is over. */
  timer: Timer | undefined = undefined;

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
