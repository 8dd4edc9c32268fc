import type { Head } from "../codec/head.ts";
import { Payload } from "../codec/payload.ts";
import type { Clock } from "../wire/clock.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import { ProtocolViolation, WampError } from "../wire/errors.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import type { Random } from "../wire/random.ts";
import { isReservedUri, isUri } from "../wire/uri.ts";
import { emptyDict } from "../wire/values.ts";
import { invocationDetails, resultDetails } from "./call_details.ts";
import { ConstantDict } from "./constant_dict.ts";
import { missingFeature, missingText } from "./features.ts";
import type { TimeoutUnit } from "./features.ts";
import { Invocation } from "./invocation.ts";
import type { Limits } from "./limits.ts";
import { answerByRouter } from "./meta_procedure.ts";
import type { MetaProcedure } from "./meta_procedure.ts";
import type { Registration } from "./registration.ts";
import type { Registrations } from "./registrations.ts";
import type { RouterSession } from "./router_session.ts";

const calleeLeft = Payload.of(["callee disconnected from in-flight request"]);
const interrupts: { readonly [mode: string]: ConstantDict } = {
  kill: new ConstantDict({ mode: "kill" }),
  killnowait: new ConstantDict({ mode: "killnowait" }),
};

/** What a dealer works with. */
export interface DealerOptions {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** What sessions may have. */
  readonly limits: Limits;
  /** Whether tolerance ends the session. */
  readonly strict: boolean;
  /** What CALL.Options.timeout is counted in. */
  readonly timeoutUnit: TimeoutUnit;
  /** What the router itself serves, by URI. */
  readonly procedures: ReadonlyMap<string, MetaProcedure>;
  /** Who answers which procedure. */
  readonly registrations: Registrations;
}

/**
 * Routes calls: knows the invocations on their way.
 *
 * @see WAMP basic profile, "Remote Procedure Calls"
 */
export class Dealer {
  /** Who answers which procedure. */
  readonly registrations: Registrations;

  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: Limits;
  readonly #strict: boolean;
  readonly #inSeconds: boolean;
  readonly #procedures: ReadonlyMap<string, MetaProcedure>;
  #pending = 0;

  /** @param options What it works with. */
  constructor({ clock, random, limits, strict, timeoutUnit, procedures, registrations }: DealerOptions) {
    this.registrations = registrations;
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
    this.#strict = strict;
    this.#inSeconds = timeoutUnit === "seconds";
    this.#procedures = procedures;
  }

  /** How many calls wait for their answer. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Takes a CALL that is allowed.
   *
   * @param caller Who sent it.
   * @param head The message.
   * @param disclose Whether the caller's identity goes along even though it did not ask.
   */
  call(caller: RouterSession, head: Head, disclose: boolean): void {
    const { uri: procedure, firstId: request, options } = head;
    const registration = this.registrations.best(procedure);
    // A pattern never stands in for a procedure of the router's own.
    if (registration === undefined || (registration.match !== "exact" && isReservedUri(procedure))) {
      const own = this.#procedures.get(procedure);
      if (own !== undefined) return answerByRouter(own, caller, head);
      const text = `no callee registered for procedure <${procedure}>`;
      return caller.sendError(MessageType.CALL, request, ErrorUri.noSuchProcedure, text);
    }
    if (caller.calls.has(request)) {
      const text = `Cannot call ${procedure} with request id ${request}: an earlier call under it waits for its answer`;
      return caller.sendError(MessageType.CALL, request, ErrorUri.invalidArgument, text);
    }
    if (caller.calls.size >= this.#limits.pendingCalls) {
      const text =
        `Cannot call ${procedure}: ${this.#limits.pendingCalls} calls of this session wait for their answer, the most that may`;
      return caller.sendError(MessageType.CALL, request, ErrorUri.unavailable, text);
    }
    const callee = registration.pick(this.#random);
    if (callee === undefined) return this.#noneAvailable(caller, request, registration);
    const { session } = callee;
    const receiveProgress = options.receive_progress === true;
    const timeout = options.timeout as number | undefined ?? 0;
    const id = session.nextInvocation;
    const invocation = new Invocation(id, caller, request, callee, receiveProgress);
    // Before it is sent, since encoding it may run a getter of this process which ends one of the two sessions.
    this.#begin(invocation);
    try {
      const details = invocationDetails(
        caller,
        session,
        disclose || options.disclose_me === true,
        receiveProgress && session.takesProgress,
        registration.match === "exact" ? undefined : procedure,
        this.#inSeconds || callee.keepsTime ? timeout : 0,
      );
      session.send([MessageType.INVOCATION, id, registration.id, details], head.payload);
    } catch (error) {
      if (!session.invocations.has(id)) return;
      const text = `Cannot pass the arguments on to the callee: ${messageOf(error)}`;
      return this.#fail(invocation, uriOf(error), text);
    }
    session.lastInvocation = id;
    if (timeout > 0 && !callee.keepsTime) this.#keepTime(invocation, timeout);
  }

  /**
   * Takes a YIELD.
   *
   * @param session Who sent it.
   * @param head The message.
   * @throws {ProtocolViolation} In a strict realm, when it answers nothing that the session was ever asked.
   */
  yield(session: RouterSession, head: Head): void {
    const invocation = session.invocations.get(head.firstId);
    if (invocation === undefined) return this.#unknownAnswer(session, head);
    const isProgress = head.options.progress === true;
    if (isProgress && !invocation.receiveProgress) return this.#unwantedProgress(head);
    if (!isProgress) this.#settle(invocation);
    else if (invocation.timer !== undefined) this.#startTimer(invocation);
    if (this.#isForeign(invocation, head)) return;
    const { caller, request, callee } = invocation;
    try {
      const details = resultDetails(callee, isProgress, caller.connection.serializer);
      caller.send([MessageType.RESULT, request, details], head.payload);
    } catch (error) {
      this.#resultLost(invocation, error);
    }
  }

  /**
   * Takes an ERROR that answers an INVOCATION.
   *
   * @param session Who sent it.
   * @param head The message.
   * @throws {ProtocolViolation} When it answers something else, or in a strict realm nothing that the session was ever asked.
   */
  error(session: RouterSession, head: Head): void {
    if (head.requestType !== MessageType.INVOCATION) {
      throw new ProtocolViolation(
        `Cannot take an ERROR for ${messageName(head.requestType)}: a client answers an INVOCATION only`,
      );
    }
    const invocation = session.invocations.get(head.firstId);
    if (invocation === undefined) return this.#unknownAnswer(session, head);
    this.#settle(invocation);
    if (this.#isForeign(invocation, head)) return;
    const { caller, request } = invocation;
    if (!isUri(head.uri)) {
      const text = `the callee answered with an error whose URI is invalid: ${JSON.stringify(head.uri.slice(0, 200))}`;
      return caller.sendError(MessageType.CALL, request, ErrorUri.invalidUri, text);
    }
    try {
      caller.send([MessageType.ERROR, MessageType.CALL, request, emptyDict, head.uri], head.payload);
    } catch (error) {
      this.#resultLost(invocation, error);
    }
  }

  /**
   * Takes a CANCEL; one for a call that has ended is ignored, since the two may cross.
   *
   * @param session Who sent it.
   * @param head The message.
   *
   * @see WAMP advanced profile, "Call Canceling"
   */
  cancel(session: RouterSession, head: Head): void {
    const invocation = session.calls.get(head.firstId);
    if (invocation === undefined) return;
    const callee = invocation.callee.session;
    const mode = callee.takesCanceling ? head.options.mode as string | undefined ?? "killnowait" : "skip";
    if (mode !== "skip") this.#interrupt(invocation, mode);
    if (mode === "kill") return;
    this.#settle(invocation);
    session.sendError(MessageType.CALL, invocation.request, ErrorUri.canceled);
  }

  /**
   * Takes leave of a session: ends its calls, its invocations, its registrations.
   *
   * @param session Who left.
   */
  leave(session: RouterSession): void {
    for (const invocation of session.calls.values()) {
      if (invocation.callee.session.takesCanceling) this.#interrupt(invocation, "killnowait");
      this.#settle(invocation);
    }
    for (const invocation of session.invocations.values()) {
      this.#settle(invocation);
      const { caller, request } = invocation;
      caller.send([MessageType.ERROR, MessageType.CALL, request, emptyDict, ErrorUri.canceled], calleeLeft);
    }
    this.registrations.leave(session);
  }

  #resultLost(invocation: Invocation, error: unknown): void {
    const text = `Cannot pass the result on to the caller: ${messageOf(error)}`;
    this.#fail(invocation, uriOf(error), text);
  }

  // The callee answered by something that this router cannot pass on as it was meant.
  #isForeign(invocation: Invocation, head: Head): boolean {
    const missing = missingFeature(head);
    if (missing !== undefined) this.#fail(invocation, ErrorUri.featureNotSupported, missingText(head, missing));
    return missing !== undefined;
  }

  #fail(invocation: Invocation, uri: string, text: string): void {
    this.#settle(invocation);
    invocation.caller.sendError(MessageType.CALL, invocation.request, uri, text);
  }

  #keepTime(invocation: Invocation, timeout: number): void {
    if (!invocation.callee.session.invocations.has(invocation.id)) return;
    invocation.timeout = this.#inSeconds ? timeout * 1_000 : timeout;
    this.#startTimer(invocation);
  }

  #startTimer(invocation: Invocation): void {
    invocation.timer?.cancel();
    invocation.timer = this.#clock.timer(invocation.timeout, () => this.#expire(invocation), { background: true });
  }

  #expire(invocation: Invocation): void {
    if (invocation.callee.session.takesCanceling) this.#interrupt(invocation, "killnowait");
    const uri = this.#inSeconds ? ErrorUri.canceled : ErrorUri.timeout;
    this.#fail(invocation, uri, "timeout reached");
  }

  #begin(invocation: Invocation): void {
    const { id, caller, request, callee } = invocation;
    callee.running++;
    this.#pending++;
    callee.session.invocations.set(id, invocation);
    caller.calls.set(request, invocation);
  }

  #settle(invocation: Invocation): void {
    const { caller, callee } = invocation;
    if (!callee.session.invocations.delete(invocation.id)) return;
    callee.running--;
    this.#pending--;
    invocation.timer?.cancel();
    caller.calls.delete(invocation.request);
  }

  #interrupt(invocation: Invocation, mode: string): void {
    if (invocation.interrupted) return;
    invocation.interrupted = true;
    const { session } = invocation.callee;
    const options = interrupts[mode]!.for(session.connection.serializer);
    session.send([MessageType.INTERRUPT, invocation.id, options]);
  }

  #noneAvailable(caller: RouterSession, request: number, registration: Registration): void {
    const busy = registration.callees.some((callee) => callee.running >= callee.concurrency);
    const [uri, why] = busy
      ? [ErrorUri.maxConcurrencyReached, "it is at its concurrency limit"]
      : [ErrorUri.networkFailure, "its connection is congested"];
    caller.sendError(
      MessageType.CALL,
      request,
      uri,
      `no callee of procedure <${registration.uri}> takes the call: ${why}`,
    );
  }

  // Ids of one session go up from 1, so that one up to the last can only be late or repeated: a normal race.
  #unknownAnswer(session: RouterSession, head: Head): void {
    if (!this.#strict || head.firstId <= session.lastInvocation) return;
    throw new ProtocolViolation(
      `Cannot take ${messageName(head.type)} for invocation ${head.firstId}: this session never got it`,
    );
  }

  #unwantedProgress(head: Head): void {
    if (!this.#strict) return;
    throw new ProtocolViolation(
      `Cannot take a progressive YIELD for invocation ${head.firstId}: receive_progress was not asked for`,
    );
  }
}

function uriOf(error: unknown): string {
  return WampError.is(error, "payload_size_exceeded") ? ErrorUri.payloadSizeExceeded : ErrorUri.invalidArgument;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
