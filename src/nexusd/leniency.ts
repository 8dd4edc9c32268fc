/** Where the original Nexus is open and this one is not: each `true` opens it again, for clients that have come to depend on it. */
export interface Leniency {
  /**
   * A session whose cookie has expired or was removed goes on without the restrictions of its API key or one-time password, also when the key has been
   * removed (default false: it may do nothing).
   */
  readonly sessionsOutliveTheirCookie: boolean;
  /**
   * A session goes on when its user is removed or disabled, or its API key or cookie removed, and keeps what it has registered and subscribed to when it may
   * not have that any more: its new requests alone are judged anew (default false: it ends, or loses that).
   */
  readonly sessionsKeepWhatTheyHave: boolean;
  /**
   * What restricts `com.izaber.wamp.my.apikeys.*` leaves `my.apikeys.*` open, and so on: a restriction holds for the spelling that it names (default
   * false: for all names of a built-in procedure).
   */
  readonly restrictionsHoldForOneSpelling: boolean;
  /**
   * Sessions that came by an API key or a one-time password may make further ones, and users and roles, and change records by `system.db.*`, their user's
   * password among them, where their role may (default false).
   */
  readonly keysMakeKeys: boolean;
  /** `+` asks anonymous sessions for nothing (default false: they have shown no password and are refused). */
  readonly strangersCountAsElevated: boolean;
  /** API keys are kept and listed as they are, for whoever reads the store or may list them (default false: they are shown once, when they are made). */
  readonly plaintextKeysAreKept: boolean;
}

/** Everything closed. */
export const closed: Leniency = {
  sessionsOutliveTheirCookie: false,
  sessionsKeepWhatTheyHave: false,
  restrictionsHoldForOneSpelling: false,
  keysMakeKeys: false,
  strangersCountAsElevated: false,
  plaintextKeysAreKept: false,
};
