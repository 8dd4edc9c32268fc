import type { Head } from "../codec/head.ts";
import type { Payload } from "../codec/payload.ts";
import type { Frame, HeaderElement } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";
import { nextTurn } from "../transport/next_turn.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import { hasFeature } from "../wire/features.ts";
import type { Roles } from "../wire/features.ts";
import { IdTable } from "../wire/id_table.ts";
import { IdSequence } from "../wire/ids.ts";
import { messageName } from "../wire/message_type.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Dict } from "../wire/values.ts";
import { emptyDict, isEmptyDict } from "../wire/values.ts";
import type { BoundErrors } from "./bound_errors.ts";
import { resolveUri } from "./arguments.ts";
import type { UriArgument } from "./arguments.ts";
import { errorText } from "./error_text.ts";
import { Idle } from "./idle.ts";
import type { Trace } from "./tracing.ts";

/** Where an error arose that no promise carries to anybody. */
export interface ErrorContext {
  /** What was being done. */
  readonly during: "call" | "procedure" | "event" | "hook" | "connect" | "restore" | "revocation" | "session";
  /** The procedure or topic, where there is one. */
  readonly uri?: string;
  /** Whether it is tried again by itself. */
  readonly retried?: boolean;
}

/** What the roles of a session have in common: the connection, the ids, the requests that wait for an answer. */
export interface CoreOptions {
  /** Where messages go. */
  readonly connection: Connection;
  /** Where time comes from. */
  readonly clock: Clock;
  /** What WELCOME announced. */
  readonly routerRoles: Roles;
  /** What relative URIs get in front; empty for nothing. */
  readonly prefix: string;
  /** How long a call may take by default, in milliseconds; 0 for any time. */
  readonly callTimeout: number;
  /** How long any other request may wait for its answer, in milliseconds; 0 for any time. */
  readonly requestTimeout: number;
  /** The classes that stand for errors of URIs. */
  readonly errors: BoundErrors;
  /** Wraps what is sent and what comes; undefined for nothing. */
  readonly trace: Trace | undefined;
  /** Told of errors that no promise carries. */
  report(error: unknown, context: ErrorContext): void;
  /** Told when more is queued than the connection wants. */
  slow(queuedBytes: number): void;
}

/** A request other than CALL that waits for its answer. */
interface PendingRequest {
  readonly type: number;
  readonly timer: Timer | undefined;
  /** Called inside the delivery of the answer, so that what follows it finds everything in place. */
  resolve(head: Head): void;
  reject(error: WampError): void;
}

/** What is to be done with the answer to a request that nobody waits for any more. */
interface LateRequest {
  readonly type: number;
  readonly release: ((head: Head) => void) | undefined;
}

/** How many requests are remembered whose late answer grants nothing: some routers never answer. */
const MAX_LATE = 1024;

/** So many messages of a loop that awaits each may go in one turn of the event loop; timers and sockets would wait for ever behind one that does not end. */
const SENT_IN_A_ROW = 1000;

/** Whether a message is of the type that answers a request: WAMP gives it the code that is next to the request's. */
function isAnswer(head: Head, { type }: { readonly type: number }): boolean {
  return head.type === type + 1;
}

/** The part of a session that its roles share. */
export class SessionCore {
  /** Where messages go. */
  readonly connection: Connection;
  /** Where time comes from. */
  readonly clock: Clock;
  /** How long a call may take by default, in milliseconds; 0 for any time. */
  readonly callTimeout: number;
  /** The classes that stand for errors of URIs. */
  readonly errors: BoundErrors;
  /** Wraps what is sent and what comes; undefined for nothing. */
  readonly trace: Trace | undefined;
  /** The request ids of this session. */
  readonly ids: IdSequence = new IdSequence();
  /** Why requests are refused; undefined while the session is open. */
  over: WampError | undefined;

  readonly #options: CoreOptions;
  readonly #pending: IdTable<PendingRequest> = new IdTable();
  readonly #late = new Map<number, LateRequest>();
  readonly #idle: Idle = new Idle(() => this.#pending.size > 0);
  /** The last URI that was found to be one, without a prefix; most clients name the same again and again. */
  #checked: string | undefined;
  readonly #room: Idle = new Idle(() => this.over === undefined && !this.connection.writable);
  #slow = false;
  #sentInARow = 0;

  /** @param options What the session was opened with. */
  constructor(options: CoreOptions) {
    this.connection = options.connection;
    this.clock = options.clock;
    this.callTimeout = options.callTimeout;
    this.errors = options.errors;
    this.trace = options.trace;
    this.#options = options;
  }

  /** How many requests wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether an answer may still come: to a request that waits for it, or to one that was given up. */
  get unanswered(): boolean {
    return this.#pending.size + this.#late.size > 0;
  }

  /** Resolves when no request waits for an answer. */
  idle(): Promise<void> {
    return this.#idle.wait();
  }

  /** Completes and checks a URI. */
  resolve(uri: UriArgument, method: string, match?: MatchPolicy): string {
    if (typeof uri === "string" && uri === this.#checked && match === undefined) return uri;
    const full = resolveUri(uri, this.#options.prefix, method, match);
    if (uri === full && match === undefined) this.#checked = full;
    return full;
  }

  /** Tells whether the router announced a feature. */
  has(role: "broker" | "dealer", feature: string): boolean {
    return hasFeature(this.#options.routerRoles, role, feature);
  }

  /**
   * Makes sure that the router announced a feature.
   *
   * @param role The router's role.
   * @param feature The feature.
   * @param what What needs it, for the error text.
   * @throws {WampError} `unsupported` when it did not.
   */
  require(role: "broker" | "dealer", feature: string, what: string): void {
    if (this.has(role, feature)) return;
    throw new WampError("unsupported", `Cannot ${what}: the router does not announce ${feature} of the role ${role}`);
  }

  /** Reports an error that no promise carries. */
  report(error: unknown, context: ErrorContext): void {
    this.#options.report(error, context);
  }

  /** Encodes options, so that a bad value is found before an id is taken. */
  encode(options: Dict): HeaderElement {
    return isEmptyDict(options) ? emptyDict : this.connection.serializer.encodeValue(options);
  }

  /**
   * Encodes a request with a payload, under the id that is next. What is being encoded may send something itself, by a getter or `toJSON`, so that
   * the next id is another by then.
   *
   * @param type The message type.
   * @param options The options; encoded already.
   * @param uri The procedure or topic.
   * @param payload The payload.
   * @returns The message, which is to take that id and go at once.
   * @throws {WampError} `unserializable` when a value cannot be represented, `payload_size_exceeded` when the router takes no message as large.
   */
  encodeNext(type: number, options: HeaderElement, uri: string, payload: Payload): Frame {
    const { connection, ids } = this;
    for (;;) {
      const id = ids.upcoming;
      const frame = connection.encode([type, id, options, uri], payload);
      if (id === ids.upcoming) return frame;
      payload.encodedBy(connection.serializer);
    }
  }

  /** Sends a message; nothing happens when the session is over. */
  send(header: readonly HeaderElement[], payload?: Payload): void {
    if (this.over !== undefined) return;
    this.connection.send(header, payload);
    this.#sent();
  }

  /** Sends a message that was encoded; nothing happens when the session is over. */
  sendFrame(frame: Frame): void {
    if (this.over !== undefined) return;
    this.connection.sendFrame(frame);
    this.#sent();
  }

  #sent(): void {
    if (!this.#slow && !this.connection.writable) {
      this.#slow = true;
      this.#options.slow(this.connection.queuedBytes);
    }
  }

  /**
   * Waits until the connection takes more, and every so often for the next turn of the event loop.
   *
   * @returns Resolves then; undefined when more can go at once, as when the session is over.
   */
  room(): Promise<void> | undefined {
    if (++this.#sentInARow % SENT_IN_A_ROW === 0) return new Promise<void>(nextTurn).then(() => this.#room.wait());
    return this.over === undefined && !this.connection.writable ? this.#room.wait() : undefined;
  }

  /** The connection takes more. */
  drained(): void {
    this.#slow = false;
    this.#room.release();
  }

  /**
   * Sends a request and keeps it until its answer comes.
   *
   * @param type The message type.
   * @param elements What follows the request id; encoded already where encoding may fail.
   * @param resolve Called inside the delivery of the answer.
   * @param reject Called when it cannot be sent, the answer is an ERROR, does not come in time, or the session ends.
   * @param release Called when the answer comes after all, to give back what it grants.
   */
  request(
    type: number,
    elements: readonly HeaderElement[],
    resolve: (head: Head) => void,
    reject: (error: WampError) => void,
    release?: (head: Head) => void,
  ): void {
    this.#request(type, (id) => this.send([type, id, ...elements]), resolve, reject, release);
  }

  /**
   * Sends a request of {@linkcode encodeNext} and keeps it until its answer comes.
   *
   * @param type The message type.
   * @param frame The message.
   * @param resolve Called inside the delivery of the answer.
   * @param reject Called when it cannot be sent, the answer is an ERROR, does not come in time, or the session ends.
   */
  requestFrame(
    type: number,
    frame: Frame,
    resolve: (head: Head) => void,
    reject: (error: WampError) => void,
  ): void {
    this.#request(type, () => this.sendFrame(frame), resolve, reject);
  }

  #request(
    type: number,
    send: (id: number) => void,
    resolve: (head: Head) => void,
    reject: (error: WampError) => void,
    release?: (head: Head) => void,
  ): void {
    if (this.over !== undefined) return reject(this.over);
    const id = this.ids.next();
    const { requestTimeout } = this.#options;
    const timer = requestTimeout === 0 ? undefined : this.clock.timer(requestTimeout, () => {
      this.#take(id);
      if (release !== undefined || this.#late.size < MAX_LATE) this.#late.set(id, { type, release });
      const what = messageName(type);
      reject(
        new WampError(
          "timeout",
          `The router did not answer ${what} within ${requestTimeout} ms; raise the option requestTimeout if it needs longer`,
        ),
      );
    });
    this.#pending.set(id, { type, timer, resolve, reject });
    try {
      send(id);
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      this.ids.giveBack(id);
      this.#take(id);
      reject(error);
    }
  }

  #take(id: number): void {
    this.#pending.get(id)?.timer?.cancel();
    this.#pending.delete(id);
    this.#idle.ended();
  }

  /** An answer came; one that nobody waits for is late or foreign and settles nothing. */
  answered(head: Head): void {
    const pending = this.#pending.get(head.firstId);
    if (pending === undefined) return this.#answeredLate(head);
    if (!isAnswer(head, pending)) return;
    this.#take(head.firstId);
    pending.resolve(head);
  }

  #answeredLate(head: Head): void {
    const late = this.#late.get(head.firstId);
    if (late === undefined || !isAnswer(head, late)) return;
    this.#late.delete(head.firstId);
    late.release?.(head);
  }

  /** An ERROR came that is not a call's. */
  failed(head: Head): void {
    const pending = this.#pending.get(head.firstId);
    if (pending === undefined) return void this.#late.delete(head.firstId);
    if (head.requestType !== pending.type) return;
    this.#take(head.firstId);
    pending.reject(remoteError(head));
  }

  /** The session is over: whatever waits is refused. */
  end(error: WampError): void {
    this.over = error;
    const pending = this.#pending.values();
    this.#pending.clear();
    this.#late.clear();
    for (const { timer, reject } of pending) {
      timer?.cancel();
      reject(error);
    }
    this.#idle.release();
    this.drained();
  }
}

/**
 * Makes the error that an ERROR message stands for.
 *
 * @param head The message.
 * @returns The error; one whose payload cannot be decoded comes without it.
 */
export function remoteError(head: Head): RemoteError {
  try {
    return new RemoteError(head.uri, head.payload.args, head.payload.kwargs, head.options);
  } catch (cause) {
    const error = new RemoteError(head.uri);
    error.cause = cause;
    return error;
  }
}

/**
 * Makes the error for a payload that cannot be decoded.
 *
 * @param what What the payload belongs to.
 * @param cause Why it cannot.
 * @returns The error.
 */
export function undecodable(what: string, cause: unknown): WampError {
  return new WampError("unserializable", `Cannot decode ${what}: ${errorText(cause)}`, { cause });
}
