import type { Auth } from "../auth/method.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { WampError } from "../wire/errors.ts";
import { checkGoodbye } from "./arguments.ts";
import { atMost } from "./at_most.ts";
import type { Client } from "./client.ts";
import { Durables } from "./durables.ts";
import { GivenUp } from "./given_up.ts";
import { Hooks } from "./hooks.ts";
import { Keeper } from "./keeper.ts";
import type { ClientOptions } from "./options.ts";
import { ReadBuffer } from "./read_buffer.ts";
import type { Session } from "./session.ts";
import type { LeaveInfo } from "./session_info.ts";
import type { ClientSetup, ClientStatus } from "./setup.ts";
import { Unsent } from "./unsent.ts";

/** How long it may take to end in peace. */
export const DRAIN_TIMEOUT = 20_000;
/** For how long another user's session may take to give up what it has. */
const MOVE_TIMEOUT = 5_000;

/** What a client is over time: its sessions, one after another, and what is brought to each of them. */
export class Life {
  /** What the client was made with. */
  readonly setup: ClientSetup;
  /** Who is told what happens. */
  readonly hooks: Hooks = new Hooks(() => this.#ending || this.status === "left");
  /** What each session gets. */
  readonly durables: Durables;
  /** What becomes of requests while there is no session. */
  readonly unsent: Unsent;
  /** What is read by loops, and ends with the client. */
  readonly streams: Set<{ end(error: unknown): void }> = new Set();
  /** The current session; undefined while there is none. */
  session: Session | undefined;

  readonly #closed: PromiseWithResolvers<WampError | undefined> = Promise.withResolvers();
  /** Whether somebody has read `closed`, and so hears of the end. */
  #watched = false;
  readonly #keeper: Keeper;
  #status: ClientStatus = "idle";
  /** Who is told of each status at once. */
  readonly #readers = new Set<ReadBuffer<ClientStatus>>();
  /** What those wait for who open it. */
  #opening: PromiseWithResolvers<void> | undefined;
  /** Whether what was begun is given up when its first session ends before it is ready. */
  #givesUp = false;
  /** What the client is when that fails. */
  #otherwise: "closed" | "left" = "closed";
  #why: WampError = new WampError("not_connected", "The client has not been opened");
  /** Whether the program closes the client, or has. */
  #ending = false;
  #leaving: Promise<void> | undefined;
  #changing: Promise<void> = Promise.resolve();
  /** Sessions that are left, and those of another user that finish what they have begun. */
  readonly #fading = new Set<Session>();

  /** @param setup What the client was made with. */
  constructor(setup: ClientSetup) {
    const { clock, random } = setup.keeper;
    const report: Hooks["report"] = (error, context) => this.hooks.report(error, context);
    this.setup = setup;
    this.durables = new Durables({ clock, random, report });
    this.unsent = new Unsent({ ...setup, clock, status: () => this.status, why: () => this.#why });
    const slow = (queuedBytes: number) => void this.hooks.emit("slow", { queuedBytes });
    this.#keeper = new Keeper({ ...setup.keeper, session: { ...setup, report, slow } }, {
      trying: () => this.status = "connecting",
      connected: (url) => void this.hooks.emit("connect", { url }),
      challenged: (challenge) => void this.hooks.emit("challenge", challenge),
      joined: (session) => void this.#joined(session),
      ended: (session, info) => this.#ended(session, info),
      disconnected: (url) => void this.hooks.emit("disconnect", { url }),
      failed: (error, retry, enough) => {
        if (retry) this.status = "waiting";
        this.#why = error;
        // An attempt on which nobody waits ends what ran: that is not to pass in silence.
        const unnoticed = enough && !this.#watched && this.#opening === undefined;
        this.hooks.report(error, { during: unnoticed ? "session" : "connect", retried: retry });
      },
      stopped: (error) => this.#stopped(error),
    });
  }

  /**
   * Resolves when the client is closed for good, with what ended it; undefined when that was meant. Reading it counts: who does hears of the end, which is no
   * uncaught error then even where nobody listens for errors.
   */
  get closed(): Promise<WampError | undefined> {
    this.#watched = true;
    return this.#closed.promise;
  }

  /** What the client is doing. */
  get status(): ClientStatus {
    return this.#status;
  }

  set status(status: ClientStatus) {
    if (status === this.#status) return;
    this.#status = status;
    for (const reader of this.#readers) this.#tell(reader);
    // Later, so that a listener that closes or joins finds everything in place.
    queueMicrotask(() => void this.hooks.emit("status", status));
  }

  /** What the client does from now on, to be read one by one; the end comes behind `closed`. */
  statuses(): AsyncIterableIterator<ClientStatus> {
    const reader = new ReadBuffer<ClientStatus>("statuses", {}, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    this.#tell(reader);
    return reader;
  }

  #tell(reader: ReadBuffer<ClientStatus>): void {
    reader.push(this.#status);
    if (this.#status !== "closed") return;
    reader.end(undefined);
    this.#readers.delete(reader);
  }

  /**
   * Opens the client, or waits until it is ready.
   *
   * @param retry Whether to go on when the first round over all targets fails.
   * @param otherwise What the client is when that fails.
   */
  async open(retry: boolean, otherwise: "closed" | "left"): Promise<void> {
    if (retry && this.setup.keeper.reconnect === false) {
      throw new WampError(
        "invalid_argument",
        "Cannot open a client with retry: true, it was made with reconnect: false; leave one of them out",
      );
    }
    if (this.status === "ready") return;
    if (this.status === "closed") throw this.#closedError();
    const begins = this.status === "idle" || this.status === "left";
    if (begins) {
      this.status = "connecting";
      this.#givesUp = !retry;
      this.#otherwise = otherwise;
      this.#why = new WampError("not_connected", "There is no session yet: the client is connecting");
    }
    const opening = this.#opening ??= Promise.withResolvers();
    if (begins && this.#leaving === undefined) this.#keeper.start(retry);
    else if (begins) {
      void this.#leaving?.then(() => {
        if (this.status === "connecting" && this.#leaving === undefined) this.#keeper.start(retry);
      });
    }
    await opening.promise;
  }

  /** Leaves the realm, until it is joined again. */
  async leave(reason?: string, message?: string): Promise<void> {
    checkGoodbye(reason, message);
    if (this.status === "closed" || this.status === "idle" || this.status === "left") return await this.#leaving;
    const { session } = this;
    this.session = undefined;
    this.durables.sessionEnded();
    this.#rest(new WampError("not_connected", "The client has left the realm; join() brings it back"));
    this.#keeper.stop(this.#why);
    if (session !== undefined) this.#fading.add(session);
    const sessions = [session?.leaveRealm(reason, message), ...this.#leaveFading()];
    const leaving = Promise.all([this.#leaving, ...sessions]).then(() => {
      if (this.#leaving === leaving) this.#leaving = undefined;
    });
    this.#leaving = leaving;
    await leaving;
  }

  /** Tries at once, or asks for a sign of life. */
  reconnect(): void {
    this.#keeper.reconnect();
  }

  /** Joins with other credentials, and moves over. */
  changeUser(auth: Auth): Promise<void> {
    const changed = this.#changing.then(() => this.#change(auth));
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #change(auth: Auth): Promise<void> {
    this.checkOpen();
    const { auth: before } = this.#keeper;
    try {
      if (this.status === "idle" || this.status === "left") {
        this.#keeper.auth = auth;
        return await this.open(false, "left");
      }
      await this.#keeper.change(auth);
      // Left in between: it stays so.
      if (this.#status === "left") throw this.#why;
      await this.open(false, "closed");
    } catch (error) {
      this.#keeper.auth = before;
      throw error;
    }
  }

  /** Makes another client with the same settings, and opens it. */
  async spawn(options: Partial<ClientOptions>): Promise<Client> {
    const { auth } = this.#keeper;
    const client = this.setup.spawn({ ...(auth === undefined ? {} : { auth }), ...options });
    await client.open();
    return client;
  }

  /** Closes the client at once. */
  async close(reason?: string, message?: string): Promise<void> {
    checkGoodbye(reason, message);
    const { session } = this;
    this.#ending = true;
    this.#stopped(
      new GivenUp("closed", "The client was closed; make a new one, or leave() one that is to join() again"),
    );
    this.#keeper.stop(this.#why);
    await Promise.all([session?.leave(reason, message), this.#leaving, ...this.#leaveFading()]);
    this.#keeper.drop();
  }

  /** Closes the client when what runs has finished; all is dropped that is left of it after a time. */
  async drain(timeout: number): Promise<void> {
    this.#ending = true;
    await atMost(this.setup.keeper.clock, timeout, this.#finish().then(() => this.close()));
    const closing = this.close();
    for (const session of [this.session, ...this.#fading]) session?.drop();
    await closing;
  }

  /** Throws when no more can be made on the client. */
  checkOpen(): void {
    if (this.status === "closed") throw this.#closedError();
    if (this.#ending) throw new WampError("closed", "The client is being drained: it takes no more work");
  }

  async #finish(): Promise<void> {
    const { session } = this;
    if (session !== undefined) {
      for (const stream of [...this.streams]) stream.end(undefined);
      await Promise.all([this.durables.releaseAll(), session.retire()]);
    }
    await Promise.all([session?.idle(), ...[...this.#fading].map((before) => before.idle())]);
  }

  async #joined(session: Session): Promise<void> {
    const before = this.session;
    this.session = session;
    this.status = "joined";
    if (before !== undefined) await this.#moveOver(before);
    if (this.session !== session) return;
    const restored = this.durables.restore(session);
    this.unsent.flush(session);
    await Promise.all([restored, this.hooks.awaitsJoin ? this.#listened(session) : undefined]);
    if (this.session !== session || !session.open) return;
    this.status = "ready";
    this.#givesUp = false;
    this.#otherwise = "closed";
    this.#opened()?.resolve();
    await this.hooks.emit("ready", session);
  }

  async #listened(session: Session): Promise<void> {
    const run = this.durables.runBegan();
    await this.hooks.emit("join", session, session.details);
    this.durables.runEnded(run);
  }

  /** Ends what another user's session has, so that the next can have it; what runs there may finish. */
  async #moveOver(before: Session): Promise<void> {
    const { clock } = this.setup.keeper;
    this.#fading.add(before);
    const replaced = this.durables.sessionReplaced().then(() => before.retire());
    await atMost(clock, MOVE_TIMEOUT, Promise.all([replaced, before.retire()]).then(() => {}));
    void atMost(clock, DRAIN_TIMEOUT, before.idle()).then(() => before.leave());
  }

  #leaveFading(): Promise<void>[] {
    return [...this.#fading].map((session) => session.leave());
  }

  #ended(session: Session, info: LeaveInfo): void {
    this.#fading.delete(session);
    if (this.session === session) {
      this.session = undefined;
      this.durables.sessionEnded(info.cause === "aborted" && info.reason === ErrorUri.protocolViolation);
      if (this.status !== "closed") this.#lost(info);
    }
    void this.hooks.emit("leave", info);
  }

  #lost({ cause, reason }: LeaveInfo): void {
    this.status = "waiting";
    this.#why = new WampError("not_connected", `There is no session: the last one ended (${cause})`);
    if (!this.#givesUp) return;
    const error = new WampError("connection_lost", `The session ended before it was ready (${cause} ${reason})`);
    this.#keeper.stop(error);
    this.#stopped(error);
  }

  #stopped(error: WampError): void {
    if (this.status === "closed") return;
    if (this.#otherwise === "left" && error.code !== "closed") return this.#rest(error);
    this.status = "closed";
    this.#why = error;
    const closed = this.#closedError(error instanceof GivenUp ? GivenUp : WampError);
    this.durables.close(closed);
    this.unsent.refuse();
    for (const stream of [...this.streams]) stream.end(error.code === "closed" ? undefined : closed);
    this.#opened()?.reject(error);
    this.#closed.resolve(error.code === "closed" ? undefined : error);
  }

  /** There is no session until the client joins again; what was made on it waits for that. */
  #rest(why: WampError): void {
    this.status = "left";
    this.#why = why;
    this.unsent.refuse();
    this.#opened()?.reject(why);
  }

  #opened(): PromiseWithResolvers<void> | undefined {
    const opening = this.#opening;
    this.#opening = undefined;
    return opening;
  }

  #closedError(Kind: typeof WampError = WampError): WampError {
    const { code, message } = this.#why;
    return new Kind(code === "credential_spent" ? code : "closed", `The client is closed: ${message}`, {
      cause: this.#why,
    });
  }
}
