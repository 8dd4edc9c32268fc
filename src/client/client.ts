import type { SerializerName } from "../codec/serializer.ts";
import type { ClientEvent, ClientEvents } from "./hooks.ts";
import { Life } from "./life.ts";
import { ClientRoles } from "./roles.ts";
import type { Session } from "./session.ts";
import type { WelcomeDetails } from "./session_info.ts";
import type { ClientSetup, ClientStatus } from "./setup.ts";

const DRAIN_TIMEOUT = 20_000;

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

  /** What the client is doing. */
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

  /** The realm. */
  get realm(): string {
    return this.#life.setup.keeper.realm;
  }

  /**
   * Opens the client; one that was opened already stays as it is, and a second call only waits until it is ready.
   *
   * @param options `retry`: whether to go on when the first round over all URLs fails (default false); the listeners of `error` learn of each failure.
   * Credentials that are refused five times in a row end it all the same, unless they come from a function.
   * @returns Resolves when a session is ready: restored, and every join listener finished.
   * @throws {ConnectError} When the first round fails and `retry` is not set; the client is closed then.
   * @throws {WampError} `closed` when the client is closed, before or meanwhile; `invalid_argument` when `retry` contradicts `reconnect: false`.
   */
  open(options: { readonly retry?: boolean | undefined } = {}): Promise<void> {
    return this.#life.open(options.retry ?? false);
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
   * Closes the client at once: GOODBYE, then the connection. Running calls are refused with `closed`; harmless when closed already.
   *
   * @param reason The reason as a URI (default `wamp.close.close_realm`).
   * @param message What to say of it.
   * @returns Resolves when the router has answered, or after 5 seconds without.
   */
  close(reason?: string, message?: string): Promise<void> {
    return this.#life.close(reason, message);
  }

  /**
   * Closes the client in peace: ends what was registered and subscribed, lets handlers finish and calls be answered, says GOODBYE and closes.
   *
   * What runs may still call and publish; a session that is lost meanwhile does not come back.
   *
   * @param options `timeout`: for how many milliseconds to wait for what runs, 0 for any time (default 20 000).
   * @returns Resolves when the client is closed.
   */
  drain(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    return this.#life.drain(options.timeout ?? DRAIN_TIMEOUT);
  }

  /** Closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
