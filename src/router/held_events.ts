import type { Frame } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";

interface HeldEvent {
  readonly subscription: number;
  readonly frame: Frame;
  readonly size: number;
}

/** The newest events for a session that does not keep up, until it has read on; the oldest give way. */
export class HeldEvents {
  readonly #connection: Connection;
  readonly #room: number;
  #events: (HeldEvent | undefined)[] = [];
  /** Which of them is the oldest: those before it have given way, and are undefined. */
  #oldest = 0;
  #bytes = 0;

  /**
   * @param connection The session's connection.
   * @param room How many bytes are held; a single event may have more.
   */
  constructor(connection: Connection, room: number) {
    this.#connection = connection;
    this.#room = room;
  }

  /**
   * Holds an event back behind those that are held.
   *
   * @param subscription The id of the subscription that it is for.
   * @param frame The event, in memory that is nobody else's.
   * @returns How many events give way to it.
   */
  hold(subscription: number, frame: Frame): number {
    const size = this.#connection.serializer.sizeOf(frame);
    this.#events.push({ subscription, frame, size });
    this.#bytes += size;
    const before = this.#oldest;
    while (this.#bytes > this.#room && this.#oldest < this.#events.length - 1) {
      this.#takeOldest();
    }
    const gone = this.#oldest - before;
    // To move them up each time would cost as many moves as there are events.
    if (this.#oldest > this.#events.length / 2) this.#keep(this.#events.slice(this.#oldest));
    return gone;
  }

  /**
   * Sends what there is room for now.
   *
   * @returns Whether nothing is held any more.
   */
  release(): boolean {
    while (this.#oldest < this.#events.length && this.#connection.writable) {
      this.#connection.sendFrame(this.#takeOldest().frame);
    }
    this.#keep(this.#events.slice(this.#oldest));
    return this.#events.length === 0;
  }

  /**
   * Lets go of the events of a subscription that is over.
   *
   * @param subscription Its id.
   */
  forget(subscription: number): void {
    this.#keep(this.#events.slice(this.#oldest).filter((event) => event!.subscription !== subscription));
    this.#bytes = this.#events.reduce((sum, event) => sum + event!.size, 0);
  }

  #takeOldest(): HeldEvent {
    const oldest = this.#events[this.#oldest]!;
    this.#events[this.#oldest++] = undefined;
    this.#bytes -= oldest.size;
    return oldest;
  }

  #keep(events: (HeldEvent | undefined)[]): void {
    this.#events = events;
    this.#oldest = 0;
  }
}
