import { WampError } from "../wire/errors.ts";
import { atMost } from "./at_most.ts";
import { Durables } from "./durables.ts";
import { Hooks } from "./hooks.ts";
import { Keeper } from "./keeper.ts";
import type { Session } from "./session.ts";
import type { LeaveInfo } from "./session_info.ts";
import type { ClientSetup, ClientStatus } from "./setup.ts";
import { Unsent } from "./unsent.ts";

/** What a client is over time: its sessions, one after another, and what is brought to each of them. */
export class Life {
  /** What the client was made with. */
  readonly setup: ClientSetup;
  /** Who is told what happens. */
  readonly hooks: Hooks = new Hooks();
  /** What each session gets. */
  readonly durables: Durables;
  /** What becomes of requests while there is no session. */
  readonly unsent: Unsent;
  /** What is read by loops, and ends with the client. */
  readonly streams: Set<{ end(error: unknown): void }> = new Set();
  /** What the client is doing. */
  status: ClientStatus = "idle";
  /** The current session; undefined while there is none. */
  session: Session | undefined;

  readonly #keeper: Keeper;
  #opening: PromiseWithResolvers<void>[] = [];
  /** Whether the client is given up when its first session ends before it is ready. */
  #givesUp = false;
  #why: WampError = new WampError("not_connected", "The client has not been opened");
  #draining = false;

  /** @param setup What the client was made with. */
  constructor(setup: ClientSetup) {
    const { clock, random } = setup.keeper;
    const report: Hooks["report"] = (error, context) => this.hooks.report(error, context);
    this.setup = setup;
    this.durables = new Durables({ clock, random, report });
    this.unsent = new Unsent({
      clock,
      offline: setup.offline,
      callTimeout: setup.callTimeout,
      status: () => this.status,
      why: () => this.#why,
    });
    const session = {
      prefix: setup.prefix,
      callTimeout: setup.callTimeout,
      requestTimeout: setup.requestTimeout,
      strict: setup.strict,
      errors: setup.errors,
      report,
      slow: (queuedBytes: number) => void this.hooks.emit("slow", { queuedBytes }),
    };
    this.#keeper = new Keeper({ ...setup.keeper, session }, {
      trying: () => this.status = "connecting",
      connected: (url) => void this.hooks.emit("connect", { url }),
      challenged: (challenge) => void this.hooks.emit("challenge", challenge),
      joined: (session) => void this.#joined(session),
      ended: (_, info, url) => this.#ended(info, url),
      failed: (error, retry) => {
        if (retry) this.status = "waiting";
        this.#why = error;
        // An attempt on which nobody waits ends what ran: that is not to pass in silence.
        const unnoticed = !retry && this.#opening.length === 0 && error.code === "authentication_failed";
        this.hooks.report(error, { during: unnoticed ? "session" : "connect", retried: retry });
      },
      stopped: (error) => this.#stopped(error),
    });
  }

  /** Opens the client, or waits until it is ready. */
  open(retry: boolean): Promise<void> {
    if (retry && this.setup.keeper.reconnect === false) {
      return Promise.reject(
        new WampError(
          "invalid_argument",
          "Cannot open a client with retry: true, it was made with reconnect: false; leave one of them out",
        ),
      );
    }
    if (this.status === "ready") return Promise.resolve();
    if (this.status === "closed") return Promise.reject(this.#closedError());
    const opening = Promise.withResolvers<void>();
    this.#opening.push(opening);
    if (this.status === "idle") {
      this.status = "connecting";
      this.#givesUp = !retry;
      this.#why = new WampError("not_connected", "There is no session yet: the client is connecting");
      this.#keeper.start(retry);
    }
    return opening.promise;
  }

  /** Closes the client at once. */
  async close(reason?: string, message?: string): Promise<void> {
    const { session } = this;
    this.#stopped(new WampError("closed", "The client was closed"));
    this.#keeper.stop();
    await session?.leave(reason, message);
  }

  /** Closes the client when what runs has finished, or after a time. */
  async drain(timeout: number): Promise<void> {
    this.#draining = true;
    const { session } = this;
    if (session !== undefined) await atMost(this.setup.keeper.clock, timeout, this.#finish(session));
    await this.close();
  }

  /** Throws when no more can be made on the client. */
  checkOpen(): void {
    if (this.status === "closed") throw this.#closedError();
    if (this.#draining) throw new WampError("closed", "The client is being drained: it takes no more work");
  }

  async #finish(session: Session): Promise<void> {
    for (const stream of [...this.streams]) stream.end(undefined);
    await Promise.all([this.durables.releaseAll(), session.retire()]);
    await session.idle();
  }

  async #joined(session: Session): Promise<void> {
    this.session = session;
    this.status = "joined";
    const restored = this.durables.restore(session);
    this.unsent.flush(session);
    const run = this.durables.runBegan();
    const listened = this.hooks.emit("join", session, session.details).then(() => this.durables.runEnded(run));
    await Promise.all([restored, listened]);
    if (this.session !== session || !session.open) return;
    this.status = "ready";
    this.#givesUp = false;
    for (const { resolve } of this.#opening.splice(0)) resolve();
    await this.hooks.emit("ready", session);
  }

  #ended(info: LeaveInfo, url: string): void {
    this.session = undefined;
    this.durables.sessionEnded();
    if (this.status !== "closed") {
      this.status = "waiting";
      this.#why = new WampError("not_connected", `There is no session: the last one ended (${info.cause})`);
      if (this.#givesUp) {
        this.#keeper.stop();
        this.#stopped(
          new WampError("connection_lost", `The session ended before it was ready (${info.cause} ${info.reason})`),
        );
      }
    }
    void this.hooks.emit("leave", info);
    void this.hooks.emit("disconnect", { url });
  }

  #stopped(error: WampError): void {
    if (this.status === "closed") return;
    this.status = "closed";
    this.#why = error;
    const closed = this.#closedError();
    this.durables.close(closed);
    this.unsent.refuse(closed);
    for (const stream of [...this.streams]) stream.end(error.code === "closed" ? undefined : closed);
    for (const { reject } of this.#opening.splice(0)) reject(error);
  }

  #closedError(): WampError {
    const { code, message } = this.#why;
    return new WampError(code === "credential_spent" ? code : "closed", `The client is closed: ${message}`, {
      cause: this.#why,
    });
  }
}
