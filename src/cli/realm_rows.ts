import type { Client } from "../client/client.ts";
import { absolute } from "../client/arguments.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { WampError } from "../wire/errors.ts";
import type { RemoteError } from "../wire/errors.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Dict } from "../wire/values.ts";
import type { Row } from "./table.ts";

/** At most so many questions wait for their answers at once. */
const QUESTIONS = 64;

type Ids = { readonly [match in MatchPolicy]: readonly number[] };

/** What a Nexus serves and hears itself: its services, and the meta topics by which it follows what there is. */
const OF_NEXUS = /^(com\.izaber\.wamp|ad|auth|directory|my|systems?|wamp)\./;

/** A registration or subscription, and how many sessions it has that show themselves. */
interface Membership {
  readonly details: Dict;
  readonly count: number;
}

/** What is wanted of what there is in a realm. */
export interface RealmQuestion {
  /** Whether what a Nexus itself serves and hears belongs to it, too (default false). */
  readonly all?: boolean | undefined;
}

/**
 * Reads the sessions of a realm.
 *
 * @param wamp A client in it.
 * @returns A row for each, in the order of their names.
 */
export async function sessionRows(wamp: Client): Promise<Row[]> {
  const ids = await wamp.call<number[]>(absolute("wamp.session.list"));
  const rows = await each(ids, async (id) => {
    const { session, authid, authrole, authmethod, transport } = await wamp.call<Dict>(absolute("wamp.session.get"), [
      id,
    ]);
    const { type = "", peer = "" } = (transport ?? {}) as Dict;
    return { session, authid, authrole, authmethod, transport: type, peer };
  });
  return rows.sort((a, b) => String(a.authid).localeCompare(String(b.authid)));
}

/**
 * Reads the registrations and subscriptions of a realm.
 *
 * @param wamp A client in it.
 * @param question Which are wanted.
 * @returns A row for each, in the order of their URIs.
 */
export async function uriRows(wamp: Client, question: RealmQuestion = {}): Promise<Row[]> {
  const [procedures, topics] = await Promise.all([
    memberships(wamp, "registration", "callees"),
    memberships(wamp, "subscription", "subscribers"),
  ]);
  const isWanted = wantedBy(question);
  return [
    ...procedures.filter(isWanted).map((one) => rowOf(one, "procedure", "callees")),
    ...topics.filter(isWanted).map((one) => rowOf(one, "topic", "subscribers")),
  ].sort((a, b) => String(a.uri).localeCompare(String(b.uri)));
}

/**
 * Reads what a router says of each registration.
 *
 * @param wamp A client in the realm.
 * @param question Which are wanted.
 * @returns The details, in no order.
 */
export async function registrationDetails(wamp: Client, question: RealmQuestion = {}): Promise<Dict[]> {
  const procedures = await memberships(wamp, "registration", "callees");
  return procedures.filter(wantedBy(question)).map(({ details }) => details);
}

async function memberships(
  wamp: Client,
  kind: "registration" | "subscription",
  members: string,
): Promise<Membership[]> {
  const ids = await wamp.call<Ids>(absolute(`wamp.${kind}.list`));
  return await each(Object.values(ids).flat(), async (id) => {
    const [details, count] = await Promise.all([
      wamp.call<Dict>(absolute(`wamp.${kind}.get`), [id]),
      wamp.call<number>(absolute(`wamp.${kind}.count_${members}`), [id]),
    ]);
    return { details, count };
  });
}

/** The sessions by which a Nexus serves do not show themselves, those of others do. */
function wantedBy({ all = false }: RealmQuestion): (one: Membership) => boolean {
  return ({ details, count }) => all || count > 0 || !OF_NEXUS.test(String(details.uri));
}

function rowOf({ details, count }: Membership, kind: string, column: string): Row {
  const { uri, match, invoke = "" } = details;
  return { uri, kind, match, invoke, [column]: count };
}

/** Asks about each id, a bounded number at a time; what is gone meanwhile is left out. */
async function each<T>(ids: readonly number[], ask: (id: number) => Promise<T>): Promise<T[]> {
  const rows: T[] = [];
  const waiting = [...ids];
  const worker = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        rows.push(await ask(id));
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: QUESTIONS }, worker));
  return rows;
}

function isGone(error: unknown): boolean {
  const gone: readonly string[] = [ErrorUri.noSuchSession, ErrorUri.noSuchRegistration, ErrorUri.noSuchSubscription];
  return WampError.is(error, "remote") && gone.includes((error as RemoteError).uri);
}
