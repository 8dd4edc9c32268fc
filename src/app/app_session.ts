import type { SentArgs, SentKwargs } from "../wire/values.ts";
import type { SessionInfo } from "../router/authorization.ts";
import type { PeerInfo } from "../transport/transport.ts";

/** What a session needs of the app that it belongs to. */
export interface AppSessionHost {
  /** Publishes to one session. */
  send(session: AppSession, topic: string, args: SentArgs | undefined, kwargs: SentKwargs | undefined): Promise<void>;
  /** Ends a session with GOODBYE. */
  close(session: AppSession, reason: string | undefined, message: string | undefined): Promise<void>;
  /** Ends a session with ABORT and drops its connection. */
  abort(session: AppSession, reason: string | undefined, message: string | undefined): void;
}

/** A client's session, as the handlers of an app see it: one object for as long as it lives. */
export class AppSession {
  /** Its id. */
  readonly id: number;
  /** Whose it is. */
  readonly authid: string;
  /** Its role. */
  readonly authrole: string;
  /** How it was authenticated. */
  readonly authmethod: string;
  /** The realm. */
  readonly realm: string;
  /** What the authenticator knows of whoever it is; undefined where that said nothing. */
  readonly identity: unknown;
  /** What is known of its connection: address, path, query, headers, cookies, certificate. */
  readonly transport: PeerInfo;
  /** For whatever handlers want to keep with it, for as long as it lives. */
  readonly storage: Map<unknown, unknown> = new Map();

  readonly #host: AppSessionHost;
  #open = true;

  /**
   * @internal
   * @param info What the router knows of it.
   * @param identity What the authenticator knows of whoever it is.
   * @param host The app.
   */
  constructor(info: SessionInfo, identity: unknown, host: AppSessionHost) {
    this.id = info.id;
    this.authid = info.authid;
    this.authrole = info.authrole;
    this.authmethod = info.authmethod;
    this.realm = info.realm;
    this.identity = identity;
    this.transport = info.peer;
    this.#host = host;
  }

  /** Whether it still lives. */
  get open(): boolean {
    return this.#open;
  }

  /**
   * Sends an event to this session alone; it gets it if it is subscribed to the topic.
   *
   * @param topic The topic.
   * @param args Positional arguments (default none).
   * @param kwargs Keyword arguments (default none).
   * @returns Resolves when it is on its way.
   * @throws {WampError} `invalid_argument` or `unserializable` when the event cannot be sent; `closed` when the app is closed.
   */
  send(topic: string, args?: SentArgs, kwargs?: SentKwargs): Promise<void> {
    return this.#host.send(this, topic, args, kwargs);
  }

  /**
   * Ends the session in peace, with GOODBYE; its client may join again.
   *
   * @param reason Why, a URI (default `wamp.close.killed`).
   * @param message What to say of it (default nothing).
   * @returns Resolves when it has left.
   */
  close(reason?: string, message?: string): Promise<void> {
    return this.#host.close(this, reason, message);
  }

  /**
   * Ends the session with ABORT and drops its connection.
   *
   * @param reason Why, a URI (default `wamp.close.killed`).
   * @param message What to say of it (default nothing).
   */
  abort(reason?: string, message?: string): void {
    this.#host.abort(this, reason, message);
  }

  /** @internal The session is over. */
  ended(): void {
    this.#open = false;
  }
}
