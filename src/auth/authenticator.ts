import type { PeerInfo } from "../transport/transport.ts";
import type { Roles } from "../wire/features.ts";
import type { Dict } from "../wire/values.ts";

/** A client that wants to join a realm. */
export interface JoinRequest {
  /** The realm. */
  readonly realm: string;
  /** The id that its session will have. */
  readonly session: number;
  /** Who it says it is. */
  readonly authid: string | undefined;
  /** What it sends along for the method. */
  readonly authextra: Dict;
  /** The roles and features that it announced. */
  readonly roles: Roles;
  /** The program that it says it is. */
  readonly agent: string | undefined;
  /** What is known of its connection. */
  readonly peer: PeerInfo;
}

/** Who a session belongs to, once a method has accepted it. */
export interface Principal {
  /** The identity. */
  readonly authid: string;
  /** The role that decides what it may do. */
  readonly authrole: string;
  /** Where the identity comes from, such as `"static"` or `"dynamic"`. */
  readonly authprovider: string;
  /** The method that WELCOME names, where it is not the authenticator's own. */
  readonly authmethod?: string;
  /** What WELCOME.Details.authextra carries. */
  readonly authextra?: Dict;
}

/** What comes next for a client that wants to join. */
export type JoinStep =
  | {
    readonly next: "accept";
    readonly principal: Principal;
    /** The realm that the client joins, where it is not the one that it asked for. */
    readonly realm?: string;
  }
  | {
    readonly next: "deny";
    /** A URI; not `wamp.error.authentication_failed`, by which routers mean a failure of their own that passes: clients go on trying then. */
    readonly reason: string;
    readonly message: string;
  }
  /** This method knows nothing of the client: the next one that it offered is tried. */
  | { readonly next: "pass" }
  | {
    readonly next: "challenge";
    /** CHALLENGE.Extra. */
    readonly extra: Dict;
    /** Judges the AUTHENTICATE that answers the challenge; another challenge may follow. */
    answered(signature: string, extra: Dict): JoinStep | Promise<JoinStep>;
  };

/** The router's half of an authentication method. */
export interface Authenticator {
  /** Its name in HELLO.Details.authmethods. */
  readonly method: string;

  /**
   * Judges a HELLO that offers this method.
   *
   * @param request Who wants to join.
   * @returns Acceptance, denial, a challenge, or that another method is to be tried.
   */
  begin(request: JoinRequest): JoinStep | Promise<JoinStep>;
}
