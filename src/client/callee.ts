import type { Head } from "../codec/head.ts";
import { Payload } from "../codec/payload.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import { IdTable } from "../wire/id_table.ts";
import { MessageType } from "../wire/message_type.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Args, Dict, SentArgs, SentKwargs } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { checkHandler, resolveUri, toPayload, wireOptions } from "./arguments.ts";
import type { UriArgument, Usage } from "./arguments.ts";
import { asked } from "./aborting.ts";
import type { CallInput } from "./call_input.ts";
import { undecodable } from "./core.ts";
import type { SessionCore } from "./core.ts";
import { isGenerator, iteration } from "./generator.ts";
import type { ProcedureHandler, RegisterOptions, Registration } from "./handles.ts";
import { errorText } from "./error_text.ts";
import { Idle } from "./idle.ts";
import { Interruption, Invocation } from "./invocation.ts";
import type { InvocationHost } from "./invocation.ts";
import { Notice } from "./notice.ts";
import { ownArgs, ownKwargs } from "./owned.ts";
import { passthru } from "./passthru.ts";
import type { PassthruOptions } from "./passthru.ts";
import { Result, resultPayload } from "./result.ts";
import type { Session } from "./session.ts";
import { isThenable } from "./thenable.ts";
import { traced } from "./tracing.ts";
import type { Trace } from "./tracing.ts";

/** A procedure served by one session. */
export interface SessionRegistration extends Registration {
  /** Called when the router ends the registration by itself, also when it is set after that. */
  onRevoked: ((reason: string) => void) | undefined;
}

/** A class, since an object with accessors of its own takes half a KB. */
class Served implements SessionRegistration {
  readonly id: number;
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly handler: ProcedureHandler;
  readonly revoked: Notice<string> = new Notice();
  active = true;
  readonly #unregister: (served: Served) => Promise<void>;

  constructor(
    id: number,
    procedure: string,
    match: MatchPolicy,
    handler: ProcedureHandler,
    unregister: (served: Served) => Promise<void>,
  ) {
    this.id = id;
    this.procedure = procedure;
    this.match = match;
    this.handler = handler;
    this.#unregister = unregister;
  }

  get onRevoked(): ((reason: string) => void) | undefined {
    return this.revoked.listener;
  }

  set onRevoked(listener: ((reason: string) => void) | undefined) {
    this.revoked.listener = listener;
  }

  unregister(): Promise<void> {
    return this.#unregister(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unregister();
  }
}

/** What is to be done with the answer of a running invocation. */
interface Running {
  readonly call: Invocation;
  readonly interruption: Interruption;
  /** Where the parts of its arguments go, if they come in parts. */
  readonly input: CallInput | undefined;
  /** Whether the router still wants an answer. */
  wanted: boolean;
}

const PROGRESS: Dict = Object.freeze({ progress: true });
/** How many invocations are remembered that ended before all of their arguments had come. */
const MAX_CUT_SHORT = 1024;

/** The callee's role in a session. */
export class Callee implements InvocationHost {
  /** The session that this is a role of. */
  readonly session: Session;

  readonly #core: SessionCore;
  readonly #served = new Map<number, Served>();
  readonly #running: IdTable<Running> = new IdTable();
  /** Invocations that ended before all of their arguments had come: what still comes of them is for nobody. */
  readonly #cutShort = new Set<number>();
  readonly #idle: Idle = new Idle(() => this.#running.size > 0);

  /**
   * @param core What the roles share.
   * @param session The session.
   */
  constructor(core: SessionCore, session: Session) {
    this.#core = core;
    this.session = session;
  }

  /** How many invocations run. */
  get running(): number {
    return this.#running.size;
  }

  /** Resolves when no invocation runs. */
  idle(): Promise<void> {
    return this.#idle.wait();
  }

  /**
   * Serves a procedure.
   *
   * @returns The registration, when the router has confirmed it.
   */
  register(
    uri: UriArgument,
    handler: ProcedureHandler,
    options: RegisterOptions | undefined,
  ): Promise<SessionRegistration> {
    return new Promise((resolve, reject) => {
      const core = this.#core;
      const match = options?.match ?? "exact";
      const procedure = core.resolve(uri, "register", match);
      const usage: Usage = { method: "register", uri: procedure };
      checkHandler(handler, usage);
      const encoded = core.encode(wireOptions(options, usage));
      const asking = asked(resolve, reject, options?.signal, usage);
      const giveBack = ({ secondId: id }: Head) => core.request(MessageType.UNREGISTER, [id], () => {}, () => {});
      core.request(
        MessageType.REGISTER,
        [encoded, procedure],
        (head) => {
          if (asking.over) giveBack(head);
          else asking.resolve(this.#registered(head.secondId, procedure, match, handler));
        },
        asking.reject,
        giveBack,
      );
    });
  }

  #registered(id: number, procedure: string, match: MatchPolicy, handler: ProcedureHandler): Served {
    const served = new Served(id, procedure, match, handler, this.#unregister);
    const before = this.#served.get(id);
    if (before !== undefined) before.active = false;
    this.#served.set(id, served);
    return served;
  }

  readonly #unregister = (served: Served): Promise<void> => {
    if (!served.active || this.#core.over !== undefined) return Promise.resolve();
    this.#drop(served);
    return new Promise((resolve, reject) => {
      this.#core.request(
        MessageType.UNREGISTER,
        [served.id],
        () => resolve(),
        (error) => this.#core.over === undefined ? reject(error) : resolve(),
      );
    });
  };

  #drop(served: Served): void {
    served.active = false;
    if (this.#served.get(served.id) === served) this.#served.delete(served.id);
  }

  /** Ends every registration; resolves when the router has answered, whatever it says. */
  async unregisterAll(): Promise<void> {
    await Promise.allSettled([...this.#served.values()].map((served) => this.#unregister(served)));
  }

  /** The router ended a registration by itself. */
  revoked(head: Head): void {
    const { registration, reason } = head.options;
    const served = this.#served.get(registration as number);
    if (served === undefined) return;
    this.#drop(served);
    served.revoked.tell(typeof reason === "string" ? reason : "");
  }

  /** An INVOCATION came: a new one, or more arguments of one that runs. */
  invoked(head: Head): void {
    const { firstId: request, secondId: registration } = head;
    const earlier = this.#running.get(request);
    if (earlier?.input?.complete === false) return this.#continued(earlier, earlier.input, head);
    if (this.#cutShort.has(request)) {
      if (head.options.progress !== true) this.#cutShort.delete(request);
      return;
    }
    const served = this.#served.get(registration);
    if (served === undefined) {
      const payload = Payload.of(["The procedure was unregistered meanwhile"]);
      return this.#turnAway(head, ErrorUri.unavailable, payload);
    }
    const { payload } = head;
    const interruption = new Interruption();
    let call: Invocation;
    let args: Args;
    let kwargs: Dict;
    try {
      call = new Invocation(request, registration, served.procedure, head.options, this, interruption, payload);
      args = ownArgs(payload.args);
      kwargs = ownKwargs(payload.kwargs);
    } catch (cause) {
      const error = undecodable(`the arguments of a call of "${served.procedure}"`, cause);
      this.#core.report(error, { during: "procedure", uri: served.procedure });
      return this.#turnAway(head, ErrorUri.invalidArgument, Payload.of([error.message]));
    }
    const input = call.details.progress === true ? call.input : undefined;
    input?.push(payload, head.size);
    const running: Running = { call, interruption, input, wanted: true };
    this.#running.set(request, running);
    try {
      const { trace } = this.#core;
      const value = trace === undefined
        ? served.handler(args, kwargs, call)
        : this.#traced(trace, running, () => served.handler(args, kwargs, call));
      if (isThenable(value)) value.then((result) => this.#returned(running, result), (e) => this.#threw(running, e));
      else this.#returned(running, value);
    } catch (error) {
      this.#threw(running, error);
    }
  }

  #traced(trace: Trace, running: Running, serve: () => unknown): Promise<unknown> {
    const { call } = running;
    return traced(trace, { kind: "invocation", uri: call.procedure, invocation: call }, call.details, async () => {
      const value = await serve();
      // It runs where it is read.
      return isGenerator(value) ? this.#stream(running, value) : value;
    });
  }

  #continued(running: Running, input: CallInput, head: Head): void {
    const last = head.options.progress !== true;
    // As the last result, the last part may be empty when everything has been said.
    const room = (last && isEmpty(head.payload)) || input.push(head.payload, head.size);
    const text =
      `The handler of "${running.call.procedure}" does not read what is sent to it; send no more than it answers`;
    if (!room) this.#interrupt(running, new WampError("overflow", text));
    if (last) input.finish();
    if (room) return;
    this.#done(running);
    if (running.wanted) this.#error(running.call.request, ErrorUri.unavailable, Payload.of([text]));
  }

  #turnAway(head: Head, uri: string, payload: Payload): void {
    if (hasMore(head)) this.#cutOff(head.firstId);
    this.#error(head.firstId, uri, payload);
  }

  #cutOff(request: number): void {
    if (this.#cutShort.size === MAX_CUT_SHORT) {
      for (const oldest of this.#cutShort) {
        this.#cutShort.delete(oldest);
        break;
      }
    }
    this.#cutShort.add(request);
  }

  /** An INTERRUPT came. */
  interrupted(head: Head): void {
    const running = this.#running.get(head.firstId);
    if (running === undefined) return;
    // "kill" waits for the answer; otherwise the caller has had its ERROR and no answer is wanted.
    if (head.options.mode !== "kill") running.wanted = false;
    this.#interrupt(running, new RemoteError(ErrorUri.canceled, ["The caller canceled the call"]));
  }

  #interrupt({ interruption, input }: Running, reason: unknown): void {
    interruption.abort(reason);
    input?.abort(reason);
  }

  progress(
    call: Invocation,
    args: SentArgs | undefined,
    kwargs: SentKwargs | undefined,
    options: PassthruOptions = emptyDict,
  ): Promise<void> | undefined {
    const running = this.#running.get(call.request);
    if (running?.call !== call || !running.wanted || !call.receiveProgress) return this.#core.room();
    const usage: Usage = { method: "send progress of", uri: call.procedure };
    const payload = toPayload(args, kwargs, usage);
    payload.encodedBy(this.#core.connection.serializer);
    const reading = passthru(options, "dealer", this.#core, usage);
    const wire = reading === emptyDict ? PROGRESS : { ...PROGRESS, ...reading };
    this.#core.send([MessageType.YIELD, call.request, wire], payload);
    return this.#core.room();
  }

  /** The session is over: whoever still works is told. */
  end(error: WampError): void {
    for (const served of this.#served.values()) served.active = false;
    this.#served.clear();
    const running = this.#running.values();
    this.#running.clear();
    this.#cutShort.clear();
    for (const one of running) this.#interrupt(one, error);
    this.#idle.release();
  }

  #returned(running: Running, value: unknown): void {
    try {
      if (!isGenerator(value)) return this.#answer(running, value);
      this.#stream(running, value).then(
        (result) => this.#answer(running, result),
        (error) => this.#threw(running, error),
      );
    } catch (error) {
      this.#threw(running, error);
    }
  }

  async #stream({ call }: Running, values: AsyncIterable<unknown>): Promise<unknown> {
    const generator = values[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = iteration(await generator.next());
      if (done) return value;
      try {
        if (call.aborted) throw new RemoteError(ErrorUri.canceled, ["The caller canceled the call"]);
        const payload = resultPayload(value, call.procedure);
        await call.progress(payload.args, payload.kwargs, value instanceof Result ? value.options : undefined);
      } catch (error) {
        await generator.return?.();
        throw error;
      }
    }
  }

  #answer(running: Running, value: unknown): void {
    const { call } = running;
    if (this.#running.get(call.request) !== running) return;
    if (!running.wanted) return this.#done(running);
    try {
      const payload = resultPayload(value, call.procedure);
      const options = value instanceof Result
        ? passthru(value.options, "dealer", this.#core, { method: "answer", uri: call.procedure })
        : emptyDict;
      this.#core.send([MessageType.YIELD, call.request, options], payload);
      this.#done(running);
    } catch (error) {
      this.#threw(running, error);
    }
  }

  #threw(running: Running, thrown: unknown): void {
    const { call, interruption } = running;
    const current = this.#running.get(call.request) === running;
    let error = thrown;
    let remote: RemoteError | undefined;
    let canceled = false;
    let uri: string = ErrorUri.runtimeError;
    try {
      remote = this.#core.errors.sent(error);
      canceled = interruption.causedBy(error);
      if (WampError.is(error, "payload_size_exceeded")) uri = ErrorUri.payloadSizeExceeded;
    } catch (cause) {
      // It cannot even be looked at, as a revoked proxy cannot.
      error = new TypeError(errorText(thrown), { cause });
    }
    if (remote === undefined && !canceled) this.#core.report(error, { during: "procedure", uri: call.procedure });
    if (!current) return;
    this.#done(running);
    if (!running.wanted) return;
    if (remote !== undefined) this.#refuse(call, remote);
    else if (canceled) this.#error(call.request, ErrorUri.canceled, Payload.of(["The caller canceled the call"]));
    else this.#error(call.request, uri, Payload.of([errorText(error)]));
  }

  #refuse(call: Invocation, error: RemoteError): void {
    let uri: string = ErrorUri.runtimeError;
    try {
      const usage: Usage = { method: "throw new RemoteError from", uri: call.procedure };
      uri = resolveUri(error.uri, "", "throw new RemoteError with");
      const payload = toPayload(error.args, error.kwargs, usage);
      payload.encodedBy(this.#core.connection.serializer);
      const options = passthru(error.details ?? emptyDict, "dealer", this.#core, usage);
      this.#error(call.request, uri, payload, options);
    } catch (cause) {
      this.#core.report(cause, { during: "procedure", uri: call.procedure });
      this.#error(call.request, uri, Payload.of([errorText(error)]));
    }
  }

  #error(request: number, uri: string, payload: Payload, options: Dict = emptyDict): void {
    this.#core.send([MessageType.ERROR, MessageType.INVOCATION, request, options, uri], payload);
  }

  #done({ call, input }: Running): void {
    this.#running.delete(call.request);
    if (input?.complete === false) this.#cutOff(call.request);
    this.#idle.ended();
  }
}

// What cannot be decoded is found where it is read.
function hasMore(head: Head): boolean {
  try {
    return head.options.progress === true;
  } catch {
    return false;
  }
}

function isEmpty(payload: Payload): boolean {
  try {
    return payload.args.length === 0 && Object.keys(payload.kwargs).length === 0;
  } catch {
    return false;
  }
}
