import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError } from "../wire/errors.ts";
import { isReservedUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Args } from "../wire/values.ts";
import { isDict } from "../wire/values.ts";
import type { Broker } from "./broker.ts";
import { membershipDetails } from "./membership_events.ts";
import type { Membership, Memberships } from "./membership_events.ts";
import { invalidArgument, shown } from "./meta_procedure.ts";
import type { MetaProcedure } from "./meta_procedure.ts";
import type { Registrations } from "./registrations.ts";
import type { RouterSession } from "./router_session.ts";
import { noSuchSession } from "./session_meta.ts";

/**
 * Makes the procedures about the registrations of a realm.
 *
 * @param registrations The registrations.
 * @returns The procedures, by URI.
 *
 * @see WAMP advanced profile, "Registration Meta API"
 */
export function registrationProcedures(
  registrations: Registrations,
): [string, MetaProcedure][] {
  return [
    ...procedures("registration", "callee", ErrorUri.noSuchRegistration, registrations),
    ["wamp.registration.match", ({ args }) => {
      const procedure = uriOf(args);
      const best = registrations.best(procedure);
      return best === undefined || (best.match !== "exact" && isReservedUri(procedure)) ? null : best.id;
    }],
  ];
}

/**
 * Makes the procedures about the subscriptions of a realm.
 *
 * @param broker The broker of the realm.
 * @param sessions The sessions of the realm, by id.
 * @returns The procedures, by URI.
 *
 * @see WAMP advanced profile, "Subscription Meta API"
 */
export function subscriptionProcedures(
  broker: Broker,
  sessions: ReadonlyMap<number, RouterSession>,
): [string, MetaProcedure][] {
  return [
    ...procedures("subscription", "subscriber", ErrorUri.noSuchSubscription, broker),
    ["wamp.subscription.match", ({ args }) => {
      const ids = broker.matching(uriOf(args)).map(({ id }) => id);
      return ids.length === 0 ? null : ids;
    }],
    // Not WAMP's, but Nexus has it.
    ["wamp.subscription.remove_subscriber", ({ args }) => {
      const session = sessions.get(args[1] as number);
      if (session === undefined || session.isTrusted) throw noSuchSession(args[1]);
      const subscription = found(broker, "subscription", ErrorUri.noSuchSubscription, args);
      if (!subscription.subscribers.has(session)) throw noSuchSession(args[1]);
      broker.evict(session, subscription);
      return null;
    }],
  ];
}

function procedures<M extends Membership>(
  kind: string,
  member: string,
  notFound: string,
  memberships: Memberships<M>,
): [string, MetaProcedure][] {
  const find = (args: Args) => found(memberships, kind, notFound, args);
  return [
    [`wamp.${kind}.list`, () => {
      const ids: { [match in MatchPolicy]: number[] } = { exact: [], prefix: [], wildcard: [] };
      for (const { id, match } of memberships.all()) ids[match].push(id);
      return ids;
    }],
    [`wamp.${kind}.lookup`, ({ args }) => memberships.get(uriOf(args), matchOf(args))?.id ?? null],
    [`wamp.${kind}.get`, ({ args }) => {
      const membership = find(args);
      const { document } = membership;
      return { ...membershipDetails(membership), ...(document === undefined ? {} : { _document: document }) };
    }],
    [`wamp.${kind}.list_${member}s`, ({ args }) => memberships.members(find(args)).map(({ info }) => info.id)],
    [`wamp.${kind}.count_${member}s`, ({ args }) => memberships.members(find(args)).length],
  ];
}

function found<M extends Membership>(memberships: Memberships<M>, kind: string, notFound: string, [id]: Args): M {
  const membership = memberships.byId(id as number);
  if (membership === undefined) throw new RemoteError(notFound, [`no ${kind} with ID ${shown(id)} exists`]);
  return membership;
}

function uriOf([uri]: Args): string {
  if (typeof uri === "string") return uri;
  throw invalidArgument("the URI has to be a string");
}

function matchOf([, options]: Args): MatchPolicy {
  const match = isDict(options) ? options.match ?? "exact" : "exact";
  if (match === "exact" || match === "prefix" || match === "wildcard") return match;
  throw invalidArgument("match has to be exact, prefix or wildcard");
}
