import { aboveZero, groupRule, said } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";

/** How much a router lets its sessions have. */
export interface Limits {
  /** Milliseconds from the opening of a connection to WELCOME, and again from each refusal (default 30,000). */
  readonly joinTimeout: number;
  /** How often one connection may fail to join before it is closed; a HELLO that gives way to another has failed, too (default 10). */
  readonly joinAttempts: number;
  /**
   * The size in bytes from which on HELLO and AUTHENTICATE are refused, and half of what an authextra may take in memory, since it stays there
   * (default 64 KiB).
   */
  readonly joinSize: number;
  /** The size in bytes from which on a session's message is refused for its Options or Details alone, since they are decoded here (default 256 KiB). */
  readonly optionsSize: number;
  /** Milliseconds that a client has to answer the router's GOODBYE before its connection is closed (default 1,000). */
  readonly goodbyeTimeout: number;
  /** Sessions that the router may have, in all its realms together (default 131,072). */
  readonly sessions: number;
  /** Sessions that may come from one address, in all realms together; those of this process and of unix sockets have none (default 16,384). */
  readonly sessionsPerAddress: number;
  /** Messages that one session, or several one after the other on a connection, may send in a second; past that it is ended (default any number). */
  readonly messagesPerSecond: number;
  /** Realms that are there at a time because clients asked for them, besides those that are always there (default 1,024). */
  readonly realmsOnDemand: number;
  /** Registrations that one session may hold (default 131,072). */
  readonly registrations: number;
  /** Subscriptions that one session may hold (default 131,072). */
  readonly subscriptions: number;
  /** Calls of one session that may wait for their answer (default 65,536); of the router's own procedures 64 in any case. */
  readonly pendingCalls: number;
  /**
   * Bytes that may wait to be sent to a callee; while it is more, calls to it are refused. They are given to others who share the
   * registration, where there are any (default 64 MiB).
   */
  readonly calleeBytes: number;
  /**
   * Bytes of one session's calls that are kept for another callee, until those that announce `call_reroute` have answered them; the answer to one above
   * that is passed on even when it says that the callee is unavailable (default 16 MiB).
   */
  readonly reroutableBytes: number;
  /** Messages of one session that may wait behind one that is being authorized; past that the session is closed (default 16,384). */
  readonly authorizationQueue: number;
  /** Milliseconds that an authorizer has for a decision before the request is refused (default 30,000). */
  readonly authorizationTimeout: number;
  /** Characters that a URI may have; a longer one is invalid (default 4,096). */
  readonly uriLength: number;
  /** Components that a wildcard pattern may have; one with more is invalid (default 64). */
  readonly patternComponents: number;
  /**
   * Steps that it may take to find which wildcard patterns of a realm match a URI, those of registrations and those of subscriptions: one for each way in
   * which patterns begin, as to which of their components are wildcards; a pattern with which it would be more is refused (default 2,048).
   */
  readonly patternSteps: number;
  /**
   * Bytes that the transport holds for one session, or that wait behind a request of it that is being authorized, from which on it is closed; larger
   * than a message may be (default 256 MiB).
   */
  readonly queuedBytes: number;
  /** Topics of a realm that have a retained event; past that the oldest gives way (default 16,384). */
  readonly retainedTopics: number;
  /** Bytes that the retained events of a realm may have together; past that the oldest gives way (default 64 MiB). */
  readonly retainedBytes: number;
  /** Bytes that what registrations say of their procedures (`_document`) may have together in a realm (default 64 MiB). */
  readonly documentBytes: number;
  /** Bytes that the testaments of one session may have together (default 1 MiB). */
  readonly testamentBytes: number;
}

/** What is counted: the router's limits, the depth of messages, which the codec limits, and their size, which is the listener's to limit. */
type CountedLimit = keyof Limits | "depth" | "messageSize";

/** How often each limit has kept something from being done, where it has. */
export type LimitCounts = { readonly [limit in CountedLimit]?: number };

/** {@linkcode LimitCounts} while they are counted. */
export type MutableCounts = { -readonly [limit in CountedLimit]?: number };

/** Limits that count how often they are reached. */
export interface CountedLimits extends Limits {
  /**
   * Counts.
   *
   * @param limit The limit that has kept something from being done.
   */
  reached(limit: CountedLimit): void;
}

/**
 * Fills in the limits that are not said.
 *
 * @param some Those that are.
 * @returns All of them.
 */
export function limitsOf(some: Partial<Limits> | undefined): Limits {
  return { ...defaultLimits, ...said(some) };
}

/**
 * Counts how often limits are reached.
 *
 * @param limits The limits.
 * @param counts Gets the counts.
 * @returns The limits, to be told when one is reached.
 */
export function counted(limits: Limits, counts: MutableCounts): CountedLimits {
  return { ...limits, reached: (limit) => void (counts[limit] = (counts[limit] ?? 0) + 1) };
}

/** What a router allows unless it is told otherwise. */
export const defaultLimits: Limits = {
  joinTimeout: 30_000,
  joinAttempts: 10,
  joinSize: 64 * 1024,
  optionsSize: 256 * 1024,
  goodbyeTimeout: 1_000,
  sessions: 131_072,
  sessionsPerAddress: 16_384,
  messagesPerSecond: Infinity,
  realmsOnDemand: 1_024,
  registrations: 131_072,
  subscriptions: 131_072,
  pendingCalls: 65_536,
  calleeBytes: 64 * 1024 * 1024,
  reroutableBytes: 16 * 1024 * 1024,
  authorizationQueue: 16_384,
  authorizationTimeout: 30_000,
  uriLength: 4_096,
  patternComponents: 64,
  patternSteps: 2_048,
  queuedBytes: 256 * 1024 * 1024,
  retainedTopics: 16_384,
  retainedBytes: 64 * 1024 * 1024,
  documentBytes: 64 * 1024 * 1024,
  testamentBytes: 1024 * 1024,
};

/** What each of them has to be. */
export const limitRules: OptionRules = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, aboveZero]));

/** What an option has to be that consists of them. */
export const limitsRule: OptionRule = {
  ...groupRule(limitRules),
  expected: "an object such as { sessions: 1_000 }",
};
