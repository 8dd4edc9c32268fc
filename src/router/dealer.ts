import type { Head } from "../codec/head.ts";
import { keptHead, spendHeader } from "../codec/head_memory.ts";
import { Payload } from "../codec/payload.ts";
import { Encoded } from "../codec/serializer.ts";
import { ownAttributes } from "../wire/attributes.ts";
import type { Clock } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { ProtocolViolation, WampError } from "../wire/errors.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import { ownText } from "../wire/own_text.ts";
import type { Random } from "../wire/random.ts";
import { isReservedUri, isUri } from "../wire/uri.ts";
import { emptyDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import { invocationDetails, resultDetails } from "./call_details.ts";
import { missingFeature, missingText, passedOn, passesThrough } from "./features.ts";
import type { TimeoutUnit } from "./features.ts";
import { Invocation } from "./invocation.ts";
import type { RoutedCall } from "./invocation.ts";
import { Invocations } from "./invocations.ts";
import type { CountedLimits } from "./limits.ts";
import { answerByRouter } from "./meta_procedure.ts";
import type { MetaProcedure } from "./meta_procedure.ts";
import { suitable } from "./needed_features.ts";
import { refusedCall, slowText } from "./refused_call.ts";
import type { Callee, Registration } from "./registration.ts";
import type { Registrations } from "./registrations.ts";
import { weightOf } from "./request_gate.ts";
import type { RouterSession } from "./router_session.ts";

const calleeLeft = Payload.of(["callee disconnected from in-flight request"]);

/** How many calls of one session the router itself may have yet to answer: each may have asked an authorizer or a store, which others need, too. */
const MOST_AWAITED = 64;

/** What is kept of a call that was passed on from one callee to the next. */
interface Rerouted {
  readonly refused: ReadonlySet<RouterSession>;
  readonly remaining: number | undefined;
}

/** What a dealer works with. */
export interface DealerOptions {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** What sessions may have. */
  readonly limits: CountedLimits;
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

  readonly #invocations: Invocations;
  readonly #random: Random;
  readonly #limits: CountedLimits;
  readonly #strict: boolean;
  readonly #inSeconds: boolean;
  readonly #procedures: ReadonlyMap<string, MetaProcedure>;

  /** @param options What it works with. */
  constructor({ clock, random, limits, strict, timeoutUnit, procedures, registrations }: DealerOptions) {
    this.registrations = registrations;
    this.#random = random;
    this.#limits = limits;
    this.#strict = strict;
    this.#inSeconds = timeoutUnit === "seconds";
    this.#invocations = new Invocations(clock, this.#inSeconds ? ErrorUri.canceled : ErrorUri.timeout);
    this.#procedures = procedures;
  }

  /** How many calls wait for their answer. */
  get pending(): number {
    return this.#invocations.size;
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
    const registration = this.registrations.best(procedure, head);
    // A pattern never stands in for a procedure of the router's own.
    if (registration === undefined || (registration.match !== "exact" && isReservedUri(procedure))) {
      const own = this.#procedures.get(procedure);
      if (own !== undefined) return this.#answer(own, caller, head);
      const text = `no callee registered for procedure <${procedure}>`;
      return caller.sendError(MessageType.CALL, request, ErrorUri.noSuchProcedure, text);
    }
    if (caller.calls.has(request)) {
      const text = `Cannot call ${procedure} with request id ${request}: an earlier call under it waits for its answer`;
      return caller.sendError(MessageType.CALL, request, ErrorUri.invalidArgument, text);
    }
    if (caller.calls.size >= this.#limits.pendingCalls && !caller.isRouters) {
      this.#limits.reached("pendingCalls");
      const text =
        `Cannot call ${procedure}: ${this.#limits.pendingCalls} calls of this session wait for their answer, the router's limit pendingCalls; ` +
        "wait for some of them or cancel them before you call again, or raise the limit";
      return caller.sendError(MessageType.CALL, request, ErrorUri.unavailable, text);
    }
    const suits = suitable(options);
    const callee = registration.pick(this.#random, suits);
    if (callee === undefined) return this.#noneAvailable(caller, head, registration);
    this.#invoke(caller, head, disclose, registration, callee);
  }

  /**
   * Takes a CALL that carries on an earlier one; it is ignored when that has ended, since the two may cross.
   *
   * @param caller Who sent it.
   * @param head The message.
   *
   * @see WAMP advanced profile, "Progressive Call Invocations"
   */
  carryOn(caller: RouterSession, head: Head): void {
    const invocation = caller.calls.get(head.firstId);
    if (invocation?.stream === undefined || invocation.interrupted) return;
    const { id, stream, callee: { session } } = invocation;
    const isMore = head.options.progress === true;
    this.#invocations.forgetCall(invocation);
    if (!isMore) invocation.stream = undefined;
    if (this.#isForeign(invocation, head)) return;
    if (!session.takesCalls) {
      this.#limits.reached("calleeBytes");
      const slow = slowText("the callee", this.#limits.calleeBytes);
      const text = `Cannot pass the call on: ${slow}; send its parts more slowly, or raise the limit`;
      return this.#break(invocation, ErrorUri.networkFailure, text);
    }
    try {
      const own = ownAttributes(head.options);
      const details = { ...stream.details, ...(isMore ? { progress: true } : emptyDict), ...own };
      session.send([MessageType.INVOCATION, id, stream.registration, details], head.payload);
    } catch (error) {
      this.#break(invocation, uriOf(error), `Cannot pass the arguments on to the callee: ${messageOf(error)}`);
    }
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
    if (isProgress) this.#progressed(invocation);
    else this.#invocations.settle(invocation);
    if (this.#isForeign(invocation, head)) return;
    const { caller, request, callee } = invocation;
    try {
      const details = resultDetails(callee, head.options, caller.connection.serializer);
      if (session.connection.handsOver) spendHeader(head);
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
    if (head.uri === ErrorUri.unavailable && this.#reroute(invocation)) return;
    this.#invocations.settle(invocation);
    if (this.#isForeign(invocation, head)) return;
    const { caller, request } = invocation;
    if (!isUri(head.uri)) {
      const text = `the callee answered with an error whose URI is invalid: ${JSON.stringify(head.uri.slice(0, 200))}`;
      return caller.sendError(MessageType.CALL, request, ErrorUri.invalidUri, text);
    }
    try {
      const details = passedOn(head.options);
      caller.send([MessageType.ERROR, MessageType.CALL, request, details, head.uri], head.payload);
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
    this.#invocations.forgetCall(invocation);
    if (mode !== "skip") this.#invocations.interrupt(invocation, mode);
    // Who waits for more arguments would do so for ever.
    else if (invocation.stream !== undefined) this.#invocations.interrupt(invocation);
    if (mode === "kill") return;
    this.#invocations.settle(invocation);
    session.sendError(MessageType.CALL, invocation.request, ErrorUri.canceled);
  }

  /**
   * Takes leave of a session: ends its calls, its invocations, its registrations.
   *
   * @param session Who left.
   */
  leave(session: RouterSession): void {
    for (const invocation of session.calls.values()) {
      this.#invocations.interrupt(invocation);
      this.#invocations.settle(invocation);
    }
    for (const invocation of session.invocations.values()) {
      this.#invocations.settle(invocation);
      const { caller, request } = invocation;
      caller.send([MessageType.ERROR, MessageType.CALL, request, emptyDict, ErrorUri.canceled], calleeLeft);
    }
    this.registrations.leave(session);
  }

  // Before the message is sent the invocation is entered, since encoding may run a getter of this process which ends one of the two sessions.
  #invoke(
    caller: RouterSession,
    head: Head,
    disclose: boolean,
    registration: Registration,
    callee: Callee,
    rerouted?: Rerouted,
  ): void {
    const { session } = callee;
    const { options, uri: procedure } = head;
    const id = session.nextInvocation;
    const invocation = new Invocation(id, caller, head.firstId, callee, options.receive_progress === true);
    this.#invocations.begin(invocation);
    try {
      const pattern = registration.match === "exact" ? undefined : procedure;
      const details = invocationDetails(caller, callee, options, disclose, pattern, this.#inSeconds);
      if (caller.connection.handsOver) spendHeader(head);
      if (options.progress === true) this.#sendFirst(invocation, registration, head, details);
      else session.send([MessageType.INVOCATION, id, registration.id, details], head.payload);
    } catch (error) {
      if (!session.invocations.has(id)) return;
      const text = `Cannot pass the arguments on to the callee: ${messageOf(error)}`;
      return this.#invocations.fail(invocation, uriOf(error), text);
    }
    session.lastInvocation = id;
    if (session.takesRerouting) {
      this.#keepCall(invocation, { head, disclose, registration, refused: rerouted?.refused });
    }
    const timeout = options.timeout as number | undefined ?? 0;
    if (timeout === 0 || callee.keepsTime) return;
    this.#invocations.keepTime(invocation, this.#inSeconds ? timeout * 1_000 : timeout, rerouted?.remaining);
  }

  #sendFirst(invocation: Invocation, registration: Registration, head: Head, details: Dict | Encoded): void {
    const { session } = invocation.callee;
    const { procedure, ...more } = details instanceof Encoded ? invocation.caller.asCaller : details;
    const own = ownAttributes(head.options);
    const kept = own === emptyDict
      ? more
      : Object.fromEntries(Object.entries(more).filter(([name]) => name[0] !== "_"));
    const frozen = procedure === undefined ? kept : { ...kept, procedure: ownText(head.uri) };
    invocation.stream = { registration: registration.id, details: frozen };
    const header = [MessageType.INVOCATION, invocation.id, registration.id, { ...frozen, ...own, progress: true }];
    session.send(header, head.payload);
  }

  #keepCall(invocation: Invocation, call: RoutedCall): void {
    const { caller } = invocation;
    const { head } = call;
    if (caller.reroutableBytes + weightOf(head) > this.#limits.reroutableBytes) {
      return this.#limits.reached("reroutableBytes");
    }
    this.#invocations.keepCall(invocation, { ...call, head: keptHead(head) });
  }

  /**
   * Passes a call on to the next callee, since one is not available.
   *
   * @param invocation What that one was asked.
   * @returns Whether it is passed on, or nobody is left; if not, the callee's error is the answer.
   *
   * @see WAMP advanced profile, "Call Re-Routing"
   */
  #reroute(invocation: Invocation): boolean {
    const { caller, request, callee, rerouting } = invocation;
    if (rerouting === undefined) return false;
    const { head, disclose, registration } = rerouting;
    const refused = new Set(rerouting.refused).add(callee.session);
    const remaining = this.#invocations.remaining(invocation);
    this.#invocations.settle(invocation);
    const suits = suitable(head.options);
    const next = registration.pick(
      this.#random,
      (callee) => !refused.has(callee.session) && suits?.(callee) !== false,
    );
    if (next === undefined) {
      const text = `no callee of procedure <${registration.uri}> is available`;
      caller.sendError(MessageType.CALL, request, ErrorUri.noAvailableCallee, text);
    } else {
      this.#invoke(caller, head, disclose, registration, next, { refused, remaining });
    }
    return true;
  }

  #progressed(invocation: Invocation): void {
    this.#invocations.forgetCall(invocation);
    this.#invocations.renewTime(invocation);
  }

  #resultLost(invocation: Invocation, error: unknown): void {
    this.#break(invocation, uriOf(error), `Cannot pass the result on to the caller: ${messageOf(error)}`);
  }

  // One of the two said something that this router cannot pass on as it was meant.
  #isForeign(invocation: Invocation, head: Head): boolean {
    const missing = missingFeature(head);
    const isDeaf = head.type !== MessageType.CALL && passesThrough(head.options) && !invocation.caller.expectsPassthru;
    if (missing === undefined && !isDeaf) return false;
    const text = missing === undefined
      ? "the callee answers in payload_passthru_mode, which this session did not announce"
      : missingText(head, missing);
    this.#break(invocation, ErrorUri.featureNotSupported, text);
    return true;
  }

  /** Ends a call in the middle. */
  #break(invocation: Invocation, uri: string, text: string): void {
    this.#invocations.interrupt(invocation);
    this.#invocations.fail(invocation, uri, text);
  }

  #noneAvailable(caller: RouterSession, { firstId: request, options }: Head, registration: Registration): void {
    const { uri, text } = refusedCall(registration, options, this.#limits.calleeBytes);
    if (uri === ErrorUri.networkFailure) this.#limits.reached("calleeBytes");
    caller.sendError(MessageType.CALL, request, uri, text);
  }

  #answer(procedure: MetaProcedure, caller: RouterSession, head: Head): void {
    if (caller.awaited >= MOST_AWAITED) {
      this.#limits.reached("pendingCalls");
      const text =
        `Cannot call ${head.uri}: ${MOST_AWAITED} calls of this session wait for the router's own answer, the most that may whatever its limit pendingCalls is; ` +
        "wait for some of them before you call again";
      return caller.sendError(MessageType.CALL, head.firstId, ErrorUri.unavailable, text);
    }
    if (head.options.progress !== true) return answerByRouter(procedure, caller, head);
    const text = `procedure <${head.uri}> is the router's own: it does not know progressive_call_invocations`;
    caller.sendError(MessageType.CALL, head.firstId, ErrorUri.featureNotSupported, text);
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
