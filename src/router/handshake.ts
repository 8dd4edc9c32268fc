import type { Agreement } from "../codec/negotiation.ts";

/** What a client asked for when it opened a WebSocket. */
export interface HandshakeRequest {
  /** The URL path, without the query. */
  readonly path: string;
  /** What the URL had behind its `?`, as it came (default nothing). */
  readonly query?: string;
  /** The address and port that the client comes from, where it is known. */
  readonly address?: string;
  /** The HTTP headers, names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** The subprotocols offered, the preferred one first. */
  readonly protocols: readonly string[];
}

/** What a listener answers to a client before it upgrades the connection. */
export type HandshakeAnswer =
  | Agreement & {
    /** HTTP headers for the answer, such as `set-cookie`. */
    readonly headers: { readonly [name: string]: string };
    /** What `PeerInfo.cookies` of the connection is to be, this very object: the cookies that the client showed, and those that the answer sets. */
    readonly cookies?: { readonly [name: string]: string };
  }
  | {
    /** A short text for the answer's body. */
    readonly refused: string;
    /** The HTTP status of the answer. */
    readonly status: number;
  };
