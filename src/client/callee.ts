import type { Head } from "../codec/head.ts";
import { Payload } from "../codec/payload.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import { MessageType } from "../wire/message_type.ts";
import { isUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Args, Dict } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { checkHandler, resolveUri, toPayload, wireOptions } from "./arguments.ts";
import type { SentArgs, SentKwargs, UriArgument, Usage } from "./arguments.ts";
import { undecodable } from "./core.ts";
import type { SessionCore } from "./core.ts";
import { isGenerator } from "./generator.ts";
import type { ProcedureHandler, RegisterOptions, Registration } from "./handles.ts";
import { errorText } from "./error_text.ts";
import { Idle } from "./idle.ts";
import { Interruption, Invocation } from "./invocation.ts";
import type { InvocationHost } from "./invocation.ts";
import { Notice } from "./notice.ts";
import { resultPayload } from "./result.ts";
import type { Session } from "./session.ts";
import { isThenable } from "./thenable.ts";

/** A procedure served by one session. */
export interface SessionRegistration extends Registration {
  /** Called when the router ends the registration by itself, also when it is set after that. */
  onRevoked: ((reason: string) => void) | undefined;
}

interface Served extends SessionRegistration {
  active: boolean;
  readonly handler: ProcedureHandler;
  readonly revoked: Notice<string>;
}

/** What is to be done with the answer of a running invocation. */
interface Running {
  readonly call: Invocation;
  readonly interruption: Interruption;
  /** Whether the router still wants an answer. */
  wanted: boolean;
}

const PROGRESS: Dict = Object.freeze({ progress: true });

/** The callee's role in a session. */
export class Callee implements InvocationHost {
  /** The session that this is a role of. */
  readonly session: Session;

  readonly #core: SessionCore;
  readonly #served = new Map<number, Served>();
  readonly #running = new Map<number, Running>();
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
      core.request(
        MessageType.REGISTER,
        [encoded, procedure],
        (head) => resolve(this.#registered(head.secondId, procedure, match, handler)),
        reject,
        undefined,
        (head) => core.request(MessageType.UNREGISTER, [head.secondId], () => {}, () => {}),
      );
    });
  }

  #registered(id: number, procedure: string, match: MatchPolicy, handler: ProcedureHandler): Served {
    const revoked = new Notice<string>();
    const served: Served = {
      procedure,
      match,
      id,
      active: true,
      handler,
      revoked,
      get onRevoked() {
        return revoked.listener;
      },
      set onRevoked(listener) {
        revoked.listener = listener;
      },
      unregister: () => this.#unregister(served),
    };
    const before = this.#served.get(id);
    if (before !== undefined) before.active = false;
    this.#served.set(id, served);
    return served;
  }

  #unregister(served: Served): Promise<void> {
    if (!served.active || this.#core.over !== undefined) return Promise.resolve();
    this.#drop(served);
    return new Promise((resolve, reject) => {
      this.#core.request(
        MessageType.UNREGISTER,
        [served.id as number],
        () => resolve(),
        (error) => this.#core.over === undefined ? reject(error) : resolve(),
      );
    });
  }

  #drop(served: Served): void {
    served.active = false;
    if (this.#served.get(served.id as number) === served) this.#served.delete(served.id as number);
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

  /** An INVOCATION came. */
  invoked(head: Head): void {
    const { firstId: request, secondId: registration } = head;
    const served = this.#served.get(registration);
    if (served === undefined) {
      return this.#error(request, ErrorUri.unavailable, Payload.of(["The procedure was unregistered meanwhile"]));
    }
    const interruption = new Interruption();
    let call: Invocation;
    let args: Args;
    let kwargs: Dict;
    try {
      call = new Invocation(request, registration, served.procedure, head.options, this, interruption);
      ({ args, kwargs } = head.payload);
    } catch (cause) {
      const error = undecodable(`the arguments of a call of "${served.procedure}"`, cause);
      this.#core.report(error, { during: "procedure", uri: served.procedure });
      return this.#error(request, ErrorUri.invalidArgument, Payload.of([error.message]));
    }
    const running: Running = { call, interruption, wanted: true };
    this.#running.set(request, running);
    try {
      const value = served.handler(args, kwargs, call);
      if (isThenable(value)) value.then((result) => this.#returned(running, result), (e) => this.#threw(running, e));
      else this.#returned(running, value);
    } catch (error) {
      this.#threw(running, error);
    }
  }

  /** An INTERRUPT came. */
  interrupted(head: Head): void {
    const running = this.#running.get(head.firstId);
    if (running === undefined) return;
    // "kill" waits for the answer; otherwise the caller has had its ERROR and no answer is wanted.
    if (head.options.mode !== "kill") running.wanted = false;
    running.interruption.abort(new RemoteError(ErrorUri.canceled, ["The caller canceled the call"]));
  }

  progress(call: Invocation, args: SentArgs | undefined, kwargs: SentKwargs | undefined): Promise<void> {
    const running = this.#running.get(call.request);
    if (running?.call !== call || !running.wanted || !call.receiveProgress) return Promise.resolve();
    const payload = toPayload(args, kwargs, { method: "send progress of", uri: call.procedure });
    payload.encodedBy(this.#core.connection.serializer);
    this.#core.send([MessageType.YIELD, call.request, PROGRESS], payload);
    return this.#core.room();
  }

  /** The session is over: whoever still works is told. */
  end(error: WampError): void {
    for (const served of this.#served.values()) served.active = false;
    this.#served.clear();
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const { interruption } of running) interruption.abort(error);
    this.#idle.release();
  }

  #returned(running: Running, value: unknown): void {
    if (isGenerator(value)) {
      this.#stream(running, value).then(
        (result) => this.#answer(running, result),
        (error) => this.#threw(running, error),
      );
    } else this.#answer(running, value);
  }

  async #stream({ call }: Running, generator: AsyncGenerator<unknown>): Promise<unknown> {
    for (;;) {
      const { value, done } = await generator.next();
      if (done) return value;
      if (call.aborted) {
        await generator.return(undefined);
        throw new RemoteError(ErrorUri.canceled, ["The caller canceled the call"]);
      }
      const payload = resultPayload(value, call.procedure);
      await call.progress(payload.args, payload.kwargs);
    }
  }

  #answer(running: Running, value: unknown): void {
    const { call } = running;
    if (this.#running.get(call.request) !== running) return;
    if (!running.wanted) return this.#done(call);
    try {
      const payload = resultPayload(value, call.procedure);
      payload.encodedBy(this.#core.connection.serializer);
      this.#core.send([MessageType.YIELD, call.request, emptyDict], payload);
      this.#done(call);
    } catch (error) {
      this.#threw(running, error);
    }
  }

  #threw(running: Running, error: unknown): void {
    const { call, interruption } = running;
    const current = this.#running.get(call.request) === running;
    const deliberate = WampError.is(error, "remote") || interruption.causedBy(error);
    if (!deliberate) this.#core.report(error, { during: "procedure", uri: call.procedure });
    if (!current) return;
    this.#done(call);
    if (!running.wanted) return;
    if (WampError.is(error, "remote")) this.#refuse(call, error as RemoteError);
    else if (interruption.causedBy(error)) {
      this.#error(call.request, ErrorUri.canceled, Payload.of(["The caller canceled the call"]));
    } else {
      const tooLarge = WampError.is(error, "payload_size_exceeded");
      const uri = tooLarge ? ErrorUri.payloadSizeExceeded : ErrorUri.runtimeError;
      this.#error(call.request, uri, Payload.of([errorText(error)]));
    }
  }

  #refuse(call: Invocation, error: RemoteError): void {
    try {
      const payload = toPayload(error.args, error.kwargs, {
        method: "throw new RemoteError from",
        uri: call.procedure,
      });
      payload.encodedBy(this.#core.connection.serializer);
      this.#error(call.request, resolveUri(error.uri, "", "throw new RemoteError with"), payload);
    } catch (cause) {
      this.#core.report(cause, { during: "procedure", uri: call.procedure });
      const uri = isUri(error.uri) ? error.uri : ErrorUri.runtimeError;
      this.#error(call.request, uri, Payload.of([errorText(error)]));
    }
  }

  #error(request: number, uri: string, payload: Payload): void {
    this.#core.send([MessageType.ERROR, MessageType.INVOCATION, request, emptyDict, uri], payload);
  }

  #done(call: Invocation): void {
    this.#running.delete(call.request);
    this.#idle.ended();
  }
}
