import type { Serializer } from "../codec/serializer.ts";
import { Connection } from "../transport/connection.ts";
import type { ConnectionOptions } from "../transport/connection.ts";
import type { Probed, Transport } from "../transport/transport.ts";
import type { KeepAlive, Watched } from "./keep_alive.ts";

/** What moves the frames of a listener's connection. */
export type Guest = Transport & Watched;

/** A connection of a listener: whether its client is still there can be found out at once. */
export class GuestConnection extends Connection implements Probed {
  readonly #guest: Guest;
  readonly #keepAlive: KeepAlive;

  /**
   * @param guest What moves the frames.
   * @param keepAlive What watches it.
   * @param serializer The serializer that was agreed on.
   * @param options Limits, and whether frames are batches.
   */
  constructor(guest: Guest, keepAlive: KeepAlive, serializer: Serializer, options: ConnectionOptions) {
    super(guest, serializer, options);
    this.#guest = guest;
    this.#keepAlive = keepAlive;
  }

  probe(): void {
    this.#keepAlive.probe(this.#guest);
  }
}
