import type { Agreement } from "../codec/negotiation.ts";

/** What a client asked for when it opened a WebSocket. */
export interface HandshakeRequest {
  /** The URL path, without the query. */
  readonly path: string;
  /** The HTTP headers, names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** The subprotocols offered, the preferred one first. */
  readonly protocols: readonly string[];
}

/** What a listener answers to a client before it upgrades the connection. */
export type HandshakeAnswer =
  | Agreement & {
    /** HTTP headers for the answer. */
    readonly headers: { readonly [name: string]: string };
  }
  | {
    /** A short text for the answer's body. */
    readonly refused: string;
    /** The HTTP status of the answer. */
    readonly status: number;
  };
