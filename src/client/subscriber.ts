import type { Head } from "../codec/head.ts";
import type { HeaderElement } from "../codec/serializer.ts";
import { MessageType } from "../wire/message_type.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import { checkHandler, wireOptions } from "./arguments.ts";
import type { UriArgument, Usage } from "./arguments.ts";
import { asked } from "./aborting.ts";
import type { Asked } from "./aborting.ts";
import { undecodable } from "./core.ts";
import type { SessionCore } from "./core.ts";
import type { EventHandler, SubscribeOptions, Subscription } from "./handles.ts";
import { Idle } from "./idle.ts";
import { Notice } from "./notice.ts";
import { isThenable } from "./thenable.ts";
import { TopicEvent } from "./topic_event.ts";
import { traced } from "./tracing.ts";

/** A topic listened to by one session. */
export interface SessionSubscription extends Subscription {
  /** Called when the router ends the subscription by itself, also when it is set after that. */
  onRevoked: ((reason: string) => void) | undefined;
}

/** A class, since an object with accessors of its own takes half a KB. */
class Listener implements SessionSubscription {
  readonly source: Topic;
  readonly match: MatchPolicy;
  readonly handler: EventHandler;
  readonly revoked: Notice<string> = new Notice();
  active = false;
  id: number | undefined = undefined;
  readonly #unsubscribe: (listener: Listener) => Promise<void>;

  constructor(
    source: Topic,
    match: MatchPolicy,
    handler: EventHandler,
    unsubscribe: (listener: Listener) => Promise<void>,
  ) {
    this.source = source;
    this.match = match;
    this.handler = handler;
    this.#unsubscribe = unsubscribe;
  }

  get topic(): string {
    return this.source.uri;
  }

  get onRevoked(): ((reason: string) => void) | undefined {
    return this.revoked.listener;
  }

  set onRevoked(listener: ((reason: string) => void) | undefined) {
    this.revoked.listener = listener;
  }

  unsubscribe(): Promise<void> {
    return this.#unsubscribe(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }
}

/** One subscription on the wire, with all its handlers. */
interface Topic {
  readonly key: string;
  readonly uri: string;
  id: number | undefined;
  /** Replaced, never changed, so that a delivery under way is not disturbed. */
  listeners: readonly Listener[];
  /** How many SUBSCRIBEs are under way. */
  joining: number;
  /** Handlers that came meanwhile and need no SUBSCRIBE of their own. */
  waiting: readonly Waiting[];
  /** Whose SUBSCRIBE was the last to ask for what the router keeps: that comes behind its answer, and is for nobody else. */
  asked: Listener | undefined;
}

interface Waiting {
  readonly listener: Listener;
  readonly asking: Asked<SessionSubscription>;
}

const MAX_EARLY_EVENTS = 1024;
const none: readonly never[] = [];

/** The subscriber's role in a session. */
export class Subscriber {
  readonly #core: SessionCore;
  readonly #topics = new Map<string, Topic>();
  readonly #byId = new Map<number, Topic>();
  /** Ids whose UNSUBSCRIBE is under way: what still comes for them is for nobody. */
  readonly #leaving = new Map<number, number>();
  /** Events that came before the SUBSCRIBED that tells whose they are. */
  #early: Head[] = [];
  #subscribing = 0;

  #running = 0;
  readonly #idle: Idle = new Idle(() => this.#running > 0);

  /** @param core What the roles share. */
  constructor(core: SessionCore) {
    this.#core = core;
  }

  /**
   * Listens to a topic; several handlers of one (URI, match) share a subscription on the wire.
   *
   * @returns The subscription, when the router has confirmed it.
   */
  subscribe(
    uri: UriArgument,
    handler: EventHandler,
    options: SubscribeOptions | undefined,
  ): Promise<SessionSubscription> {
    return new Promise((resolve, reject) => {
      const core = this.#core;
      const match = options?.match ?? "exact";
      const name = core.resolve(uri, "subscribe", match);
      const usage: Usage = { method: "subscribe", uri: name };
      checkHandler(handler, usage);
      const wire = wireOptions(options, usage);
      const encoded = core.encode(wire);
      if (core.over !== undefined) throw core.over;
      const asking = asked(resolve, reject, options?.signal, usage);
      // A URI has no blank in it.
      const key = match === "exact" ? name : `${match} ${name}`;
      const topic = this.#topics.get(key) ??
        { key, uri: name, id: undefined, listeners: none, joining: 0, waiting: none, asked: undefined };
      this.#topics.set(key, topic);
      const listener = new Listener(topic, match, handler, this.#unsubscribe);
      const waiting: Waiting = { listener, asking };
      // Only a SUBSCRIBE makes the router send what it keeps for the topic.
      if (wire.get_retained === true) this.#request(topic, encoded, waiting, listener);
      else if (topic.id !== undefined) this.#joined(topic, topic.id, waiting);
      else if (topic.joining > 0) topic.waiting = [...topic.waiting, waiting];
      else this.#request(topic, encoded, waiting);
    });
  }

  #request(topic: Topic, options: HeaderElement, first: Waiting, asked?: Listener): void {
    topic.joining += 1;
    this.#subscribing += 1;
    this.#core.request(
      MessageType.SUBSCRIBE,
      [options, topic.uri],
      (head) => {
        topic.joining -= 1;
        this.#subscribing -= 1;
        topic.asked = asked ?? topic.asked;
        for (const waiting of [first, ...takeWaiting(topic)]) this.#joined(topic, head.secondId, waiting);
        this.#leaveUnused(topic);
        this.#deliverEarly(head.secondId);
      },
      (error) => {
        topic.joining -= 1;
        this.#subscribing -= 1;
        first.asking.reject(error);
        if (topic.joining === 0) {
          for (const { asking } of takeWaiting(topic)) asking.reject(error);
        }
        this.#leaveUnused(topic);
        this.#deliverEarly(undefined);
      },
      ({ secondId: id }) => {
        // Somebody else's by now, or about to be.
        const joining = this.#topics.get(topic.key)?.joining ?? 0;
        if (joining > 0 || this.#byId.has(id) || this.#leaving.has(id)) return;
        this.#core.request(MessageType.UNSUBSCRIBE, [id], () => {}, () => {});
      },
    );
  }

  #leaveUnused(topic: Topic): void {
    if (topic.joining === 0 && topic.listeners.length === 0) this.#leave(topic).catch(() => {});
  }

  #joined(topic: Topic, id: number, { listener, asking }: Waiting): void {
    topic.id = id;
    this.#topics.set(topic.key, topic);
    this.#byId.set(id, topic);
    if (asking.over) return;
    listener.id = id;
    listener.active = true;
    topic.listeners = topic.listeners.concat(listener);
    asking.resolve(listener);
  }

  readonly #unsubscribe = (listener: Listener): Promise<void> => {
    if (!listener.active) return Promise.resolve();
    listener.active = false;
    const { source: topic } = listener;
    topic.listeners = topic.listeners.filter((other) => other !== listener);
    if (topic.listeners.length > 0 || topic.joining > 0) return Promise.resolve();
    return this.#leave(topic);
  };

  /** Ends every subscription; resolves when the router has answered, whatever it says. */
  async unsubscribeAll(): Promise<void> {
    const listeners = [...this.#topics.values()].flatMap((topic) => topic.listeners);
    await Promise.allSettled(listeners.map((listener) => listener.unsubscribe()));
  }

  #leave(topic: Topic): Promise<void> {
    const { id } = topic;
    this.#forget(topic);
    if (id === undefined || this.#core.over !== undefined) return Promise.resolve();
    this.#leaving.set(id, (this.#leaving.get(id) ?? 0) + 1);
    const left = () => {
      const others = (this.#leaving.get(id) ?? 1) - 1;
      if (others === 0) this.#leaving.delete(id);
      else this.#leaving.set(id, others);
    };
    return new Promise((resolve, reject) => {
      this.#core.request(
        MessageType.UNSUBSCRIBE,
        [id],
        () => {
          left();
          resolve();
        },
        (error) => {
          left();
          if (this.#core.over === undefined) reject(error);
          else resolve();
        },
      );
    });
  }

  #forget(topic: Topic): void {
    if (this.#topics.get(topic.key) === topic) this.#topics.delete(topic.key);
    if (topic.id !== undefined && this.#byId.get(topic.id) === topic) this.#byId.delete(topic.id);
  }

  /** An EVENT came. */
  event(head: Head): void {
    const topic = this.#byId.get(head.firstId);
    if (topic !== undefined) return this.#deliver(topic, head);
    if (this.#subscribing === 0 || this.#leaving.has(head.firstId)) return;
    if (this.#early.length === MAX_EARLY_EVENTS) this.#early.shift();
    this.#early.push(head);
  }

  #deliverEarly(id: number | undefined): void {
    if (this.#early.length === 0) return;
    const early = this.#early;
    this.#early = this.#subscribing === 0 ? [] : early.filter((head) => head.firstId !== id);
    const topic = id === undefined ? undefined : this.#byId.get(id);
    if (topic === undefined) return;
    for (const head of early) if (head.firstId === id) this.#deliver(topic, head);
  }

  #deliver(topic: Topic, head: Head): void {
    let event: TopicEvent;
    try {
      event = new TopicEvent(head, topic.uri);
    } catch (cause) {
      return this.#core.report(undecodable(`an event of "${topic.uri}"`, cause), { during: "event", uri: topic.uri });
    }
    const asked = event.retained ? topic.asked : undefined;
    for (const listener of topic.listeners) {
      if (listener.active && (asked ?? listener) === listener) this.#run(listener, event);
    }
  }

  #run({ handler }: Listener, event: TopicEvent): void {
    const failed = (error: unknown) => this.#core.report(error, { during: "event", uri: event.topic });
    try {
      const { trace } = this.#core;
      const { topic: uri, details, args, kwargs } = event;
      const result = trace === undefined
        ? handler(args, kwargs, event)
        : traced(trace, { kind: "event", uri, event }, details, () => handler(args, kwargs, event));
      if (!isThenable(result)) return;
      this.#running += 1;
      const done = () => {
        this.#running -= 1;
        this.#idle.ended();
      };
      result.then(done, (error) => {
        failed(error);
        done();
      });
    } catch (error) {
      failed(error);
    }
  }

  /** How many handlers run. */
  get running(): number {
    return this.#running;
  }

  /** Resolves when no handler runs. */
  idle(): Promise<void> {
    return this.#idle.wait();
  }

  /** The router ended a subscription by itself. */
  revoked(head: Head): void {
    const { subscription, reason } = head.options;
    const topic = this.#byId.get(subscription as number);
    if (topic === undefined) return;
    const { listeners } = topic;
    topic.listeners = [];
    topic.id = undefined;
    this.#byId.delete(subscription as number);
    if (topic.joining === 0) this.#forget(topic);
    for (const listener of listeners) {
      listener.active = false;
      listener.revoked.tell(typeof reason === "string" ? reason : "");
    }
  }

  /** The session is over. */
  end(): void {
    for (const topic of this.#topics.values()) {
      for (const listener of topic.listeners) listener.active = false;
    }
    this.#topics.clear();
    this.#byId.clear();
    this.#leaving.clear();
    this.#early = [];
    this.#idle.release();
  }
}

function takeWaiting(topic: Topic): readonly Waiting[] {
  const { waiting } = topic;
  topic.waiting = none;
  return waiting;
}
