import type { Serializer } from "../codec/serializer.ts";
import type { ConnectionOptions } from "../transport/connection.ts";
import type { TransportHandler } from "../transport/transport.ts";
import type { Clock } from "../wire/clock.ts";
import type { HandshakeAnswer, HandshakeRequest } from "../router/handshake.ts";
import type { Acceptor } from "./acceptor.ts";
import { Admission } from "./admission.ts";
import type { ListenerStatistics, ListenLimits, Place } from "./admission.ts";
import { GuestConnection } from "./guest_connection.ts";
import type { Guest } from "./guest_connection.ts";
import { KeepAlive } from "./keep_alive.ts";
import type { Seen } from "./keep_alive.ts";

/** What every listener is told of its connections. */
export interface DoorSettings {
  /** How many connections are taken. */
  readonly limits: ListenLimits;
  /** After how many milliseconds of silence a client is pinged; 0 for never. */
  readonly pingInterval: number;
  /** How many milliseconds a pinged client has to say anything. */
  readonly pingTimeout: number;
  /** Where time comes from. */
  readonly clock: Clock;
}

/** What is kept of a connection as long as it is there. */
interface Visit extends Seen {
  readonly place: Place | undefined;
}

/** What a listener knows of its connections, of whatever kind it is: who may come in, who is there, who has fallen silent. */
export class Door {
  /** What is served. */
  readonly acceptor: Acceptor;
  /** Counts those that come, and those that may not. */
  readonly admission: Admission;
  readonly #guests = new Map<Guest, Visit>();
  readonly #keepAlive: KeepAlive;
  #accepted = 0;
  #allGone: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  /**
   * @param acceptor What is served.
   * @param settings How many may come, and when they are asked whether they are there.
   */
  constructor(acceptor: Acceptor, { limits, clock, pingInterval, pingTimeout }: DoorSettings) {
    this.acceptor = acceptor;
    this.admission = new Admission(limits, clock);
    this.#keepAlive = new KeepAlive(clock, pingInterval, pingTimeout, this.#guests);
  }

  /** What was counted. */
  get statistics(): ListenerStatistics {
    return { accepted: this.#accepted, ...this.admission.counts };
  }

  /** Whether it was closed, and nobody is left. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Asks what is served for a client that has a place; a refusal is counted.
   *
   * @param request What the client asked for.
   * @returns What was agreed on, or why nothing was.
   */
  handshake(request: HandshakeRequest): HandshakeAnswer {
    const answer = this.#closing === undefined ? this.#ask(request) : { refused: "This listener closes.", status: 503 };
    if ("refused" in answer) this.admission.refuse("handshake");
    return answer;
  }

  /**
   * Makes a connection, and hands it over to what is served; one whose handshake was under way when everything was closed is closed, too.
   *
   * @param guest Its transport; `left` is to be called when it is gone.
   * @param place Its place, given back then; undefined when whoever made the transport gives it back, since its connection outlasts it.
   * @param serializer The serializer that was agreed on.
   * @param options The connection's limits, and whether frames are batches.
   */
  enter(guest: Guest, place: Place | undefined, serializer: Serializer, options: ConnectionOptions): void {
    this.#guests.set(guest, { place, activity: guest.activity });
    this.#keepAlive.added();
    if (this.#closing !== undefined) {
      guest.start(nobody);
      return dismiss(guest);
    }
    this.#accepted++;
    this.acceptor.accept(new GuestConnection(guest, this.#keepAlive, serializer, options));
  }

  /** @param guest A transport that is gone. */
  left(guest: Guest): void {
    const visit = this.#guests.get(guest);
    if (visit === undefined) return;
    visit.place?.release();
    this.#guests.delete(guest);
    this.#keepAlive.deleted(guest);
    if (this.#guests.size === 0) this.#allGone?.();
  }

  /**
   * Closes every connection, and takes no more.
   *
   * @returns When they are gone.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const guest of [...this.#guests.keys()]) dismiss(guest);
    if (this.#guests.size > 0) await new Promise<void>((resolve) => this.#allGone = resolve);
    this.#closed = true;
  }

  // What a keeper of cookies or another acceptor throws is nothing that a server would survive.
  #ask(request: HandshakeRequest): HandshakeAnswer {
    try {
      return this.acceptor.handshake(request);
    } catch {
      return { refused: "Nothing can be agreed on here: the router failed.", status: 500 };
    }
  }
}

/** Takes what comes until a connection is closed that is nobody's; otherwise it would be kept. */
const nobody: TransportHandler = { frame() {}, drained() {}, closed() {} };

function dismiss(guest: Guest): void {
  guest.close(1001, "the server stops");
}

/**
 * Reads where a request goes.
 *
 * @param url What its first line says, or a whole URL, which a request may have there, too.
 * @returns Path and query.
 *
 * @see RFC 9112, section 3.2.2
 */
export function targetOf(url: string): string {
  if (url.startsWith("/")) return url;
  // Not parsed as a URL, which it need not be: its host is whatever the client wrote into the header.
  const target = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, "");
  return target.startsWith("?") || target === "" ? `/${target}` : target;
}

/**
 * Takes a request's target apart.
 *
 * @param target Path and query.
 * @returns Both; the query only where there is one.
 */
export function splitTarget(target: string): { readonly path: string; readonly query?: string } {
  const mark = target.indexOf("?");
  return mark < 0 ? { path: target } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
