import type { Serializer } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";

/** What a client asked for when it opened a WebSocket. */
export interface HandshakeRequest {
  /** The URL path, without the query. */
  readonly path: string;
  /** The HTTP headers, names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** The subprotocols offered, the preferred one first. */
  readonly protocols: readonly string[];
}

/** How the two sides will speak. */
export interface Agreement {
  /** The subprotocol chosen. */
  readonly subprotocol: string;
  /** Its serializer. */
  readonly serializer: Serializer;
  /** Whether a frame is a batch of messages. */
  readonly batched: boolean;
  /** HTTP headers for the answer, such as a cookie. */
  readonly headers: { readonly [name: string]: string };
}

/** Why there will be no connection. */
export interface Refusal {
  /** A short text for the answer's body. */
  readonly refused: string;
  /** The HTTP status of the answer. */
  readonly status: number;
}

/** What a listener serves: a router, or something like it. */
export interface Acceptor {
  /** The subprotocols that it speaks; a refusal lists them. */
  readonly subprotocols: readonly string[];

  /**
   * Decides on a client before its connection is upgraded.
   *
   * @param request What the client asked for.
   * @returns What was agreed on, or why nothing was.
   */
  handshake(request: HandshakeRequest): Agreement | Refusal;

  /**
   * Takes a connection, from then on it is the acceptor's.
   *
   * @param connection The connection, not started yet.
   */
  accept(connection: Connection): void;
}
