import type { Head } from "../codec/head.ts";
import { mergeDicts } from "../codec/merge_dicts.ts";
import { Payload } from "../codec/payload.ts";
import type { Frame, HeaderElement } from "../codec/serializer.ts";
import type { Connection, ConnectionHandler } from "../transport/connection.ts";
import type { CloseInfo, Probed } from "../transport/transport.ts";
import * as CloseUri from "../wire/close_uri.ts";
import { describe } from "../wire/describe.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { ProtocolViolation, WampError } from "../wire/errors.ts";
import { IdTable } from "../wire/id_table.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import { validateOptions } from "../wire/options_validation.ts";
import { isReservedUri, isUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import { emptyDict, isEmptyDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import { actionOf, refusalText } from "./authorization.ts";
import type { Decision, SessionInfo } from "./authorization.ts";
import type { Invocation } from "./invocation.ts";
import { FlowControl } from "./flow_control.ts";
import { OneByOne } from "./one_by_one.ts";
import type { HeldEvents } from "./held_events.ts";
import type { KeptValue } from "./kept_value.ts";
import { missingFeature, missingText, unannouncedFeature, unannouncedText } from "./features.ts";
import type { Rate } from "./rate.ts";
import type { Realm } from "./realm.ts";
import type { Registration } from "./registration.ts";
import { RequestOrder } from "./request_order.ts";
import { RequestGate } from "./request_gate.ts";
import type { GateKeeper } from "./request_gate.ts";
import type { SessionOwner } from "./session_owner.ts";
import { SessionTraits } from "./session_traits.ts";
import type { Subscription } from "./subscription.ts";

/** The router's side of one joined session: takes its messages, and knows what is its own. */
export class RouterSession extends SessionTraits implements ConnectionHandler, GateKeeper {
  /** Its connection. */
  readonly connection: Connection;
  /** Its registrations, by id; there from the first one on, since most sessions have none. */
  registrations: Map<number, Registration> | undefined = undefined;
  /** Its subscriptions, by id, likewise. */
  subscriptions: Map<number, Subscription> | undefined = undefined;
  /** The events that are held back for it; none where it keeps up. */
  heldEvents: HeldEvents | undefined = undefined;
  /** Its calls without an answer, by their request id. */
  readonly calls: IdTable<Invocation> = new IdTable();
  /** What it was asked and has not answered, by the invocation's id. */
  readonly invocations: IdTable<Invocation> = new IdTable();
  /** Whether it is the router's own, by which it asks for others; what each of them may have pending limits what that may be. */
  isRouters = false;
  /** How many of its calls the router itself has yet to answer. */
  awaited = 0;
  /** How much of its calls is kept for another callee, in bytes. */
  reroutableBytes = 0;
  /** What was noted of it by `wamp.session.modify_details`. */
  notes: Map<string, KeptValue> | undefined = undefined;
  /** The id of the last INVOCATION that it got. */
  lastInvocation = 0;

  readonly #realm: Realm;
  readonly #owner: SessionOwner;
  readonly #gate: RequestGate;
  readonly #flow: FlowControl;
  readonly #rate: Rate | undefined;
  readonly #order: RequestOrder;
  #largeAnswers: OneByOne | undefined;
  #joined = true;
  #silent = false;
  #reason: string = CloseUri.transportLost;

  /**
   * @param realm The realm that it joined.
   * @param connection Its connection.
   * @param info What is known of it.
   * @param owner Who is told how it ended.
   */
  constructor(realm: Realm, connection: Connection, info: SessionInfo, owner: SessionOwner) {
    super(info, realm.strict);
    this.connection = connection;
    this.#realm = realm;
    this.#owner = owner;
    const { limits } = realm;
    this.#gate = new RequestGate(this, realm);
    this.#rate = realm.rates.of(connection);
    this.#order = new RequestOrder(limits.uriLength);
    this.#flow = new FlowControl(connection, limits, (reason, message) => this.abort(reason, message, 1008));
  }

  /** The id that its next INVOCATION has; it counts only once that is sent. */
  get nextInvocation(): number {
    return this.lastInvocation >= Number.MAX_SAFE_INTEGER ? 1 : this.lastInvocation + 1;
  }

  /** Whether less waits to be sent to it than calls may wait behind. */
  get takesCalls(): boolean {
    return this.connection.queuedBytes < this.#realm.limits.calleeBytes;
  }

  /**
   * Begins: sends WELCOME and takes the connection over.
   *
   * @throws {WampError} `unserializable` when what WELCOME should say cannot be represented; then nothing has begun.
   */
  start(): void {
    this.#sendWelcome();
    this.connection.start(this);
    this.#realm.join(this);
  }

  /**
   * Sends a message; nothing once the session has left or said GOODBYE.
   *
   * @param header The type code and the elements before the payload.
   * @param payload The payload, if the message has one.
   * @throws {WampError} `unserializable` when a value cannot be represented; then nothing is sent.
   */
  send(header: readonly HeaderElement[], payload?: Payload): void {
    if (this.#silent) return;
    this.connection.send(header, payload);
    if (!this.connection.writable) this.crowded();
  }

  /**
   * Sends a message that is encoded already; nothing once the session has left or said GOODBYE.
   *
   * @param frame The message, encoded by the connection's serializer; it must not change afterwards.
   */
  sendFrame(frame: Frame): void {
    if (!this.#silent) this.connection.sendFrame(frame);
  }

  /**
   * Answers a request with an ERROR.
   *
   * @param type The type of the request.
   * @param request Its id.
   * @param uri The error.
   * @param text What to say of it (default nothing).
   */
  sendError(type: number, request: number, uri: string, text?: string): void {
    const payload = text === undefined ? Payload.empty : Payload.of([text]);
    this.send([MessageType.ERROR, type, request, emptyDict, uri], payload);
  }

  /** Its connection has more queued than it should. */
  crowded(): void {
    if (!this.#silent && !this.connection.writable) this.#flow.crowded();
  }

  /**
   * Makes an answer that may be large: one after the other, each once most of what is on its way has left.
   *
   * @param make Makes it.
   * @returns The answer; undefined when the session is over before.
   */
  inTurn<Answer>(make: () => Answer | Promise<Answer>): Promise<Answer | undefined> {
    return (this.#largeAnswers ??= new OneByOne(this.connection)).answer(make);
  }

  /**
   * Says GOODBYE from this side; afterwards the session says and hears nothing, and has yet to leave.
   *
   * @param reason Why.
   * @param details What to say besides (default nothing).
   */
  goodbye(reason: string, details: Dict = emptyDict): void {
    this.send([MessageType.GOODBYE, details, reason]);
    this.#silent = true;
    this.#reason = reason;
  }

  /**
   * Leaves the realm after {@linkcode goodbye}, since it was killed.
   *
   * @param isQuiet Whether nobody is told, by event or testament (default false).
   */
  killed(isQuiet?: boolean): void {
    if (!this.#joined) return;
    this.leave(undefined, isQuiet);
    this.#owner.killed(this.connection);
  }

  /**
   * Leaves the realm; its owner decides what becomes of the connection.
   *
   * @param reason Why, a URI (default what {@linkcode goodbye} said).
   * @param isQuiet Whether nobody is told, by event or testament (default false).
   */
  leave(reason: string = this.#reason, isQuiet?: boolean): void {
    if (!this.#joined) return;
    this.#joined = false;
    this.#silent = true;
    this.#gate.close();
    this.#flow.release();
    this.#largeAnswers?.close();
    this.#realm.leave(this, reason, isQuiet);
  }

  /**
   * Ends the session with ABORT; its connection is closed then.
   *
   * @param reason Why, a URI.
   * @param message What to say of it.
   * @param code The WebSocket close code.
   */
  abort(reason: string, message: string, code: number): void {
    if (this.#silent) return;
    this.#sayAbort(reason, message);
    this.#dismiss(code);
  }

  /**
   * Another session wants what it holds. One of the same user may well have come in its place, while nobody has noticed that its connection is dead: so it
   * is asked for a sign of life, and is gone soon if it gives none.
   *
   * @param other The other session.
   */
  doubtedBy(other: RouterSession): void {
    if (other !== this && this.isSameUserAs(other) && isProbed(this.connection)) this.connection.probe();
  }

  /**
   * It does not read its events as fast as they come: says ABORT, so that none is sent behind the one that it misses, and leaves in a moment, as whoever
   * publishes right now may be in the middle of its maps.
   *
   * @returns Whether it was to go on until now.
   */
  fellBehind(): boolean {
    if (this.#silent) return false;
    const { id, authid } = this.info;
    const slow = `does not keep up with its events: ${this.connection.queuedBytes} bytes wait to be sent to it`;
    const text = `this session ${slow}, and the realm ends such sessions rather than leave events out`;
    this.#sayAbort(ErrorUri.networkFailure, text);
    const who = `session ${id} of ${describe(authid)} in realm "${this.#realm.name}"`;
    this.failed(new WampError("overflow", `Cannot send an event to ${who}, which is ended for it: it ${slow}`));
    queueMicrotask(() => this.#dismiss(1008));
    return true;
  }

  /** Takes a message. */
  message(head: Head): void {
    if (this.#silent) return;
    try {
      if (this.#rate?.exceeded() === true) return this.#tooFast();
      this.#measure(head);
      validateOptions(head);
      if (this.#realm.strict) this.#insist(head);
      this.#take(head);
    } catch (error) {
      this.broken(error);
    }
  }

  /** Takes something that is not a message. */
  violation(error: ProtocolViolation): void {
    if (error.limit !== undefined) this.#realm.limits.reached(error.limit);
    this.abort(ErrorUri.protocolViolation, error.message, 1002);
  }

  /** The queue has drained. */
  drained(): void {
    if (this.#silent) return;
    // Held events take all the room that there is; what the session says, and is answered, must not wait for the last of them.
    this.#flow.drained();
    this.#largeAnswers?.drained();
    if (this.heldEvents?.release() === true) this.heldEvents = undefined;
  }

  /** The connection is gone. */
  closed({ tooLarge = false }: CloseInfo): void {
    if (tooLarge) this.#realm.limits.reached("messageSize");
    this.leave();
    this.#owner.ended(this.connection);
  }

  /** Whether a request is sound and to be decided on; if not, it has been dealt with. */
  admits(head: Head): boolean {
    // It was decided on the call when that began.
    if (head.type === MessageType.CALL && this.#order.carriesOn(head)) {
      this.#realm.dealer.carryOn(this, head);
      return false;
    }
    if (this.#realm.strict) this.#order.begins(head);
    return this.isSound(head);
  }

  /** Whether a request says what it may; if not, it has been answered. */
  isSound(head: Head): boolean {
    const { type, uri } = head;
    const missing = missingFeature(head);
    if (missing !== undefined) {
      this.#refuse(head, ErrorUri.featureNotSupported, missingText(head, missing));
      return false;
    }
    if (type === MessageType.CALL && this.#realm.dealer.registrations.knows(uri, head)) return true;
    if (type === MessageType.PUBLISH && this.#realm.broker.knows(uri, head)) return true;
    if (type === MessageType.UNREGISTER || type === MessageType.UNSUBSCRIBE) return true;
    const isPattern = type === MessageType.REGISTER || type === MessageType.SUBSCRIBE;
    const match = isPattern ? (head.options.match ?? "exact") as MatchPolicy : "exact";
    const { limits, uriRules } = this.#realm;
    const tooDeep = match === "wildcard" &&
      uri.split(".", limits.patternComponents + 1).length > limits.patternComponents;
    if (uri.length > limits.uriLength) limits.reached("uriLength");
    if (tooDeep) limits.reached("patternComponents");
    if (uri.length > limits.uriLength || tooDeep || !isUri(uri, match, uriRules)) {
      const shown = uri.length > 200 ? `${uri.slice(0, 200)}...` : uri;
      this.#refuse(head, ErrorUri.invalidUri, `${messageName(type).toLowerCase()} for invalid URI '${shown}'`);
      return false;
    }
    if (isReservedUri(uri, match) && (type === MessageType.REGISTER || type === MessageType.PUBLISH)) {
      const text = type === MessageType.PUBLISH
        ? `publish with restricted topic URI '${uri}'`
        : `register for restricted procedure URI '${uri}'`;
      this.#refuse(head, ErrorUri.invalidUri, text);
      return false;
    }
    return true;
  }

  /** The authorizer has decided on a request. */
  decided(head: Head, decision: Decision): void {
    const { broker, dealer } = this.#realm;
    const disclose = decision.disclose === true;
    if (!decision.allow) return this.#deny(head, decision);
    if (head.type === MessageType.CALL) dealer.call(this, head, disclose);
    else if (head.type === MessageType.PUBLISH) broker.publish(this, head, disclose);
    else if (head.type === MessageType.REGISTER) dealer.registrations.register(this, head, disclose);
    else if (head.type === MessageType.UNREGISTER) dealer.registrations.unregister(this, head);
    else if (head.type === MessageType.SUBSCRIBE) broker.subscribe(this, head);
    else broker.unsubscribe(this, head);
  }

  /** The authorizer failed; the request is refused. */
  failed(error: unknown): void {
    this.#owner.failed(error);
  }

  /** The router itself failed: better one session than all of them. */
  broken(error: unknown): void {
    if (error instanceof ProtocolViolation) return this.violation(error);
    this.#owner.failed(error);
    this.abort(ErrorUri.runtimeError, "internal error of the router", 1011);
  }

  /** What waits for an earlier request has become more or less. */
  queued(length: number, bytes: number): void {
    this.#flow.queued(length, bytes);
  }

  #sayAbort(reason: string, message: string): void {
    this.connection.send([MessageType.ABORT, { message }, reason]);
    this.#silent = true;
    this.#reason = reason;
  }

  #dismiss(code: number): void {
    if (!this.#joined) return;
    const reason = this.#reason;
    this.leave();
    this.#owner.dismissed(this.connection, code, reason);
  }

  #tooFast(): void {
    const { limits } = this.#realm;
    limits.reached("messagesPerSecond");
    const text = `this session sends more than ${limits.messagesPerSecond} messages in a second`;
    this.abort(ErrorUri.unavailable, text, 1008);
  }

  // What is only forwarded is never decoded, but a byte of options may become a hundred of objects.
  #measure({ type, optionsStart, optionsEnd }: Head): void {
    const size = optionsEnd - optionsStart;
    const { optionsSize } = this.#realm.limits;
    if (size <= optionsSize) return;
    this.#realm.limits.reached("optionsSize");
    throw new ProtocolViolation(
      `Cannot take ${messageName(type)} with options of ${size} bytes: the limit is ${optionsSize}`,
    );
  }

  #insist(head: Head): void {
    this.#order.arrives(head);
    const missing = missingFeature(head);
    if (missing !== undefined) throw new ProtocolViolation(missingText(head, missing));
    const unsaid = unannouncedFeature(head, this.info.roles);
    if (unsaid !== undefined) throw new ProtocolViolation(unannouncedText(head, unsaid));
  }

  #take(head: Head): void {
    switch (head.type) {
      case MessageType.CALL:
      case MessageType.PUBLISH:
      case MessageType.REGISTER:
      case MessageType.UNREGISTER:
      case MessageType.SUBSCRIBE:
      case MessageType.UNSUBSCRIBE:
        return this.#gate.submit(head);
      case MessageType.YIELD:
        return this.#realm.dealer.yield(this, head);
      case MessageType.ERROR:
        return this.#realm.dealer.error(this, head);
      case MessageType.CANCEL:
        return this.#cancel(head);
      case MessageType.GOODBYE:
        return this.#goodbye(head);
      case MessageType.ABORT:
        this.leave(head.uri);
        return this.#owner.dismissed(this.connection, 1000, head.uri);
      case MessageType.AUTHENTICATE:
      case MessageType.HELLO:
        return this.#joinAgain(head);
      default:
        throw new ProtocolViolation(`Cannot take ${messageName(head.type)} from a client`);
    }
  }

  #cancel(head: Head): void {
    const running = this.calls.get(head.firstId);
    const withdrawn = running === undefined || running.stream !== undefined
      ? this.#gate.withdraw(head.firstId)
      : undefined;
    if (running !== undefined) return this.#realm.dealer.cancel(this, head);
    if (withdrawn === undefined) return;
    if (withdrawn.options.progress === true) this.#order.expectMore(withdrawn);
    this.sendError(MessageType.CALL, head.firstId, ErrorUri.canceled);
  }

  #goodbye({ uri }: Head): void {
    this.send([MessageType.GOODBYE, emptyDict, CloseUri.goodbyeAndOut]);
    const { observer } = this.#realm;
    const logsOut = uri === CloseUri.logout;
    if (logsOut) observer?.loggedOut(this.info);
    this.leave(uri);
    if (logsOut) this.#owner.loggedOut(this.connection);
    if (logsOut && observer !== undefined) this.#owner.dismissed(this.connection, 1000, uri);
    else this.#owner.parted(this.connection);
  }

  // Nexus answers AUTHENTICATE with the same WELCOME again and ignores HELLO.
  #joinAgain(head: Head): void {
    if (this.#realm.strict) {
      throw new ProtocolViolation(`Cannot take ${messageName(head.type)}: the session has joined`);
    }
    if (head.type === MessageType.AUTHENTICATE) this.#sendWelcome();
  }

  #sendWelcome(): void {
    const { id, authid, authrole, authmethod, authprovider, authextra } = this.info;
    const own = { authid, authrole, authmethod, authprovider };
    const { serializer } = this.connection;
    const details = serializer.encodeValue(isEmptyDict(authextra) ? own : { ...own, authextra });
    this.send([MessageType.WELCOME, id, mergeDicts(serializer, this.#realm.welcome.for(serializer), details)]);
  }

  #deny(head: Head, decision: Decision): void {
    const text = decision.message ?? refusalText(this.info, actionOf(head.type)!, head.uri);
    this.#refuse(head, decision.error ?? ErrorUri.notAuthorized, text);
  }

  #refuse(head: Head, uri: string, text: string): void {
    if (head.type === MessageType.PUBLISH && head.options.acknowledge !== true) return;
    this.sendError(head.type, head.firstId, uri, text);
  }
}

function isProbed(connection: Connection): connection is Connection & Probed {
  return "probe" in connection;
}
