import type { Head } from "../codec/head.ts";
import { matchedPatterns, notedSlot } from "../codec/backend.ts";
import { Payload } from "../codec/payload.ts";
import type { Frame } from "../codec/serializer.ts";
import type { Clock } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { IdSequence, RandomIds } from "../wire/ids.ts";
import { MessageType } from "../wire/message_type.ts";
import type { Random } from "../wire/random.ts";
import { ownText } from "../wire/own_text.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import { emptyDict } from "../wire/values.ts";
import type { Args } from "../wire/values.ts";
import { Audience } from "./audience.ts";
import { historyTopics, memoryHistory } from "./event_history.ts";
import type { HistoryEvent, HistoryOptions, HistoryStore, HistoryTopic } from "./event_history.ts";
import { HeldEvents } from "./held_events.ts";
import { isForHistory } from "./history_query.ts";
import type { CountedLimits } from "./limits.ts";
import { MembershipEvents } from "./membership_events.ts";
import type { Memberships } from "./membership_events.ts";
import { refusedShape } from "./pattern_shapes.ts";
import { PatternTable } from "./pattern_table.ts";
import { RetainedEvents } from "./retained_events.ts";
import { detailsOf, keptSize, PublishedEvent } from "./published_event.ts";
import type { RouterSession } from "./router_session.ts";
import type { SessionObserver } from "./session_observer.ts";
import { Subscription } from "./subscription.ts";

/**
 * What becomes of a subscriber that does not read its events as fast as they come: it misses the newest ones; or the newest are held back for it, and older
 * ones give way; or its session ends, so that none is missing in the middle of what comes. Retained events that find no room when it subscribes are dropped
 * in any case, as its next session would fare no better.
 */
export type SlowSubscribers = "drop-newest" | "drop-oldest" | "disconnect";

/** What a broker works with. */
export interface BrokerOptions {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** What sessions may have. */
  readonly limits: CountedLimits;
  /** What becomes of those that do not keep up (default `drop-newest`). */
  readonly slowSubscribers?: SlowSubscribers | undefined;
  /** Told who subscribes (default nobody). */
  readonly observer?: SessionObserver | undefined;
  /** Which events are kept (default none). */
  readonly history?: HistoryOptions | undefined;
}

const IDS_A_DRAW = 64;
/** How many bytes of events one turn may bring a subscriber that keeps up: of a fast publisher some megabytes are read in one. */
const BURST = 16 * 1024 * 1024;
/** How many bytes of events are held back for a session, where the oldest give way. */
const HELD_BYTES = 1024 * 1024;

/**
 * Routes events: knows the subscriptions of a realm.
 *
 * @see WAMP basic profile, "Publish and Subscribe"
 */
export class Broker implements Memberships<Subscription> {
  readonly #subscriptions: PatternTable<Subscription> = new PatternTable();
  readonly #ids: IdSequence = new IdSequence();
  readonly #publications: RandomIds;
  readonly #limits: CountedLimits;
  /** `BURST`, or less where sessions would be ended for it. */
  readonly #burst: number;
  readonly #retained: RetainedEvents;
  readonly #clock: Clock;
  readonly #byId: Map<number, Subscription> = new Map();
  /** For each session that has subscriptions, the set of it and nobody else. */
  readonly #alone: Map<RouterSession, ReadonlySet<RouterSession>> = new Map();
  readonly #events: MembershipEvents = new MembershipEvents("subscribe", this);
  readonly #observer: SessionObserver | undefined;
  readonly #history: HistoryStore | undefined;
  readonly #historyTopics: readonly Required<HistoryTopic>[] = [];
  readonly #slowSubscribers: SlowSubscribers;
  #dropped = 0;
  #disconnected = 0;

  /** @param options What it works with. */
  constructor({ clock, random, limits, slowSubscribers = "drop-newest", observer, history }: BrokerOptions) {
    this.#clock = clock;
    this.#slowSubscribers = slowSubscribers;
    this.#publications = new RandomIds(random, IDS_A_DRAW);
    this.#limits = limits;
    this.#burst = Math.min(BURST, limits.queuedBytes / 2);
    this.#observer = observer;
    this.#retained = new RetainedEvents(limits);
    if (history === undefined) return;
    this.#history = history.store ?? memoryHistory();
    this.#historyTopics = historyTopics(history.topics);
  }

  /** Begins: from now on what is published to the topics of its history is kept. */
  open(): void {
    for (const topic of this.#historyTopics) {
      if (this.get(topic.uri, topic.match) === undefined) this.#create(topic.uri, topic.match, topic);
    }
  }

  /** Ends: nobody is there any more, and the codec need not know the topics of its history. */
  close(): void {
    for (const { uri, match } of this.#historyTopics) {
      const subscription = this.get(uri, match);
      if (subscription !== undefined) this.#forget(subscription);
    }
  }

  /** How many subscriptions there are. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** How many events did not go to a subscriber, since it does not read or its serializer cannot represent them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many sessions were ended since they did not keep up with their events. */
  get disconnected(): number {
    return this.#disconnected;
  }

  /** Whether events are kept for those who ask later. */
  get keepsHistory(): boolean {
    return this.#history !== undefined;
  }

  /** All subscriptions, in order of creation. */
  all(): Iterable<Subscription> {
    return this.#byId.values();
  }

  /** The subscription with an id. */
  byId(id: number): Subscription | undefined {
    return this.#byId.get(id);
  }

  /** The subscription of a (URI, match). */
  get(uri: string, match: MatchPolicy): Subscription | undefined {
    return this.#subscriptions.get(uri, match);
  }

  /** The sessions of a subscription that may be seen, in order of subscription. */
  members(subscription: Subscription): RouterSession[] {
    return [...subscription.subscribers].filter(({ isTrusted }) => !isTrusted);
  }

  /**
   * Gives what is kept of a subscription's events; of a topic without a history of its own, what is kept with others.
   *
   * @param subscription The subscription.
   * @returns The events, the oldest first; undefined when none are kept.
   */
  history({ uri, match, history }: Subscription): Iterable<HistoryEvent> | Promise<Iterable<HistoryEvent>> | undefined {
    if (history !== undefined) return this.#history?.events(history);
    const covering = match === "exact" ? this.#subscriptions.patterns(uri).find(({ history }) => history) : undefined;
    const events = covering === undefined ? undefined : this.#history?.events(covering.history!);
    const own = (events: Iterable<HistoryEvent>) => [...events].filter(({ topic }) => topic === uri);
    return events === undefined ? undefined : events instanceof Promise ? events.then(own) : own(events);
  }

  /**
   * Tells whether clients may publish to a topic, as far as subscriptions tell: one that is subscribed to under just this URI needs no further check.
   *
   * @param topic The topic.
   * @param publish The PUBLISH to it.
   * @returns Whether they may; if not, it has to be looked at.
   */
  knows(topic: string, publish: Head): boolean {
    const subscription = this.#subscriptions.exact(topic, notedSlot(publish));
    return subscription !== undefined && !subscription.isReserved && subscription.history === undefined;
  }

  /**
   * Finds every subscription that gets the events of a topic.
   *
   * @param topic The topic.
   * @returns The subscriptions.
   */
  matching(topic: string): Subscription[] {
    const exact = this.#subscriptions.exact(topic);
    return [...(exact === undefined ? [] : [exact]), ...this.#subscriptions.patterns(topic)];
  }

  /**
   * Takes a SUBSCRIBE that is allowed.
   *
   * @param session Who sent it.
   * @param head The message.
   */
  subscribe(session: RouterSession, head: Head): void {
    const match = (head.options.match ?? "exact") as MatchPolicy;
    let subscription = this.#subscriptions.get(head.uri, match);
    const isNew = subscription === undefined || !subscription.subscribers.has(session);
    if (isNew && (session.subscriptions?.size ?? 0) >= this.#limits.subscriptions) {
      this.#limits.reached("subscriptions");
      const text =
        `Cannot subscribe to ${head.uri}: this session holds ${this.#limits.subscriptions} subscriptions, the most it may`;
      return session.sendError(head.type, head.firstId, ErrorUri.optionNotAllowed, text);
    }
    if (subscription === undefined) {
      const refused = refusedShape(this.#subscriptions, this.#limits, "subscribe to", head.uri, match);
      if (refused !== undefined) {
        return session.sendError(head.type, head.firstId, ErrorUri.optionNotAllowed, refused);
      }
      subscription = this.#create(ownText(head.uri), match);
    }
    if (isNew) subscription.add(session, this.#aloneOf(session));
    (session.subscriptions ??= new Map()).set(subscription.id, subscription);
    session.send([MessageType.SUBSCRIBED, head.firstId, subscription.id]);
    if (isNew) {
      this.#observer?.subscribed?.(session.info, subscription.uri, match);
      this.#events.joined(session, subscription, subscription.subscribers);
    }
    if (head.options.get_retained === true) this.#sendRetained(session, subscription);
  }

  /**
   * Takes an UNSUBSCRIBE.
   *
   * @param session Who sent it.
   * @param head The message.
   */
  unsubscribe(session: RouterSession, head: Head): void {
    const subscription = session.subscriptions?.get(head.secondId);
    if (subscription === undefined) {
      return session.sendError(head.type, head.firstId, ErrorUri.noSuchSubscription);
    }
    this.#withdraw(session, subscription);
    session.send([MessageType.UNSUBSCRIBED, head.firstId]);
  }

  /**
   * Takes a PUBLISH that is allowed.
   *
   * @param publisher Who sent it.
   * @param head The message.
   * @param disclose Whether the publisher's identity goes along even though it did not ask.
   */
  publish(publisher: RouterSession, head: Head, disclose: boolean): void {
    const { options, uri: topic } = head;
    const publication = this.#publications.next();
    if (options.acknowledge === true) publisher.send([MessageType.PUBLISHED, head.firstId, publication]);
    if (options.retain === true) this.#retain(publisher, head, disclose, publication);
    const exact = this.#subscriptions.exact(topic, notedSlot(head));
    if (exact === undefined && !this.#subscriptions.hasPatterns) return;
    const event = new PublishedEvent({
      publisher,
      publication,
      topic,
      options,
      payload: head.payload,
      details: detailsOf(publisher, options, disclose),
      audience: options === emptyDict ? undefined : Audience.of(options),
      excluded: options.exclude_me === false ? undefined : publisher,
      head,
    });
    if (exact !== undefined) this.#dispatch(event, exact);
    if (!this.#subscriptions.hasPatterns) return;
    const patterns = this.#subscriptions.patterns(topic, matchedPatterns(head));
    for (const subscription of patterns) this.#dispatch(event, subscription);
  }

  /**
   * Publishes what the router itself has to say; a pattern gets it only where it asks for the router's own topics.
   *
   * @param topic The topic.
   * @param args Makes the event's args, if anybody may be listening.
   */
  announce(topic: string, args: () => Args): void {
    const exact = this.#subscriptions.exact(topic);
    const patterns = this.#subscriptions.hasPatterns ? this.#subscriptions.patterns(topic) : [];
    const subscriptions = patterns.filter(({ isReserved }) => isReserved);
    if (exact !== undefined) subscriptions.unshift(exact);
    if (subscriptions.length === 0) return;
    const event = new PublishedEvent({
      publisher: undefined,
      publication: this.#publications.next(),
      topic,
      options: emptyDict,
      payload: Payload.of(args()),
      details: emptyDict,
      audience: undefined,
      excluded: undefined,
      head: undefined,
    });
    for (const subscription of subscriptions) this.#dispatch(event, subscription);
  }

  /**
   * Takes leave of a session: ends its subscriptions.
   *
   * @param session Who left.
   */
  leave(session: RouterSession): void {
    session.heldEvents = undefined;
    for (const subscription of session.subscriptions?.values() ?? []) this.#withdraw(session, subscription);
    this.#alone.delete(session);
  }

  /**
   * Ends a session's part in a subscription without its asking.
   *
   * @param session The session.
   * @param subscription The subscription.
   * @param reason Why, a URI (default: it is not said).
   *
   * @see WAMP advanced profile, "Subscription Revocation"
   */
  evict(session: RouterSession, subscription: Subscription, reason?: string): void {
    this.#withdraw(session, subscription);
    const details = { subscription: subscription.id, ...reason !== undefined && { reason } };
    if (session.takesSubscriptionRevocation) session.send([MessageType.UNSUBSCRIBED, 0, details]);
  }

  #aloneOf(session: RouterSession): ReadonlySet<RouterSession> {
    let alone = this.#alone.get(session);
    if (alone === undefined) this.#alone.set(session, alone = new Set([session]));
    return alone;
  }

  #create(uri: string, match: MatchPolicy, history?: Required<HistoryTopic>): Subscription {
    const subscription = new Subscription(this.#ids.next(), uri, match, this.#clock.now(), history);
    this.#subscriptions.set(uri, match, subscription);
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  #forget({ id, uri, match }: Subscription): void {
    this.#subscriptions.delete(uri, match);
    this.#byId.delete(id);
  }

  #retain(publisher: RouterSession, head: Head, disclose: boolean, publication: number): void {
    const { options, uri, payload } = head;
    this.#retained.keep({
      publication,
      topic: ownText(uri),
      payload: payload.kept(),
      details: detailsOf(publisher, options, disclose),
      audience: Audience.of(options),
      excluded: options.exclude_me === false ? undefined : publisher.info.id,
      size: keptSize(head),
    });
  }

  #sendRetained(session: RouterSession, { id, uri, match }: Subscription): void {
    for (const { publication, topic, payload, details: own } of this.#retained.of(session.info, uri, match)) {
      const details = { ...own, ...(match === "exact" ? emptyDict : { topic }), retained: true };
      try {
        if (session.connection.keepsUp(this.#burst)) {
          // A copy, for what is decoded or encoded of it to go with it: lists that take two bytes on the wire take a hundred once they are decoded.
          session.send([MessageType.EVENT, id, publication, details], payload.kept());
        } else this.#drop(session);
      } catch {
        this.#drop(session);
      }
    }
  }

  // Encoding may run a getter of this process. It can end sessions, which a Set passes over, but begin none before this returns.
  #dispatch(event: PublishedEvent, subscription: Subscription): void {
    event.begin(subscription);
    if (subscription.history !== undefined) this.#record(event, subscription.history);
    for (const subscriber of subscription.subscribers) {
      if (!event.isFor(subscriber)) continue;
      const { connection } = subscriber;
      const keepsUp = subscriber.heldEvents === undefined && connection.keepsUp(this.#burst);
      if (!keepsUp && this.#slowSubscribers !== "drop-oldest") {
        this.#leaveBehind(subscriber);
        continue;
      }
      const frame = event.encodedBy(connection.serializer);
      if (frame === undefined || !connection.takes(frame)) this.#drop(subscriber);
      else if (keepsUp) subscriber.sendFrame(frame);
      else this.#holdBack(subscriber, subscription.id, event.keptBy(connection.serializer));
    }
  }

  #record(event: PublishedEvent, topic: Required<HistoryTopic>): void {
    if (isForHistory(event.options)) this.#history?.append(topic, event.forHistory(this.#clock.now()));
  }

  #leaveBehind(subscriber: RouterSession): void {
    if (this.#slowSubscribers === "disconnect") {
      // One that is going already misses nothing any more.
      if (!subscriber.fellBehind()) return;
      this.#disconnected++;
    }
    this.#drop(subscriber);
  }

  #holdBack(subscriber: RouterSession, subscription: number, frame: Frame): void {
    const room = Math.min(HELD_BYTES, this.#limits.queuedBytes / 2);
    subscriber.heldEvents ??= new HeldEvents(subscriber.connection, room);
    this.#dropped += subscriber.heldEvents.hold(subscription, frame);
    subscriber.crowded();
  }

  #drop(subscriber: RouterSession): void {
    this.#dropped++;
    subscriber.crowded();
  }

  #withdraw(session: RouterSession, subscription: Subscription): void {
    session.subscriptions?.delete(subscription.id);
    session.heldEvents?.forget(subscription.id);
    subscription.remove(session);
    const isLast = subscription.subscribers.size === 0 && subscription.history === undefined;
    if (isLast) this.#forget(subscription);
    this.#observer?.unsubscribed?.(session.info, subscription.uri, subscription.match);
    this.#events.parted(session, subscription, subscription.subscribers);
  }
}
