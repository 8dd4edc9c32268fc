import type { Client } from "../client/client.ts";
import { absolute } from "../client/arguments.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import { WampError } from "../wire/errors.ts";
import type { RemoteError } from "../wire/errors.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { Dict } from "../wire/values.ts";
import type { Row } from "./table.ts";

/** At most so many questions wait for their answers at once. */
const QUESTIONS = 64;

type Ids = { readonly [match in MatchPolicy]: readonly number[] };

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
 * @returns A row for each, in the order of their URIs.
 */
export async function uriRows(wamp: Client): Promise<Row[]> {
  const [procedures, topics] = await Promise.all([
    membershipRows(wamp, "registration", "callees"),
    membershipRows(wamp, "subscription", "subscribers"),
  ]);
  return [...procedures, ...topics].sort((a, b) => String(a.uri).localeCompare(String(b.uri)));
}

/**
 * Reads what a router says of each registration.
 *
 * @param wamp A client in the realm.
 * @returns The details, in no order.
 */
export async function registrationDetails(wamp: Client): Promise<Dict[]> {
  const ids = await wamp.call<Ids>(absolute("wamp.registration.list"));
  return await each(Object.values(ids).flat(), (id) => wamp.call<Dict>(absolute("wamp.registration.get"), [id]));
}

async function membershipRows(wamp: Client, kind: "registration" | "subscription", members: string): Promise<Row[]> {
  const ids = await wamp.call<Ids>(absolute(`wamp.${kind}.list`));
  return await each(Object.values(ids).flat(), async (id) => {
    const [details, count] = await Promise.all([
      wamp.call<Dict>(absolute(`wamp.${kind}.get`), [id]),
      wamp.call<number>(absolute(`wamp.${kind}.count_${members}`), [id]),
    ]);
    const { uri, match, invoke = "" } = details;
    return { uri, kind: kind === "registration" ? "procedure" : "topic", match, invoke, [members]: count };
  });
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
