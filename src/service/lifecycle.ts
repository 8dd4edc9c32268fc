import type { Client } from "../client/client.ts";
import type { ClientEvent, ClientEvents } from "../client/hooks.ts";
import type { Session } from "../client/session.ts";

/** The methods of a service that are called when things happen to its client; each may be missing. */
export interface Lifecycle {
  /** A connection is there; the realm has not been joined. */
  onConnect?: ClientEvents["connect"];
  /** The router wants proof of who joins. */
  onChallenge?: ClientEvents["challenge"];
  /** A session has joined; called at once for one that is there when the service begins. */
  onJoin?: ClientEvents["join"];
  /** Everything is restored; called at once for a client that is ready when the service begins. */
  onReady?: ClientEvents["ready"];
  /** A session has ended. */
  onLeave?: ClientEvents["leave"];
  /** A connection has ended. */
  onDisconnect?: ClientEvents["disconnect"];
}

const METHODS: readonly (readonly [ClientEvent, keyof Lifecycle])[] = [
  ["connect", "onConnect"],
  ["challenge", "onChallenge"],
  ["join", "onJoin"],
  ["ready", "onReady"],
  ["leave", "onLeave"],
  ["disconnect", "onDisconnect"],
];

/** Tells a service what happens to its client. */
export class LifecycleListener {
  readonly #client: Client;
  readonly #service: Lifecycle;
  readonly #stops: (() => void)[] = [];
  /** The session of which the service has been told. */
  #joined: Session | undefined;
  /** The session of which the service has been told that it is ready. */
  #ready: Session | undefined;

  /**
   * @param client The client.
   * @param service The service; its methods are looked up here, once.
   */
  constructor(client: Client, service: Lifecycle) {
    this.#client = client;
    this.#service = service;
    this.#stops.push(client.on("join", (session) => void (this.#joined = session)));
    this.#stops.push(client.on("ready", (session) => void (this.#ready = session)));
    for (const [event, name] of METHODS) {
      const method = service[name] as ((...args: unknown[]) => unknown) | undefined;
      if (typeof method !== "function") continue;
      this.#stops.push(client.on(event, (...args: unknown[]) => method.apply(service, args)));
    }
  }

  /** Tells of the session that was there before the service, if it still is. */
  async catchUp(): Promise<void> {
    const { session } = this.#client;
    if (session === undefined) return;
    if (this.#joined !== session) {
      this.#joined = session;
      await this.#service.onJoin?.(session, session.details);
    }
    if (this.#client.status === "ready" && this.#client.session === session && this.#ready !== session) {
      this.#ready = session;
      await this.#service.onReady?.(session);
    }
  }

  /** Tells nothing from here on. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
