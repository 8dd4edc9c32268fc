import type { Head } from "../codec/head.ts";
import type { Payload } from "../codec/payload.ts";
import type { Timer } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { CallError } from "../wire/errors.ts";
import type { RemoteError, WampError } from "../wire/errors.ts";
import { IdTable } from "../wire/id_table.ts";
import { MessageType } from "../wire/message_type.ts";
import type { Dict, SentArgs, SentKwargs, WampValue } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { whenAborted } from "./aborting.ts";
import { toPayload } from "./arguments.ts";
import type { UriArgument, Usage } from "./arguments.ts";
import { isInParts, partPayload } from "./call_input.ts";
import type { SentParts } from "./call_input.ts";
import { aborted, callTerms } from "./call_terms.ts";
import type { CallOptions, CallTerms, CancelMode } from "./call_terms.ts";
import { remoteError, undecodable } from "./core.ts";
import type { SessionCore } from "./core.ts";
import { errorText } from "./error_text.ts";
import { iteration } from "./generator.ts";
import { Idle } from "./idle.ts";
import { ownArgs, ownKwargs } from "./owned.ts";
import type { CallResult } from "./result.ts";

/** What a call has besides whose results, or whose arguments, come step by step. */
interface Steps {
  /** Told of each interim result. */
  readonly progress: (step: CallResult) => void;
  /** When the last step was made, in either direction. */
  last: number;
  /** Where the arguments come from, until all of them were sent. */
  parts: AsyncIterator<unknown> | undefined;
}

/** A call that waits for its answer. */
interface PendingCall {
  /** The request id; below 0 while nothing was sent of it. */
  id: number;
  readonly procedure: string;
  /** Whether the caller wants the whole result or its first value. */
  readonly whole: boolean;
  readonly resolve: (value: WampValue | CallResult) => void;
  readonly reject: (error: unknown) => void;
  readonly steps: Steps | undefined;
  /** How long it may take, in milliseconds; 0 for any time. */
  timeout: number;
  timer: Timer | undefined;
  /** Listens to its signal no longer. */
  unwatch: (() => void) | undefined;
}

const PROGRESS: Dict = Object.freeze({ progress: true });

/** The caller's role in a session. */
export class Caller {
  readonly #core: SessionCore;
  readonly #pending: IdTable<PendingCall> = new IdTable();
  readonly #idle: Idle = new Idle(() => this.#pending.size > 0);
  /** Calls that were given up and not answered yet. */
  readonly #givenUp = new Set<number>();
  #unsent = 0;

  /** @param core What the roles share. */
  constructor(core: SessionCore) {
    this.#core = core;
  }

  /** How many calls wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether an answer may still come: to a call that waits for it, or to one that was given up. */
  get unanswered(): boolean {
    return this.#pending.size + this.#givenUp.size > 0;
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
      const call = pendingCall(procedure, whole, resolve, reject, undefined);
      if (options === undefined && core.callTimeout === 0) return void this.#send(call, emptyDict, payload);
      const terms = callTerms(options ?? {}, core, usage);
      if (this.#send(call, terms.wire, payload)) this.#watch(call, terms);
    });
  }

  /**
   * Calls a procedure whose results come step by step.
   *
   * @param args Positional arguments, or parts that are sent one after another.
   * @param progress Told of each interim result.
   * @returns A promise for the last result.
   */
  stream(
    uri: UriArgument,
    args: SentArgs | SentParts | undefined,
    kwargs: SentKwargs | undefined,
    options: CallOptions,
    progress: (step: CallResult) => void,
  ): Promise<CallResult> {
    return new Promise((resolve, reject) => {
      const core = this.#core;
      const procedure = core.resolve(uri, "stream");
      const usage: Usage = { method: "stream", uri: procedure };
      const inParts = isInParts(args);
      const payload = toPayload(inParts ? undefined : args, kwargs, usage);
      const steps: Steps = { progress, last: core.clock.now(), parts: undefined };
      const call = pendingCall(procedure, true, resolve as PendingCall["resolve"], reject, steps);
      let terms = callTerms(options, core, usage);
      if (core.has("dealer", "progressive_call_results")) {
        terms = { ...terms, wire: { ...terms.wire, receive_progress: true } };
      }
      if (!inParts) {
        if (this.#send(call, terms.wire, payload)) this.#watch(call, terms);
        return;
      }
      core.require("dealer", "progressive_call_invocations", `send the arguments of "${procedure}" in parts`);
      // What goes along with the first part is encoded with it, and here only so that a bad value costs no part.
      payload.encodedBy(core.connection.serializer);
      core.encode(terms.wire);
      if (core.over !== undefined) throw endedCall(core.over, procedure, false);
      steps.parts = args[Symbol.asyncIterator]();
      call.id = --this.#unsent;
      this.#pending.set(call.id, call);
      this.#watch(call, terms);
      void this.#sendParts(call, steps, kwargs, terms, usage);
    });
  }

  #watch(call: PendingCall, { timeout, signal, cancelMode }: CallTerms): void {
    // A listener of `slow` may have closed the client meanwhile.
    if (this.#pending.get(call.id) !== call) return;
    call.timeout = timeout;
    if (timeout > 0) this.#limit(call, timeout, cancelMode);
    if (signal !== undefined) {
      const abort = () => this.#cancel(call, cancelMode, aborted(call.procedure, signal, call.id > 0));
      call.unwatch = whenAborted(signal, abort);
      // By one of its arguments as that was encoded, or by a listener of `slow`.
      if (signal.aborted) abort();
    }
  }

  #limit(call: PendingCall, left: number, mode: CancelMode): void {
    const { clock } = this.#core;
    const { steps, timeout } = call;
    const due = clock.now() + left;
    call.timer = clock.timer(left, () => {
      const since = steps === undefined ? timeout : quietFor(steps, due, clock.now());
      if (since < timeout) return this.#limit(call, timeout - since, mode);
      this.#cancel(call, mode, timedOut(call));
    });
  }

  #send(call: PendingCall, options: Dict, payload: Payload): boolean {
    const core = this.#core;
    const frame = core.encodeNext(MessageType.CALL, core.encode(options), call.procedure, payload);
    if (core.over !== undefined) {
      call.reject(endedCall(core.over, call.procedure, false));
      return false;
    }
    if (call.id < 0) this.#pending.delete(call.id);
    call.id = core.ids.next();
    this.#pending.set(call.id, call);
    try {
      core.sendFrame(frame);
    } catch (error) {
      core.ids.giveBack(call.id);
      this.#take(call.id);
      throw error;
    }
    return true;
  }

  /** Sends the arguments of a call as they come; never rejects. */
  async #sendParts(
    call: PendingCall,
    steps: Steps,
    kwargs: SentKwargs | undefined,
    { wire, cancelMode }: CallTerms,
    usage: Usage,
  ): Promise<void> {
    const core = this.#core;
    try {
      for (let first = kwargs; steps.parts !== undefined; first = undefined) {
        const { value, done = false } = await nextPart(steps.parts, call);
        const payload = partPayload(value, first, usage);
        payload.encodedBy(core.connection.serializer);
        if (this.#pending.get(call.id) !== call) return;
        const progress = done ? emptyDict : PROGRESS;
        if (call.id < 0) this.#send(call, { ...wire, ...progress }, payload);
        else core.send([MessageType.CALL, call.id, progress, call.procedure], payload);
        steps.last = core.clock.now();
        if (done) steps.parts = undefined;
        await core.room();
      }
    } catch (error) {
      this.#cancel(call, cancelMode, error);
      call.reject(error);
    }
  }

  // Settled here and now: some routers never answer a CANCEL.
  #cancel(call: PendingCall, mode: CancelMode, error: unknown): void {
    if (this.#pending.get(call.id) !== call) return;
    this.#take(call.id);
    call.reject(error);
    if (call.id < 0) return;
    if (this.#givenUp.size < MAX_GIVEN_UP) this.#givenUp.add(call.id);
    if (this.#core.has("dealer", "call_canceling") || this.#core.has("dealer", "call_cancelling")) {
      this.#core.send([MessageType.CANCEL, call.id, { mode }]);
    }
  }

  /** A RESULT came. */
  result(head: Head): void {
    const call = this.#pending.get(head.firstId);
    if (call === undefined) return void this.#answeredLate(head);
    let progress = true;
    try {
      const { payload, options } = head;
      progress = options.progress === true;
      if (progress) return this.#progressed(call, head);
      const value = call.whole ? wholeResult(head) : payload.args[0];
      this.#settled(call);
      call.resolve(value);
    } catch (cause) {
      const error = undecodable(`the result of "${call.procedure}"`, cause);
      if (progress) return this.#cancel(call, "killnowait", error);
      this.#settled(call);
      call.reject(error);
    }
  }

  #progressed({ steps }: PendingCall, head: Head): void {
    // Progress that nobody asked for: Crossbar forwards it all the same.
    if (steps === undefined) return;
    steps.last = this.#core.clock.now();
    steps.progress(wholeResult(head));
  }

  /** An ERROR came for a call. */
  failed(head: Head): void {
    const call = this.#take(head.firstId);
    if (call === undefined) return void this.#givenUp.delete(head.firstId);
    const error = remoteError(head);
    const { errors } = this.#core;
    call.reject(this.#isOurTimeout(call, error) ? timedOut(call, error) : errors.received(error));
  }

  /** The router counts the time as well where it was told of it, and may be the first to say that it is over. */
  #isOurTimeout({ timeout }: PendingCall, { uri }: RemoteError): boolean {
    return uri === ErrorUri.timeout && timeout > 0 && this.#core.has("dealer", "call_timeout");
  }

  #answeredLate(head: Head): void {
    if (this.#givenUp.has(head.firstId) && head.options.progress !== true) this.#givenUp.delete(head.firstId);
  }

  /** The session is over: whatever waits is refused. */
  end(error: WampError): void {
    for (const { id, procedure } of this.#pending.values()) {
      this.#take(id)?.reject(endedCall(error, procedure, id > 0));
    }
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    if (call !== undefined) this.#settled(call);
    return call;
  }

  #settled(call: PendingCall): void {
    this.#pending.delete(call.id);
    call.timer?.cancel();
    call.unwatch?.();
    if (call.steps?.parts !== undefined) this.#stopParts(call, call.steps);
    this.#idle.ended();
  }

  #stopParts({ procedure }: PendingCall, steps: Steps): void {
    const { parts } = steps;
    steps.parts = undefined;
    const report = (error: unknown) => this.#core.report(error, { during: "call", uri: procedure });
    try {
      Promise.resolve(parts?.return?.()).catch(report);
    } catch (error) {
      report(error);
    }
  }
}

/** How many calls that were given up are remembered: some routers never answer a CANCEL. */
const MAX_GIVEN_UP = 1024;

function pendingCall(
  procedure: string,
  whole: boolean,
  resolve: PendingCall["resolve"],
  reject: PendingCall["reject"],
  steps: Steps | undefined,
): PendingCall {
  return {
    id: 0,
    procedure,
    whole,
    resolve,
    reject,
    steps,
    timeout: 0,
    timer: undefined,
    unwatch: undefined,
  };
}

async function nextPart(
  parts: AsyncIterator<unknown>,
  { procedure, id, steps }: PendingCall,
): Promise<IteratorResult<unknown>> {
  try {
    return iteration(await parts.next());
  } catch (cause) {
    // It has come to its end by itself.
    if (steps !== undefined) steps.parts = undefined;
    const text = `The call of "${procedure}" was given up: its arguments did not come (${errorText(cause)})`;
    throw new CallError("aborted", text, { procedure, mayHaveRun: id > 0, cause });
  }
}

/** How long ago the last step was when a timer fires that was due; the clock may have been set meanwhile, forward or back. */
function quietFor(steps: Steps, due: number, now: number): number {
  if (steps.last > now) steps.last = now;
  return (steps.last > due ? now : Math.min(due, now)) - steps.last;
}

function wholeResult({ payload, options }: Head): CallResult {
  return { args: ownArgs(payload.args), kwargs: ownKwargs(payload.kwargs), details: options };
}

function timedOut({ procedure, id, timeout }: PendingCall, cause?: RemoteError): CallError {
  const text =
    `No answer from "${procedure}" within ${timeout} ms; it may still run. Raise the option timeout if it needs longer`;
  return new CallError("timeout", text, { procedure, mayHaveRun: id > 0, cause });
}

function endedCall(error: WampError, procedure: string, mayHaveRun: boolean): CallError {
  const text = mayHaveRun
    ? `no answer from "${procedure}" came before; it may have run`
    : `"${procedure}" was not called`;
  return new CallError(error.code, `${error.message}: ${text}`, { procedure, mayHaveRun, cause: error });
}
