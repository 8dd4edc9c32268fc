import { isReservedUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Args, Dict, WampValue } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import type { InvokePolicy } from "./registration.ts";
import type { RouterSession } from "./router_session.ts";

/** What registrations and subscriptions have in common. */
export interface Membership {
  /** Its id. */
  readonly id: number;
  /** The procedure, topic or pattern. */
  readonly uri: string;
  /** How it matches. */
  readonly match: MatchPolicy;
  /** When it came to be, in milliseconds since 1970. */
  readonly created: number;
  /** Of a registration, which callee gets a call. */
  readonly invoke?: InvokePolicy;
  /** Of a registration, what its callee says of the procedure. */
  readonly document?: WampValue;
  /** Of a subscription, what is kept of its events: it is there then whoever takes part. */
  readonly history?: unknown;
}

/** The registrations or subscriptions of a realm, as one may ask about them. */
export interface Memberships<M extends Membership> {
  /** All of them, in order of creation. */
  all(): Iterable<M>;
  /** The one with an id. */
  byId(id: number): M | undefined;
  /** The one of a (URI, match). */
  get(uri: string, match: MatchPolicy): M | undefined;
  /** The sessions that take part in one and may be seen. */
  members(membership: M): RouterSession[];
}

/**
 * Tells of a registration or subscription.
 *
 * @param membership The registration or subscription.
 * @returns The details.
 */
export function membershipDetails({ id, created, uri, match, invoke }: Membership): Dict {
  const details = { id, created: new Date(created).toISOString(), uri, match };
  return { ...details, ...(invoke === undefined ? emptyDict : { invoke }) };
}

/** Publishes for the router. */
interface Announcer {
  announce(topic: string, args: () => Args): void;
}

/**
 * Tells who takes part in the registrations or subscriptions of a realm; nothing of those of the router's own URIs, and of the sessions that serve it.
 *
 * @see WAMP advanced profile, "Registration Meta API", "Subscription Meta API"
 */
export class MembershipEvents {
  readonly #announcer: Announcer;
  readonly #create: string;
  readonly #join: string;
  readonly #part: string;
  readonly #delete: string;

  /**
   * @param verb What a session does to take part.
   * @param announcer Publishes.
   */
  constructor(verb: "register" | "subscribe", announcer: Announcer) {
    const kind = verb === "register" ? "registration" : "subscription";
    this.#announcer = announcer;
    this.#create = `wamp.${kind}.on_create`;
    this.#join = `wamp.${kind}.on_${verb}`;
    this.#part = `wamp.${kind}.on_un${verb}`;
    this.#delete = `wamp.${kind}.on_delete`;
  }

  /**
   * A session takes part from now on.
   *
   * @param session The session.
   * @param membership In what.
   * @param members All that do now.
   */
  joined(session: RouterSession, membership: Membership, members: Iterable<RouterSession>): void {
    if (isHidden(session, membership)) return;
    const { id } = session.info;
    if (isAlone(session, membership, members)) {
      this.#announcer.announce(this.#create, () => [id, membershipDetails(membership)]);
    }
    this.#announcer.announce(this.#join, () => [id, membership.id]);
  }

  /**
   * A session does not take part any more.
   *
   * @param session The session.
   * @param membership In what.
   * @param members All that still do.
   */
  parted(session: RouterSession, membership: Membership, members: Iterable<RouterSession>): void {
    if (isHidden(session, membership)) return;
    const args = () => [session.info.id, membership.id];
    this.#announcer.announce(this.#part, args);
    if (isAlone(session, membership, members)) this.#announcer.announce(this.#delete, args);
  }
}

/** Whether nobody else takes part that may be seen: for whoever asks, what only others serve is not there. */
function isAlone(session: RouterSession, { history }: Membership, members: Iterable<RouterSession>): boolean {
  if (history !== undefined) return false;
  for (const member of members) if (member !== session && !member.isTrusted) return false;
  return true;
}

function isHidden({ isTrusted }: RouterSession, { uri, match }: Membership): boolean {
  return isTrusted || isReservedUri(uri, match);
}
