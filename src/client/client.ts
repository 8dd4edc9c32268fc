import type { Auth } from "../auth/method.ts";
import type { SerializerName } from "../codec/serializer.ts";
import type { WampError } from "../wire/errors.ts";
import { checkOptions, flag, numberRule } from "../wire/option_rules.ts";
import type { ClientEvent, ClientEvents } from "./hooks.ts";
import type { InvocationQueues } from "./invocation_queue.ts";
import { orGivenUp } from "./given_up.ts";
import { DRAIN_TIMEOUT, Life } from "./life.ts";
import { checkAuth } from "./options.ts";
import type { ClientOptions } from "./options.ts";
import { ClientRoles } from "./roles.ts";
import type { Session } from "./session.ts";
import type { WelcomeDetails } from "./session_info.ts";
import type { ClientSetup, ClientStatus } from "./setup.ts";

/**
 * A WAMP client that outlives its connections.
 *
 * What is made on it, registrations and subscriptions, is restored after a reconnect with the original options, subscriptions first.
 */
export class Client extends ClientRoles {
  readonly #life: Life;

  /**
   * @internal
   * @param setup What {@linkcode createClient} puts together.
   */
  constructor(setup: ClientSetup) {
    const life = new Life(setup);
    super(life);
    this.#life = life;
  }

  /** What the client is doing; listeners of `status` are told when it changes. */
  get status(): ClientStatus {
    return this.#life.status;
  }

  /** The current session; undefined while there is none. */
  get session(): Session | undefined {
    return this.#life.session;
  }

  /** What the router said when the current session joined; undefined while there is none. */
  get details(): WelcomeDetails | undefined {
    return this.#life.session?.details;
  }

  /** Which serializer the current session speaks; undefined while there is none. */
  get serializer(): SerializerName | undefined {
    return this.#life.session?.serializer;
  }

  /**
   * Resolves when the client is closed for good: with the error that ended it, undefined after `close()` or `drain()`. Reading it counts: from then on
   * that error is taken for heard, and is no uncaught error where there are no listeners of `error`.
   */
  get closed(): Promise<WampError | undefined> {
    return this.#life.closed;
  }

  /** The queues that it was made with, by their names; undefined without any. */
  get queues(): InvocationQueues | undefined {
    return this.#life.setup.queues;
  }

  /** The realm. */
  get realm(): string {
    return this.#life.setup.keeper.realm;
  }

  /**
   * Opens the client; one that was opened already stays as it is, and a second call only waits until it is ready.
   *
   * @param options `retry`: whether to go on when the first round over all URLs fails (default false); the listeners of `error` learn of each failure.
   * Credentials that are denied five times in a row end it all the same, unless a function gives them or the secret in them.
   * @returns Resolves when a session is ready: restored, and every join listener finished.
   * @throws {ConnectError} When the first round fails and `retry` is not set; the client is closed then.
   * @throws {WampError} `closed` when the client is closed, before or meanwhile; `invalid_argument` when an option is wrong, or `retry` contradicts `reconnect: false`.
   */
  open(options: { readonly retry?: boolean | undefined } = {}): Promise<void> {
    return orGivenUp(this.#open(options, "closed"));
  }

  /**
   * Listens to what happens to the client.
   *
   * @param name The event.
   * @param listener Called each time; one for `join` may be asynchronous, and `ready` waits for it.
   * @returns Removes the listener.
   */
  on<Name extends ClientEvent>(name: Name, listener: ClientEvents[Name]): () => void {
    return this.#life.hooks.on(name, listener);
  }

  /**
   * Reads what the client is doing with a loop: what it does now first, then each change, in order; `closed` is the last. Leaving the loop ends it.
   *
   * @returns The statuses; where more than 1024 wait to be read, the oldest of them are dropped.
   */
  statuses(): AsyncIterableIterator<ClientStatus> {
    return this.#life.statuses();
  }

  /**
   * Leaves the realm and stays away: nothing is tried again until {@linkcode join}. Running calls are refused; registrations, subscriptions and loops over
   * events stay, and are restored then.
   *
   * @param reason The reason as a URI (default `wamp.close.close_realm`).
   * @param message What to say of it.
   * @returns Resolves when the router has answered, or after 5 seconds without; harmless when there is nothing to leave.
   * @throws {WampError} `invalid_argument` when one of them is no text; nothing has changed then.
   */
  leave(reason?: string, message?: string): Promise<void> {
    return this.#life.leave(reason, message);
  }

  /**
   * Joins again after {@linkcode leave}: on the same connection where the router keeps it open, else on a new one. One that fails leaves the client as it
   * is, and can be tried again.
   *
   * @param options `retry`: whether to go on when the first round over all URLs fails (default false).
   * @returns Resolves when a session is ready: restored, and every join listener finished.
   * @throws {ConnectError} When the first round fails and `retry` is not set; the status is `left` then.
   * @throws {WampError} `closed` when the client is closed; `invalid_argument` when an option is wrong, or `retry` contradicts `reconnect: false`.
   */
  join(options: { readonly retry?: boolean | undefined } = {}): Promise<void> {
    return orGivenUp(this.#open(options, "left"));
  }

  /**
   * Waits no longer: tries at once where the next attempt would come later, or right behind one that is under way, should it fail, and asks the router of a
   * session that is there for a sign of life. Attempts that are all hurried are as far apart as the waits are, or 250 ms where that is less. For a machine that wakes up, or finds its network again; a
   * client notices both by itself where the runtime lets it.
   */
  reconnect(): void {
    this.#life.reconnect();
  }

  /**
   * Goes on as somebody else: joins in a new session, and moves over when that is there. What was made on the client is restored in it; what runs in
   * the session before may finish. For about two round trips in between no event is heard and no procedure served. A change that fails leaves everything as
   * it was. What would end the client, such as the loss of its session with `reconnect: false`, waits until it is decided.
   *
   * @param auth The credentials, as in the option `auth`.
   * @returns Resolves when the new session is ready.
   * @throws {ConnectError} When there is no such session to be had.
   * @throws {WampError} `closed` when the client is closed, before or meanwhile; `invalid_argument` when `auth` is none.
   */
  async changeUser(auth: Auth): Promise<void> {
    if (typeof auth !== "function") checkAuth(auth);
    await this.#life.changeUser(auth);
  }

  /**
   * Connects a second client, with a session of its own: the same routers and settings, and the credentials of now, for which a function is asked anew.
   *
   * @param options Settings that are different (default none).
   * @returns The client, ready.
   * @throws {ConnectError} When there is no session to be had; nothing is left open.
   * @throws {WampError} `invalid_argument` when an option is wrong; `credential_spent` when the credentials were good for one session.
   */
  spawnConnection(options: Partial<ClientOptions> = {}): Promise<Client> {
    return this.#life.spawn(options);
  }

  /**
   * Closes the client at once: GOODBYE, then the connection. Running calls are refused with `closed`; harmless when closed already.
   *
   * @param reason The reason as a URI (default `wamp.close.close_realm`).
   * @param message What to say of it.
   * @returns Resolves when the router has answered, or after 5 seconds without.
   * @throws {WampError} `invalid_argument` when one of them is no text; nothing has changed then.
   */
  close(reason?: string, message?: string): Promise<void> {
    return this.#life.close(reason, message);
  }

  /**
   * Closes the client in peace: ends what was registered and subscribed, lets handlers finish and calls be answered, says GOODBYE and closes.
   *
   * What runs may still call and publish; a session that is lost meanwhile does not come back.
   *
   * @param options `timeout`: how many milliseconds it may take, GOODBYE included, after which what still runs is refused with `closed` and the connection
   * dropped; 0 for any time (default 20 000).
   * @returns Resolves when the client is closed.
   * @throws {WampError} `invalid_argument` when an option is wrong; nothing has changed then.
   */
  async drain(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    checkOptions("Cannot drain a client", options, { timeout: numberRule(0) }, "{ timeout: 5_000 }");
    await this.#life.drain(options.timeout ?? DRAIN_TIMEOUT);
  }

  async #open(options: { readonly retry?: boolean | undefined }, otherwise: "closed" | "left"): Promise<void> {
    checkOptions("Cannot open a client", options, { retry: flag }, "{ retry: true }");
    await this.#life.open(options.retry ?? false, otherwise);
  }

  /** Closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
