import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { aboveZero, checkOptions, numberRule, oneOf, text } from "../wire/option_rules.ts";
import type { OptionRule, OptionRules } from "../wire/option_rules.ts";
import { isUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import { isDict } from "../wire/values.ts";
import type { Args, Dict } from "../wire/values.ts";

/** An event that was published to a topic whose history is kept. */
export interface HistoryEvent {
  /** The id of the publication. */
  readonly publication: number;
  /** When it was published, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Its topic. */
  readonly topic: string;
  /** What every subscriber was told of it in Details. */
  readonly details: Dict;
  /** The Options that it was published with, for whom may see it. */
  readonly options: Dict;
  /** Its positional arguments; a store that keeps them has to read them before it returns. */
  readonly args: Args;
  /** Its keyword arguments. */
  readonly kwargs: Dict;
  /** How large its message was, in bytes. */
  readonly size: number;
}

/** The topics, or one pattern of them, whose history is kept together. */
export interface HistoryTopic {
  /** The topic or pattern. */
  readonly uri: string;
  /** How it matches (default `exact`). */
  readonly match?: MatchPolicy;
  /** How many events are kept, the latest ones (default 1,000). */
  readonly limit?: number;
}

/** Where events are kept; it is told of them in the middle of things, and must not throw. */
export interface HistoryStore {
  /**
   * Keeps an event.
   *
   * @param topic What it was published to.
   * @param event The event.
   */
  append(topic: Required<HistoryTopic>, event: HistoryEvent): void;

  /**
   * Gives the events that are kept.
   *
   * @param topic What they were published to.
   * @returns The events, the oldest first, at most as many as the topic's limit.
   */
  events(topic: Required<HistoryTopic>): Iterable<HistoryEvent> | Promise<Iterable<HistoryEvent>>;
}

/** Which events a realm keeps for those who ask later. */
export interface HistoryOptions {
  /** The topics. */
  readonly topics: readonly HistoryTopic[];
  /** Where they are kept (default in memory). */
  readonly store?: HistoryStore;
}

const DEFAULT_LIMIT = 1_000;
const DEFAULT_BYTES = 64 * 1024 * 1024;
const topicRules: OptionRules = {
  uri: { ...text, required: true },
  match: oneOf("exact", "prefix", "wildcard"),
  limit: numberRule(1, undefined, "whole"),
};

/** What the topics of a history have to be, before each is looked at. */
export const historyTopicsRule: OptionRule = {
  expected: "an array of { uri, match, limit }",
  allows: Array.isArray,
};

/**
 * Fills in what a topic of a history leaves open.
 *
 * @param topic The topic.
 * @returns The topic with all that it may say.
 * @throws {WampError} `invalid_argument` when its URI, how it matches or its limit is none, or it says what there is not.
 */
function historyTopic(topic: HistoryTopic): Required<HistoryTopic> {
  const named = isDict(topic) && topic["uri"] !== undefined;
  const cannot = `Cannot keep the history of ${named ? describe(topic.uri) : "a topic"}`;
  checkOptions(cannot, topic, topicRules, '{ uri: "com.example.topic" }');
  const { uri, match = "exact", limit = DEFAULT_LIMIT } = topic;
  if (isUri(uri, match)) return { uri, match, limit };
  throw new WampError("invalid_argument", `${cannot} (${match}): give a valid topic or pattern`);
}

/**
 * Gives what tells a topic of a history from others.
 *
 * @param topic The topic.
 * @returns A text that no other topic or pattern has.
 */
export function historyKey({ uri, match = "exact" }: HistoryTopic): string {
  return `${match} ${uri}`;
}

/**
 * Fills in what the topics of a history leave open.
 *
 * @param topics The topics.
 * @returns The topics with all that they may say.
 * @throws {WampError} `invalid_argument` when one of them is wrong, or named twice.
 */
export function historyTopics(topics: readonly HistoryTopic[]): Required<HistoryTopic>[] {
  const seen = new Set<string>();
  return topics.map((one) => {
    const topic = historyTopic(one);
    if (seen.size === seen.add(historyKey(topic)).size) {
      const { uri, match } = topic;
      throw new WampError("invalid_argument", `Cannot keep the history of "${uri}" (${match}) twice: name it once`);
    }
    return topic;
  });
}

/** What is kept of one topic. */
class Kept {
  readonly #events: (HistoryEvent | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  /** The events, the oldest first. */
  get events(): HistoryEvent[] {
    return this.#events.slice(this.#first) as HistoryEvent[];
  }

  /** Takes in another; past a limit the oldest give way. */
  append(event: HistoryEvent, limit: number, bytes: number): void {
    const events = this.#events;
    events.push(event);
    this.#bytes += event.size;
    while (events.length - this.#first > limit || this.#bytes > bytes) {
      this.#bytes -= events[this.#first]!.size;
      events[this.#first++] = undefined;
    }
    // Moving the rest one by one would take as long as there are events.
    if (this.#first <= events.length / 2) return;
    events.splice(0, this.#first);
    this.#first = 0;
  }
}

/**
 * Keeps events in memory.
 *
 * @param options `bytes`: how large the events of one topic may be together; past that the oldest give way (default 64 MiB).
 * @returns The store.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function memoryHistory(options: { readonly bytes?: number } = {}): HistoryStore {
  checkOptions("Cannot keep a history", options, { bytes: aboveZero }, "{ bytes: 1_000_000 }");
  const { bytes = DEFAULT_BYTES } = options;
  const topics: Map<string, Kept> = new Map();
  return {
    append(topic, event) {
      const key = historyKey(topic);
      const kept = topics.get(key) ?? new Kept();
      topics.set(key, kept);
      kept.append(event, topic.limit, bytes);
    },
    events: (topic) => topics.get(historyKey(topic))?.events ?? [],
  };
}
