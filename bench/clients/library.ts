/** One connection of a library. */
export interface Session {
  /** Calls a procedure with a text. */
  call(uri: string, text: string): PromiseLike<unknown>;
  /** Registers a procedure that answers by the text that it gets. */
  register(uri: string): PromiseLike<unknown>;
  /** Subscribes to a topic; undefined for a client that cannot. */
  readonly subscribe?: (uri: string) => PromiseLike<unknown>;
}

/** A client library, used as its documentation says. */
export interface Library {
  /** Connects and joins as anybody. */
  open(url: string, realm: string): Promise<Session>;
}
