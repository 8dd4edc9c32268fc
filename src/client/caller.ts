import type { Head } from "../codec/head.ts";
import type { Payload } from "../codec/payload.ts";
import type { Timer } from "../wire/clock.ts";
import { CallError, WampError } from "../wire/errors.ts";
import { MessageType } from "../wire/message_type.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { checkDict, describe, toPayload, wireOptions } from "./arguments.ts";
import type { SentArgs, SentKwargs, UriArgument, Usage } from "./arguments.ts";
import { remoteError, undecodable } from "./core.ts";
import type { SessionCore } from "./core.ts";
import { Idle } from "./idle.ts";
import type { CallResult } from "./result.ts";

/** How a dealer ends a call that is no longer wanted: ask the callee and wait, ask and do not wait, or let it run. */
export type CancelMode = "kill" | "killnowait" | "skip";

/** What can be said of a call. */
export interface CallOptions {
  /** How long to wait, in milliseconds; 0 for any time (default the client's `timeout`). Counted here, whatever the router does. */
  readonly timeout?: number | undefined;
  /** Ends the call when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** How a call is ended that timed out or was aborted (default `"killnowait"`). */
  readonly cancelMode?: CancelMode | undefined;
  /** Whether the callee may learn who calls. */
  readonly disclose_me?: boolean | undefined;
  /** Options of a router's own. */
  readonly [custom: `_${string}`]: WampValue;
}

/** A call that waits for its answer. */
interface PendingCall {
  readonly procedure: string;
  /** Whether the caller wants the whole result or its first value. */
  readonly whole: boolean;
  readonly resolve: (value: WampValue | CallResult) => void;
  readonly reject: (error: WampError) => void;
  timer: Timer | undefined;
  signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
}

const CANCEL_MODES: ReadonlySet<unknown> = new Set(["kill", "killnowait", "skip"]);

/** The caller's role in a session. */
export class Caller {
  readonly #core: SessionCore;
  readonly #pending = new Map<number, PendingCall>();
  readonly #idle: Idle = new Idle(() => this.#pending.size > 0);
  #abandoned = false;

  /** @param core What the roles share. */
  constructor(core: SessionCore) {
    this.#core = core;
  }

  /** Whether an answer may still come: to a call that waits for it, or to one that was given up. */
  get unanswered(): boolean {
    return this.#abandoned || this.#pending.size > 0;
  }

  /** How many calls wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Resolves when no call waits for an answer. */
  idle(): Promise<void> {
    return this.#idle.wait();
  }

  /**
   * Calls a procedure.
   *
   * @param whole Whether the promise is for the whole result, not the first value.
   * @returns A promise that settles exactly once.
   */
  call(
    uri: UriArgument,
    args: SentArgs | undefined,
    kwargs: SentKwargs | undefined,
    options: CallOptions | undefined,
    whole: boolean,
  ): Promise<WampValue | CallResult> {
    return new Promise((resolve, reject) => {
      const core = this.#core;
      const procedure = core.resolve(uri, "call");
      const usage: Usage = { method: "call", uri: procedure };
      const payload = toPayload(args, kwargs, usage);
      payload.encodedBy(core.connection.serializer);
      const call: PendingCall = {
        procedure,
        whole,
        resolve,
        reject,
        timer: undefined,
        signal: undefined,
        onAbort: undefined,
      };
      if (options === undefined && core.callTimeout === 0) this.#send(call, emptyDict, payload);
      else this.#sendWith(call, options ?? {}, payload, usage);
    });
  }

  #sendWith(call: PendingCall, options: CallOptions, payload: Payload, usage: Usage): void {
    const core = this.#core;
    checkDict(options, usage);
    const { timeout = core.callTimeout, signal, cancelMode = "killnowait", ...rest } = options;
    const wire: { [name: string]: WampValue } = { ...wireOptions(rest, usage, ["timeout", "signal", "cancelMode"]) };
    checkTimeout(timeout, usage);
    if (!CANCEL_MODES.has(cancelMode)) {
      throw new WampError(
        "invalid_argument",
        `Cannot call "${usage.uri}": cancelMode is ${describe(cancelMode)}, expected "kill", "killnowait" or "skip"`,
      );
    }
    if (timeout > 0 && core.has("dealer", "call_timeout")) wire.timeout = timeout;
    if (signal?.aborted) throw aborted(call.procedure, signal, false);
    const id = this.#send(call, wire, payload);
    if (id === 0) return;
    if (timeout > 0) {
      call.timer = core.clock.timer(timeout, () => {
        const { procedure } = call;
        this.#cancel(
          id,
          cancelMode,
          new CallError(
            "timeout",
            `No answer from "${procedure}" within ${timeout} ms; it may still run. Raise the option timeout if it needs longer`,
            { procedure, mayHaveRun: true },
          ),
        );
      });
    }
    if (signal !== undefined) {
      call.signal = signal;
      call.onAbort = () => this.#cancel(id, cancelMode, aborted(call.procedure, signal, true));
      signal.addEventListener("abort", call.onAbort, { once: true });
    }
  }

  #send(call: PendingCall, options: Dict, payload: Payload): number {
    const core = this.#core;
    const encoded = core.encode(options);
    if (core.over !== undefined) {
      call.reject(endedCall(core.over, call.procedure, false));
      return 0;
    }
    const id = core.ids.next();
    this.#pending.set(id, call);
    try {
      core.send([MessageType.CALL, id, encoded, call.procedure], payload);
    } catch (error) {
      core.ids.giveBack(id);
      this.#take(id);
      throw error;
    }
    return id;
  }

  // Settled here and now: some routers never answer a CANCEL.
  #cancel(id: number, mode: CancelMode, error: CallError): void {
    const call = this.#take(id);
    if (call === undefined) return;
    this.#abandoned = true;
    call.reject(error);
    if (this.#core.has("dealer", "call_canceling") || this.#core.has("dealer", "call_cancelling")) {
      this.#core.send([MessageType.CANCEL, id, { mode }]);
    }
  }

  /** A RESULT came. */
  result(head: Head): void {
    const call = this.#pending.get(head.firstId);
    if (call === undefined) return;
    try {
      // Progress that nobody asked for: Crossbar forwards it all the same.
      if (head.options.progress === true) return;
      const { payload } = head;
      const value = call.whole
        ? { args: payload.args, kwargs: payload.kwargs, details: head.options }
        : payload.args[0];
      this.#take(head.firstId);
      call.resolve(value);
    } catch (error) {
      this.#take(head.firstId);
      call.reject(undecodable(`the result of "${call.procedure}"`, error));
    }
  }

  /** An ERROR came for a call. */
  failed(head: Head): void {
    this.#take(head.firstId)?.reject(remoteError(head));
  }

  /** The session is over: whatever waits is refused. */
  end(error: WampError): void {
    for (const id of [...this.#pending.keys()]) {
      const call = this.#take(id);
      call?.reject(endedCall(error, call.procedure, true));
    }
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    if (call === undefined) return undefined;
    this.#pending.delete(id);
    call.timer?.cancel();
    if (call.onAbort !== undefined) call.signal?.removeEventListener("abort", call.onAbort);
    this.#idle.ended();
    return call;
  }
}

/**
 * Checks a timeout.
 *
 * @param timeout What was given.
 * @param usage Where, for the error text.
 * @throws {WampError} `invalid_argument` when it is not a number of milliseconds.
 */
export function checkTimeout(timeout: unknown, usage: Usage): void {
  if (typeof timeout === "number" && timeout >= 0 && timeout <= Number.MAX_SAFE_INTEGER) return;
  throw new WampError(
    "invalid_argument",
    `Cannot ${usage.method} "${usage.uri}": timeout is ${describe(timeout)}, expected milliseconds, 0 for no limit`,
  );
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

function endedCall(error: WampError, procedure: string, mayHaveRun: boolean): CallError {
  const text = mayHaveRun
    ? `no answer from "${procedure}" came before; it may have run`
    : `"${procedure}" was not called`;
  return new CallError(error.code, `${error.message}: ${text}`, { procedure, mayHaveRun, cause: error });
}
