import { direct } from "../codec/direct.ts";
import type { Head } from "../codec/head.ts";
import type { Payload } from "../codec/payload.ts";
import type { Frame, Serializer } from "../codec/serializer.ts";
import { ownAttributes } from "../wire/attributes.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { MessageType } from "../wire/message_type.ts";
import { ownText } from "../wire/own_text.ts";
import { emptyDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import type { Audience } from "./audience.ts";
import type { HistoryEvent } from "./event_history.ts";
import { passedOn } from "./features.ts";
import { weightOf } from "./request_gate.ts";
import type { RouterSession } from "./router_session.ts";
import type { Subscription } from "./subscription.ts";

/** From so many bytes on the options of an event that is kept count for what they take in memory. */
const LARGE_OPTIONS = 256;

/**
 * Tells how much an event counts that is kept; of its options some stay decoded.
 *
 * @param head The PUBLISH.
 * @returns How many bytes.
 */
export function keptSize(head: Head): number {
  const isSmall = head.optionsEnd - head.optionsStart < LARGE_OPTIONS && ownAttributes(head.options) === emptyDict;
  return isSmall ? head.size : weightOf(head);
}

/**
 * Makes what every subscriber is told of a publication.
 *
 * @param publisher Who publishes.
 * @param options The options of the PUBLISH.
 * @param disclose Whether the publisher's identity goes along even though it did not ask.
 * @returns The details.
 */
export function detailsOf(publisher: RouterSession, options: Dict, disclose: boolean): Dict {
  const identity = disclose || options.disclose_me === true ? publisher.asPublisher : emptyDict;
  const passed = passedOn(options);
  return passed === emptyDict ? identity : { ...identity, ...passed };
}

/** What is published, and to whom. */
export interface Publication {
  /** Who publishes; nobody where the router itself does. */
  readonly publisher: RouterSession | undefined;
  /** Its id. */
  readonly publication: number;
  /** The topic. */
  readonly topic: string;
  /** The options of the PUBLISH. */
  readonly options: Dict;
  /** What is published. */
  readonly payload: Payload;
  /** What every subscriber is told of it. */
  readonly details: Dict;
  /** Who may receive it, where its options restrict that. */
  readonly audience: Audience | undefined;
  /** Who does not receive it, since that is who publishes. */
  readonly excluded: RouterSession | undefined;
  /** The PUBLISH, where it is not the router's own event. */
  readonly head: Head | undefined;
}

/** What an event looks like in one serializer, and in those that it was encoded by before. */
interface EncodedEvent {
  readonly name: string;
  /** Nothing where it cannot be represented. */
  readonly frame: Frame | undefined;
  /** The same in memory of its own, once somebody asks for it. */
  own: Frame | undefined;
  readonly next: EncodedEvent | undefined;
}

/** One publication on its way to its subscribers, encoded once for each subscription and serializer. */
export class PublishedEvent {
  readonly #what: Publication;
  #encoded: EncodedEvent | undefined;
  #subscription = 0;
  #details: Dict = emptyDict;
  #isUnsaid = false;

  /** @param what What is published, and to whom. */
  constructor(what: Publication) {
    this.#what = what;
  }

  /** The options of the PUBLISH. */
  get options(): Dict {
    return this.#what.options;
  }

  /**
   * Turns to the subscribers of one subscription.
   *
   * @param subscription The subscription.
   */
  begin(subscription: Subscription): void {
    const { details, topic } = this.#what;
    this.#encoded = undefined;
    this.#subscription = subscription.id;
    this.#details = subscription.match === "exact" ? details : { ...details, topic };
  }

  /**
   * Makes what a history keeps of it.
   *
   * @param timestamp When it was published, in milliseconds since 1970.
   * @returns What is kept; it stays encoded until somebody looks at its payload.
   */
  forHistory(timestamp: number): HistoryEvent {
    const { publication, options, head } = this.#what;
    const topic = ownText(this.#what.topic);
    const payload = this.#what.payload.kept();
    return {
      publication,
      timestamp,
      topic,
      details: this.#details.topic === undefined ? this.#details : { ...this.#details, topic },
      options,
      size: head === undefined ? 0 : keptSize(head),
      get args() {
        return payload.kept().args;
      },
      get kwargs() {
        return payload.kept().kwargs;
      },
    };
  }

  /**
   * Tells whether a subscriber gets it.
   *
   * @param subscriber The subscriber.
   * @returns Whether it does.
   */
  isFor(subscriber: RouterSession): boolean {
    const { excluded, audience } = this.#what;
    return subscriber !== excluded && (audience?.includes(subscriber.info) ?? true);
  }

  /**
   * Gives the EVENT for the subscription that is at hand.
   *
   * @param serializer The subscriber's.
   * @returns The message; undefined where this serializer cannot represent it.
   */
  encodedBy(serializer: Serializer): Frame | undefined {
    return this.#in(serializer).frame;
  }

  /**
   * Gives the EVENT for the subscription that is at hand, to be kept: a text that was cut out of a batch keeps the whole batch in memory, bytes their piece.
   *
   * @param serializer The subscriber's, which can represent it.
   * @returns The message, in memory that is nobody else's.
   */
  keptBy(serializer: Serializer): Frame {
    const encoded = this.#in(serializer);
    const frame = encoded.frame!;
    if (typeof frame === "string") return encoded.own ??= ownText(frame);
    return encoded.own ??= frame instanceof Uint8Array ? frame.slice() : frame;
  }

  #in(serializer: Serializer): EncodedEvent {
    const { name } = serializer;
    for (let known = this.#encoded; known !== undefined; known = known.next) {
      if (known.name === name) return known;
    }
    return this.#encoded = { name, frame: this.#encode(serializer), own: undefined, next: this.#encoded };
  }

  #encode(serializer: Serializer): Frame | undefined {
    try {
      return serializer.encode(
        [MessageType.EVENT, this.#subscription, this.#what.publication, this.#details],
        this.#what.payload,
      );
    } catch (error) {
      // Every subscription and serializer finds the same mistake.
      if (!this.#isUnsaid) reportUnsaid(this.#what, serializer, error);
      this.#isUnsaid = true;
      return undefined;
    }
  }
}

/** Nobody has encoded what a session of this process publishes, so that it hears of a mistake here or nowhere; what strangers publish is theirs. */
function reportUnsaid({ publisher, topic }: Publication, { name }: Serializer, cause: unknown): void {
  if (publisher?.connection.serializer !== direct) return;
  const text = cause instanceof Error ? cause.message : describe(cause);
  publisher.failed(
    new WampError("unserializable", `Cannot send an event of "${topic}" to subscribers that speak ${name}: ${text}`, {
      cause,
    }),
  );
}
