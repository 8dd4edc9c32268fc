import type { HandshakeAnswer, HandshakeRequest } from "../router/handshake.ts";
import type { Connection } from "../transport/connection.ts";

/** How the two sides of a connection will speak. */
export type Agreed = Exclude<HandshakeAnswer, { readonly refused: string }>;

/** What a listener serves: a router, or something that accepts connections like one. */
export interface Acceptor {
  /** The subprotocols that it speaks; a refusal lists them. */
  readonly subprotocols: readonly string[];

  /**
   * Decides on a client before its connection is upgraded.
   *
   * @param request What the client asked for.
   * @returns What was agreed on, or why nothing was.
   */
  handshake(request: HandshakeRequest): HandshakeAnswer;

  /**
   * Takes a connection; from then on it is the acceptor's.
   *
   * @param connection The connection, not started yet.
   */
  accept(connection: Connection): void;
}
