import type { Payload } from "../codec/payload.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Dict } from "../wire/values.ts";
import type { Audience } from "./audience.ts";
import type { SessionInfo } from "./authorization.ts";
import type { CountedLimits } from "./limits.ts";

/** A publication that later subscribers may still get. */
export interface RetainedEvent {
  /** The id of the publication. */
  readonly publication: number;
  /** Its topic. */
  readonly topic: string;
  /** Its args and kwargs. */
  readonly payload: Payload;
  /** What every subscriber is told of it. */
  readonly details: Dict;
  /** Whom its publisher let receive it, where not everybody. */
  readonly audience: Audience | undefined;
  /** The session that published it, where that does not get it itself. */
  readonly excluded: number | undefined;
  /** How much it counts, in bytes: the size of its message, and more for what is kept of its options decoded. */
  readonly size: number;
}

/** What is kept of one topic: the last event for everybody, and the last one since then that was not. */
interface Kept {
  readonly everybody: RetainedEvent | undefined;
  readonly some: RetainedEvent | undefined;
}

/**
 * The retained events of a realm, in memory and bounded: the topics that have gone longest without a new one give way.
 *
 * @see WAMP advanced profile, "Event Retention"
 */
export class RetainedEvents {
  readonly #topics: Map<string, Kept> = new Map();
  readonly #limits: CountedLimits;
  #bytes = 0;

  /** @param limits How many there may be. */
  constructor(limits: CountedLimits) {
    this.#limits = limits;
  }

  /**
   * Keeps an event in the place of what is kept of its topic.
   *
   * @param event The event.
   */
  keep(event: RetainedEvent): void {
    const { topic, audience } = event;
    const everybody = audience === undefined ? event : this.#topics.get(topic)?.everybody;
    this.#forget(topic);
    const kept: Kept = { everybody, some: audience === undefined ? undefined : event };
    this.#topics.set(topic, kept);
    this.#bytes += sizeOf(kept);
    for (const oldest of this.#topics.keys()) {
      if (this.#topics.size <= this.#limits.retainedTopics && this.#bytes <= this.#limits.retainedBytes) return;
      this.#limits.reached(this.#topics.size > this.#limits.retainedTopics ? "retainedTopics" : "retainedBytes");
      this.#forget(oldest);
    }
  }

  /**
   * Finds what a new subscriber would have received.
   *
   * @param session The subscriber.
   * @param uri The topic or pattern.
   * @param match How it matches.
   * @returns The most recent event of each topic that it may have.
   */
  of(session: SessionInfo, uri: string, match: MatchPolicy): RetainedEvent[] {
    const kept = match === "exact" ? [this.#topics.get(uri)] : this.#matching(uri, match);
    return kept
      .map((kept) => [kept?.some, kept?.everybody].find((event) => event !== undefined && isFor(event, session)))
      .filter((event) => event !== undefined);
  }

  #matching(uri: string, match: MatchPolicy): Kept[] {
    const matches = match === "prefix" ? (topic: string) => topic.startsWith(uri) : likeness(uri);
    return [...this.#topics].filter(([topic]) => matches(topic)).map(([, kept]) => kept);
  }

  #forget(topic: string): void {
    const kept = this.#topics.get(topic);
    if (kept === undefined) return;
    this.#topics.delete(topic);
    this.#bytes -= sizeOf(kept);
  }
}

function sizeOf({ everybody, some }: Kept): number {
  return (everybody?.size ?? 0) + (some?.size ?? 0);
}

function isFor({ excluded, audience }: RetainedEvent, session: SessionInfo): boolean {
  return session.id !== excluded && (audience?.includes(session) ?? true);
}

/** Tells which topics a wildcard pattern matches, by reading no more of each than it takes to know: topics may be long, and many. */
function likeness(pattern: string): (topic: string) => boolean {
  const components = pattern.split(".");
  const last = components.length - 1;
  return (topic) => {
    let from = 0;
    for (const [index, component] of components.entries()) {
      const to = index === last ? topic.length : topic.indexOf(".", from);
      if (to < 0) return false;
      if (component !== "" && (to - from !== component.length || !topic.startsWith(component, from))) return false;
      if (index === last) return !topic.includes(".", from);
      from = to + 1;
    }
    return false;
  };
}
