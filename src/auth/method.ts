import type { Dict } from "../wire/values.ts";

/** What a router asks of a client that wants to join. */
export interface Challenge {
  /** The authentication method. */
  readonly method: string;
  /** What the method needs. */
  readonly extra: Dict;
  /** What HELLO.Details.authextra carried, such as the nonce that the challenge goes on from. */
  readonly authextra: Dict;
  /** What HELLO.Details.authid said: who wants to join, by the first of the methods offered that says so. */
  readonly authid?: string | undefined;
}

/** What a client answers. */
export interface ChallengeAnswer {
  /** The signature: a ticket, a password's proof, whatever the method wants. */
  readonly signature: string;
  /** Anything more that the method wants. */
  readonly extra?: Dict;
  /** Judges WELCOME.Details; throws when the router has not proved what it has to, and there is no session then. */
  readonly judge?: (details: Dict) => void;
}

/** The client's half of an authentication method. It keeps no state of a join, so that several clients can share it. */
export interface AuthMethod {
  /** Its name in HELLO.Details.authmethods. */
  readonly method: string;

  /** Who wants to join. */
  readonly authid?: string;

  /** What HELLO.Details.authextra carries, or a function that is asked for it at each join. */
  readonly authextra?: Dict | (() => Dict | Promise<Dict>);

  /** Whether the credential is good for one join only, such as a one-time password. */
  readonly once?: boolean;

  /**
   * Whether it always shows the same, as one does that was given a secret and not a function that gives it: a client that is denied with it five times in a
   * row ends (default false: the next answer may be a better one, and the client goes on trying).
   */
  readonly fixed?: boolean;

  /** Whether the router has to prove itself, too: where no other kind is offered, a WELCOME that nothing was asked before is refused. */
  readonly mutual?: boolean;

  /**
   * Answers a challenge.
   *
   * @param challenge What the router asks.
   * @returns The answer.
   */
  answer(challenge: Challenge): ChallengeAnswer | Promise<ChallengeAnswer>;
}

/**
 * Credentials: a method, several in order of preference, or a function that is asked again at every join. Several share one HELLO, which says one authid,
 * that of the first which has one, and one channel binding for all.
 */
export type Auth = AuthMethod | readonly AuthMethod[] | (() => AuthSource | Promise<AuthSource>);

/** What a function that is asked for credentials gives. */
export type AuthSource = AuthMethod | readonly AuthMethod[];
