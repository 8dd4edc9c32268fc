import type { Serializer } from "../codec/serializer.ts";
import type { Clock } from "../wire/clock.ts";
import type { Connection } from "./connection.ts";

/** What a dialer needs to know. */
export interface DialRequest {
  /** The serializers to offer, the preferred one first. */
  readonly serializers: readonly Serializer[];
  /** Ends the attempt: the dialer then rejects with the signal's reason and leaves nothing open. */
  readonly signal: AbortSignal;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Whether to find out why an attempt fails also where that takes another request (default true). */
  readonly explain?: boolean;
}

/** Opens one connection, ready for HELLO. */
export interface Dialer {
  /** What is dialled, for error texts and status: a URL, or a word for what has none. */
  readonly url: string;

  /**
   * Opens a connection.
   *
   * @param request What to offer, and when to give up.
   * @returns The connection.
   * @throws {ConnectError} When there is none to be had; the code says why.
   */
  dial(request: DialRequest): Promise<Connection>;
}
