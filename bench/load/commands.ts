import type { Format } from "./frames.ts";
import type { Login } from "./peer.ts";

/** How the URIs of a table of registrations or subscriptions match. */
export type Match = "exact" | "prefix" | "wildcard";

/** Registrations or subscriptions besides those of a plain load; what is called or published to then goes round them. */
export interface Table {
  readonly match: Match;
  readonly size: number;
}

interface To {
  /** What the generator shall call this load. */
  readonly target: string;
  readonly url: string;
  readonly realm: string;
  readonly format: Format;
  readonly login?: Login;
  /** How many bytes the text of a call or event has. */
  readonly bytes: number;
}

/** Asks the generator to join a router with a callee and callers. */
export interface JoinCommand extends To {
  readonly do: "join";
  readonly callers: number;
  /** The callee's format, if it is another. */
  readonly calleeFormat?: Format;
  /** Whether the callee never answers. */
  readonly mute?: boolean;
  readonly table?: Table;
}

/** Asks the generator to call for some time. */
export interface RunCommand {
  readonly do: "run";
  readonly target: string;
  readonly callers: number;
  readonly inFlight: number;
  readonly seconds: number;
}

/** What came of a run. */
export interface RunResult {
  /** Calls that were answered or events that arrived, those that were on their way when time was up included. */
  readonly count: number;
  /** Calls that were answered by an error: a router may refuse what is too much for a callee. */
  readonly refused: number;
  /** Seconds until the last one. */
  readonly seconds: number;
  /** Median latency in microseconds. */
  readonly p50: number;
  /** The latency in microseconds that one call in a hundred exceeded. */
  readonly p99: number;
  /** The latency in microseconds that one call in a thousand exceeded. */
  readonly p999: number;
  /** The CPU time of the generator as a share of the time that passed. */
  readonly load: number;
}

/** Asks the generator to join a router with a publisher and subscribers. */
export interface SubscribeCommand extends To {
  readonly do: "subscribe";
  readonly subscribers: number;
  readonly table?: Table;
}

/** Asks the generator to publish for some time. */
export interface PublishCommand {
  readonly do: "publish";
  readonly target: string;
  /** How many events are on their way at a time. */
  readonly inFlight: number;
  readonly seconds: number;
}

/** Asks the generator to join a router many times, and to stay. */
export interface CrowdCommand extends To {
  readonly do: "crowd";
  readonly sessions: number;
  /** How many join at a time. */
  readonly atOnce: number;
}

/** Asks the generator to join a router for some time, again and again, and to leave it then. */
export interface JoinsCommand extends To {
  readonly do: "joins";
  /** How many join at a time. */
  readonly atOnce: number;
  readonly seconds: number;
}

/** Asks the generator to leave a router. */
export interface LeaveCommand {
  readonly do: "leave";
  readonly target: string;
}

/** What the generator is asked. */
export type Command =
  | JoinCommand
  | RunCommand
  | SubscribeCommand
  | PublishCommand
  | CrowdCommand
  | JoinsCommand
  | LeaveCommand;
