import type { Head } from "../codec/head.ts";
import type { Args, Dict, WampValue } from "../wire/values.ts";
import { ownArgs, ownKwargs } from "./owned.ts";
import type { PassthruOptions } from "./passthru.ts";

/** What the router says of an event. */
export interface EventDetails extends PassthruOptions {
  /** The topic, where the subscription is for a pattern. */
  readonly topic?: string;
  /** The publisher's session id, if the router discloses it. */
  readonly publisher?: number;
  /** The publisher's identity, if the router discloses it. */
  readonly publisher_authid?: string;
  /** The publisher's role, if the router discloses it. */
  readonly publisher_authrole?: string;
  /** Whether the router kept it for later subscribers. */
  readonly retained?: boolean;
  /** Whatever else the router says. */
  readonly [name: string]: WampValue;
}

/** An event that was received. */
export class TopicEvent<A extends readonly unknown[] = Args, K extends object = Dict> {
  /** The topic that it was published to, complete. */
  readonly topic: string;
  /** The router's id of the subscription. */
  readonly subscription: number;
  /** The router's id of the publication. */
  readonly publication: number;
  /** Positional arguments. */
  readonly args: A;
  /** Keyword arguments. */
  readonly kwargs: K;
  /** What the router says of it; the publisher's identity is missing where the router does not disclose it. */
  readonly details: EventDetails;

  /**
   * @internal
   * @param head The EVENT.
   * @param topic The URI that was subscribed to.
   */
  constructor(head: Head, topic: string) {
    this.subscription = head.firstId;
    this.publication = head.secondId;
    this.details = head.options as EventDetails;
    this.topic = this.details.topic ?? topic;
    this.args = ownArgs(head.payload.args) as readonly unknown[] as A;
    this.kwargs = ownKwargs(head.payload.kwargs) as object as K;
  }

  /** The publisher's session id, if the router discloses it. */
  get publisher(): number | undefined {
    return this.details.publisher;
  }

  /** The publisher's identity, if the router discloses it. */
  get publisher_authid(): string | undefined {
    return this.details.publisher_authid;
  }

  /** The publisher's role, if the router discloses it. */
  get publisher_authrole(): string | undefined {
    return this.details.publisher_authrole;
  }

  /** Whether it was published before this subscription was made, and the router kept it; asked for by `get_retained`. */
  get retained(): boolean {
    return this.details.retained === true;
  }
}
