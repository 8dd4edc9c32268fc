import type { WampValue } from "../../mod.ts";

/** What a peer can be asked for beyond calls, procedures and topics of the basic profile. */
export type Ability =
  | "caller"
  | "callee"
  | "publisher"
  | "subscriber"
  | "acknowledge"
  | "call_kwargs"
  | "result_kwargs"
  | "error_details"
  | "error_uri"
  | "publish_args"
  | "unregister"
  | "unsubscribe"
  | "progress_caller"
  | "progress_callee"
  | "cancel"
  | "cancel_killnowait"
  | "interrupt"
  | "timeout"
  | "patterns"
  | "shared"
  | "force_reregister"
  | "publish_options"
  | "ordered_events"
  | "retained"
  | "retains"
  | "exclude_me"
  | "disclosure"
  | "discloses"
  | "meta"
  | "testament"
  | "reconnect";

/** Every ability. */
export const everything: readonly Ability[] = [
  "caller",
  "callee",
  "publisher",
  "subscriber",
  "acknowledge",
  "call_kwargs",
  "result_kwargs",
  "error_details",
  "error_uri",
  "publish_args",
  "unregister",
  "unsubscribe",
  "progress_caller",
  "progress_callee",
  "cancel",
  "cancel_killnowait",
  "interrupt",
  "timeout",
  "patterns",
  "shared",
  "force_reregister",
  "publish_options",
  "ordered_events",
  "retained",
  "retains",
  "exclude_me",
  "disclosure",
  "discloses",
  "meta",
  "testament",
  "reconnect",
];

/** The serializers that peers have. */
export type SerializerName = "json" | "msgpack" | "cbor";

/** With what a session proves who it is; `scram` is the draft that other implementations speak. */
export type Credentials =
  | { readonly method: "anonymous" }
  | { readonly method: "ticket" | "wampcra" | "scram" | "wamp-scram"; readonly authid: string; readonly secret: string }
  /** `secret` is the private key: 32 bytes in hexadecimal digits. */
  | { readonly method: "cryptosign"; readonly authid: string; readonly secret: string; readonly publicKey: string }
  /** `secret` is the value of the cookie header. */
  | { readonly method: "cookie"; readonly secret: string };

/** How a session is opened. */
export interface OpenOptions {
  /** `ws://host:port/path`, `rs://host:port` or `unix:///path`. */
  readonly url: string;
  readonly realm: string;
  readonly serializer: SerializerName;
  readonly batched?: boolean;
  /** What goes behind each message of batched JSON (default what the specification has). */
  readonly batchSeparator?: "\x1e" | "\x18";
  readonly auth: Credentials;
  /** Whether it comes back when its connection is lost (default not). */
  readonly reconnect?: boolean;
}

/** Who a session belongs to, as WELCOME says it; what the peer does not tell of that is null. */
export interface Joined {
  readonly session: number;
  readonly authid: string | null;
  readonly authrole: string | null;
  readonly authmethod: string | null;
}

/** A payload. */
export interface Payload {
  readonly args: readonly WampValue[];
  readonly kwargs: { readonly [key: string]: WampValue };
}

/** How a call ended. */
export interface Outcome extends Payload {
  readonly progress: readonly Payload[];
}

/** How a call is cancelled. */
export type CancelMode = "kill" | "killnowait" | "skip";

/** A call that runs. */
export interface Running {
  readonly outcome: Promise<Outcome>;
  cancel(): Promise<void>;
}

/** An event as a subscriber sees it. */
export interface Heard extends Payload {
  readonly details: { readonly [key: string]: WampValue };
}

/** Options of a message, by their names on the wire. */
export type Options = { readonly [name: string]: WampValue };

/** What a procedure does: each peer has the same ones. */
export type Deed =
  /** Gives back all arguments as they came. */
  | "echo"
  /** Gives the sum of its two arguments. */
  | "add"
  /** Fails as `com.example.error.custom`, args `["sorry", 42]`, kwargs `{ why: "test" }`. */
  | "fail"
  /** Gives `{ caller, caller_authid, procedure }`, as far as it is told. */
  | "who"
  /** Sends progress `[1]`, `[2]`, `[3]`, then gives `"done"`. */
  | "count"
  /** Never answers, and notes when it is interrupted. */
  | "wait"
  /** Notes what it got and gives nothing. */
  | "note"
  /** Gives the text behind the colon. */
  | `say:${string}`;

/** A procedure that a peer serves. */
export interface Served {
  /** What the procedure noted; waits for the next note. */
  next(): Promise<Payload>;
  unregister(): Promise<void>;
}

/** A topic that a peer listens to. */
export interface Listening {
  /** Waits for the next event. */
  next(): Promise<Heard>;
  /** How many events have come and were not asked for. */
  readonly waiting: number;
  unsubscribe(): Promise<void>;
}

/** An implementation of WAMP that can be told what to do: one session. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly can: ReadonlySet<Ability>;
  open(options: OpenOptions): Promise<Joined>;
  call(uri: string, args?: readonly WampValue[], kwargs?: Options, options?: Options): Promise<Outcome>;
  start(uri: string, args: readonly WampValue[], mode: CancelMode): Running;
  register(uri: string, does: Deed, options?: Options): Promise<Served>;
  subscribe(topic: string, options?: Options): Promise<Listening>;
  publish(topic: string, args?: readonly WampValue[], kwargs?: Options, options?: Options): Promise<void>;
  /** Ends the session. */
  close(): Promise<void>;
  /** Ends the session and what it runs in. */
  end(): Promise<void>;
}

/** What a peer says when something failed: the ERROR or ABORT that it got. */
export class PeerError extends Error {
  readonly uri: string;
  readonly args: readonly WampValue[];
  readonly kwargs: Options;

  constructor(uri: string, message: string, args: readonly WampValue[] = [], kwargs: Options = {}) {
    super(`${uri}: ${message}`);
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
  }
}
