import type { Serializer } from "../codec/serializer.ts";
import type { ConnectionOptions } from "../transport/connection.ts";
import type { Clock } from "../wire/clock.ts";
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
  readonly place: Place;
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

  /**
   * Makes a connection, and hands it over to what is served.
   *
   * @param guest Its transport; `left` is to be called when it is gone.
   * @param place Its place, given back then.
   * @param serializer The serializer that was agreed on.
   * @param options The connection's limits, and whether frames are batches.
   */
  enter(guest: Guest, place: Place, serializer: Serializer, options: ConnectionOptions): void {
    this.#accepted++;
    this.#guests.set(guest, { place, activity: guest.activity });
    this.#keepAlive.added();
    this.acceptor.accept(new GuestConnection(guest, this.#keepAlive, serializer, options));
  }

  /** @param guest A transport that is gone. */
  left(guest: Guest): void {
    const visit = this.#guests.get(guest);
    if (visit === undefined) return;
    visit.place.release();
    this.#guests.delete(guest);
    this.#keepAlive.deleted(guest);
    if (this.#guests.size === 0) this.#allGone?.();
  }

  /**
   * Closes every connection.
   *
   * @returns When they are gone.
   */
  async close(): Promise<void> {
    for (const guest of [...this.#guests.keys()]) guest.close(1001, "the server stops");
    if (this.#guests.size > 0) await new Promise<void>((resolve) => this.#allGone = resolve);
  }
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
