import type { Connection } from "../transport/connection.ts";

/** Who is told how a session ended. */
export interface SessionOwner {
  /** The client said GOODBYE and has its answer; it may join again. */
  parted(connection: Connection): void;
  /** The client said GOODBYE, logs out and has its answer: who has come by the same cookie is out, too. */
  loggedOut(connection: Connection): void;
  /** The session was told GOODBYE and is over; when the client has answered it may join again. */
  killed(connection: Connection): void;
  /** The session is over, and its connection is to be closed. */
  dismissed(connection: Connection, code: number, reason: string): void;
  /** The connection is gone. */
  ended(connection: Connection): void;
  /** Something of this process failed: an authorizer, or the router itself. */
  failed(error: unknown): void;
}
