import { describe } from "../wire/describe.ts";
import { CallError } from "../wire/errors.ts";
import { signalRule, wrongOption } from "../wire/option_rules.ts";
import type { Dict } from "../wire/values.ts";
import { checkDict, refusal, wireOptions } from "./arguments.ts";
import type { Usage } from "./arguments.ts";
import type { SessionCore } from "./core.ts";
import { passthru } from "./passthru.ts";
import type { PassthruOptions } from "./passthru.ts";

/**
 * What a dealer does with a call that is no longer wanted: interrupt the callee and keep the call until that has answered, interrupt it and want no answer,
 * or let it run. The caller waits for none of it.
 */
export type CancelMode = "kill" | "killnowait" | "skip";

/** What can be said of a call. */
export interface CallOptions extends PassthruOptions {
  /**
   * How long to wait, in milliseconds; 0 for any time (default the client's `timeout`). Counted here, whatever the router does, and also while the call
   * waits for a session.
   */
  readonly timeout?: number | undefined;
  /** Ends the call at once when it is aborted: it rejects with a `CallError` with code `aborted`, whose cause is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** What router and callee do with a call that timed out or was aborted (default `"killnowait"`); it has rejected by then, whatever the mode. */
  readonly cancelMode?: CancelMode | undefined;
  /** Whether the callee may learn who calls. */
  readonly disclose_me?: boolean | undefined;
}

/** How a call may end early, and what of its options goes on the wire. */
export interface CallTerms {
  /** What goes on the wire. */
  readonly wire: Dict;
  /** How long to wait, in milliseconds; 0 for any time. */
  readonly timeout: number;
  /** Ends the call when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** What router and callee do with a call that timed out or was aborted. */
  readonly cancelMode: CancelMode;
}

const CANCEL_MODES: ReadonlySet<unknown> = new Set(["kill", "killnowait", "skip"]);
const OWN_OPTIONS: readonly string[] = ["timeout", "signal", "cancelMode"];

/**
 * Checks what was said of a call.
 *
 * @param options What was said.
 * @param core The session.
 * @param usage Where, for error texts.
 * @returns The terms.
 * @throws {WampError} `invalid_argument` when an option is wrong.
 * @throws {CallError} `aborted` when the signal was aborted already.
 */
export function callTerms(options: CallOptions, core: SessionCore, usage: Usage): CallTerms {
  checkDict(options, usage);
  const { timeout = core.callTimeout, signal, cancelMode = "killnowait", ...rest } = options;
  const own = usage.method === "stream" ? [...OWN_OPTIONS, "buffer", "overflow"] : OWN_OPTIONS;
  const wire = wireOptions(rest, usage, own);
  passthru(wire, "dealer", core, usage);
  checkTimeout(timeout, usage);
  if (!CANCEL_MODES.has(cancelMode)) {
    throw refusal(usage, `cancelMode is ${describe(cancelMode)}, expected "kill", "killnowait" or "skip"`);
  }
  checkSignal(signal, usage);
  if (signal?.aborted) throw aborted(usage.uri, signal, false);
  const forwarded = timeout > 0 && core.has("dealer", "call_timeout");
  return { wire: forwarded ? { ...wire, timeout } : wire, timeout, signal, cancelMode };
}

/**
 * Checks a signal.
 *
 * @param signal What was given.
 * @param usage Where, for the error text.
 * @throws {WampError} `invalid_argument` when it is none.
 */
export function checkSignal(signal: unknown, usage: Usage): void {
  const wrong = wrongOption("signal", signal, { signal: signalRule });
  if (wrong !== undefined) throw refusal(usage, wrong);
}

function checkTimeout(timeout: unknown, usage: Usage): void {
  if (typeof timeout === "number" && timeout >= 0 && timeout <= Number.MAX_SAFE_INTEGER) return;
  throw refusal(usage, `timeout is ${describe(timeout)}, expected milliseconds, 0 for no limit`);
}

/**
 * Makes the error of a call whose signal was aborted.
 *
 * @param procedure The procedure.
 * @param signal The signal; its reason becomes the cause.
 * @param mayHaveRun Whether the CALL was sent.
 * @returns The error.
 */
export function aborted(procedure: string, signal: AbortSignal, mayHaveRun: boolean): CallError {
  const text = mayHaveRun ? "the callee may still run" : "it was not sent";
  return new CallError("aborted", `The call of "${procedure}" was aborted by its signal; ${text}`, {
    procedure,
    mayHaveRun,
    cause: signal.reason,
  });
}
