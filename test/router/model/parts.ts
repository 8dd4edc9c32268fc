import type { Dict } from "../../../src/wire/mod.ts";
import type { Message } from "../peer.ts";
import { patterns } from "./steps.ts";
import type { Match } from "./steps.ts";

/** Stands for a publication's id, which is drawn. */
export const PUBLICATION = "publication";

/** A session. */
export interface Client {
  readonly id: number;
  readonly authid: string;
  readonly plain: boolean;
  /** The request id of its last CALL. */
  calls: number;
  /** The id of its last INVOCATION. */
  invocations: number;
}

/** Who subscribes to what. */
export interface Subscription {
  readonly id: number;
  readonly uri: string;
  readonly match: Match;
  readonly members: Client[];
}

/** Who takes part in a registration. */
export interface Callee {
  readonly client: Client;
  readonly concurrency: number;
}

/** Who answers what. */
export interface Registration {
  readonly id: number;
  readonly uri: string;
  readonly match: Match;
  readonly invoke: string;
  members: Callee[];
  turn: number;
}

/** A call without an answer. */
export interface Call {
  readonly caller: Client;
  readonly request: number;
  readonly procedure: string;
  readonly registration: Registration;
  readonly progress: boolean;
  readonly disclose: boolean;
  readonly refused: Client[];
  callee: Callee;
  invocation: number;
  /** Whether the caller has more to send. */
  open: boolean;
  interrupted: boolean;
  /** Whether it may still go to another callee. */
  reroutes: boolean;
}

/** An event, while it is published or as it is retained. */
export interface Retained {
  readonly topic: string;
  readonly value: number;
  readonly publisher: Client;
  readonly excluded: boolean;
  readonly details: Dict;
  readonly eligible: string | undefined;
  readonly exclude: string | undefined;
}

/** Who gets what: one message for one client. */
export type Delivery = readonly [to: number, message: Message];

/** The pattern that a number picks. */
export function patternOf(match: Match, pick: number): string {
  const list = patterns[match];
  return list[pick % list.length]!;
}

/** Whether a pattern matches. */
export function isLike(pattern: string, match: Match, uri: string): boolean {
  if (match === "exact") return uri === pattern;
  if (match === "prefix") return uri.startsWith(pattern);
  const [parts, components] = [pattern.split("."), uri.split(".")];
  return parts.length === components.length && parts.every((part, at) => part === "" || part === components[at]);
}

/** Whether an event is for somebody. */
export function isFor({ publisher, excluded, eligible, exclude }: Retained, client: Client): boolean {
  return !(excluded && publisher.id === client.id) && (eligible === undefined || eligible === client.authid) &&
    exclude !== client.authid;
}
