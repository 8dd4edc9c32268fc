import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { AnswerRoom } from "./answer_room.ts";
import { Audience } from "./audience.ts";
import { allowed, refusalText } from "./authorization.ts";
import type { SessionInfo } from "./authorization.ts";
import type { Broker } from "./broker.ts";
import { decideInTime } from "./decide_in_time.ts";
import type { Rules } from "./decide_in_time.ts";
import type { HistoryEvent } from "./event_history.ts";
import { invalidArgument, MetaResult, shown } from "./meta_procedure.ts";
import type { MetaCall } from "./meta_procedure.ts";

type Test = (timestamp: number) => boolean;

const times: { readonly [key: string]: (limit: number) => Test } = {
  from_time: (limit) => (timestamp) => timestamp >= limit,
  after_time: (limit) => (timestamp) => timestamp > limit,
  before_time: (limit) => (timestamp) => timestamp < limit,
  until_time: (limit) => (timestamp) => timestamp <= limit,
};

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Selects what somebody asked for of a history.
 *
 * @param events The events that are kept, the oldest first.
 * @param query The keyword arguments of `wamp.subscription.get_events`.
 * @param session Who asked; what was not published for it is left out.
 * @returns The events, in the order that was asked for.
 * @throws {RemoteError} When the query is not one.
 *
 * @see WAMP advanced profile, "Event History"
 */
function selectEvents(events: Iterable<HistoryEvent>, query: Dict, session: SessionInfo): HistoryEvent[] {
  const { reverse = false, limit = Infinity, topic } = query;
  if (typeof reverse !== "boolean") throw invalidArgument("reverse has to be true or false");
  if (limit !== Infinity && !isPositive(limit)) throw invalidArgument("the limit has to be an integer from 1");
  if (topic !== undefined && typeof topic !== "string") throw invalidArgument("the topic has to be a string");
  const tests = Object.keys(times).filter((key) => query[key] !== undefined)
    .map((key) => times[key]!(timeOf(key, query[key]!)));
  const chosen = within([...events], query).filter((event) =>
    (topic === undefined || event.topic === topic) && tests.every((test) => test(event.timestamp)) &&
    (Audience.of(event.options)?.includes(session) ?? true)
  );
  if (reverse) chosen.reverse();
  return chosen.slice(0, limit as number);
}

/** The events between the publications that a query names. */
function within(events: HistoryEvent[], query: Dict): HistoryEvent[] {
  const at = (key: string, otherwise: number) => {
    const publication = query[key];
    if (publication === undefined) return otherwise;
    if (!isPositive(publication)) throw invalidArgument(`${key} has to be the id of a publication`);
    const found = events.findIndex((event) => event.publication === publication);
    if (found < 0) throw invalidArgument(`${key}: publication ${shown(publication)} is not kept (any more)`);
    return found;
  };
  const begin = Math.max(at("from_publication", 0), at("after_publication", -1) + 1);
  const end = Math.min(at("until_publication", events.length - 1) + 1, at("before_publication", events.length));
  return events.slice(begin, Math.max(begin, end));
}

function timeOf(key: string, value: WampValue): number {
  const time = typeof value === "string" && RFC3339.test(value) ? Date.parse(value.replace(" ", "T")) : NaN;
  if (Number.isNaN(time)) throw invalidArgument(`${key} has to be a time such as 2024-02-29T12:00:00.000Z`);
  return time;
}

function isPositive(value: WampValue): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** What a history belongs to, and who may have it. */
interface Archive extends Rules {
  readonly broker: Broker;
}

/**
 * Answers `wamp.subscription.get_events`: who may subscribe to something may also have its history.
 *
 * @param archive What the history belongs to.
 * @param call The call.
 * @returns The events, each a positional result, but for those that the caller's serializer cannot represent; undefined when it is gone.
 * @throws {RemoteError} When the caller may not have it, or nothing is kept.
 * @throws {WampError} `payload_size_exceeded` when they are more than one message may have.
 *
 * @see WAMP advanced profile, "Event History"
 */
export async function getEvents(
  archive: Archive,
  { caller, args, kwargs: query }: MetaCall,
): Promise<MetaResult | undefined> {
  const { broker } = archive;
  if (!broker.keepsHistory) {
    throw new RemoteError(ErrorUri.historyUnavailable, ["this realm keeps no event history"]);
  }
  const subscription = broker.byId(args[0] as number);
  if (subscription === undefined) {
    throw new RemoteError(ErrorUri.noSuchSubscription, [`no subscription with ID ${shown(args[0] ?? null)} exists`]);
  }
  const { id, uri, match, subscribers } = subscription;
  const { info } = caller;
  const decision = subscribers.has(caller) ? allowed : await decideInTime(archive, caller, "subscribe", uri, { match });
  if (!decision.allow) {
    throw new RemoteError(decision.error ?? ErrorUri.notAuthorized, [
      decision.message ?? refusalText(info, "subscribe", uri),
    ]);
  }
  return caller.inTurn(async () => {
    const events = await broker.history(subscription);
    if (events === undefined) {
      throw new RemoteError(ErrorUri.historyUnavailable, [`no history is kept of subscription ${id}`]);
    }
    const room = new AnswerRoom(caller.connection.serializer, archive.limits.queuedBytes);
    const answer: Dict[] = [];
    for (const { timestamp, publication, details, args, kwargs, size } of selectEvents(events, query, info)) {
      const event = {
        timestamp: new Date(timestamp).toISOString(),
        subscription: id,
        publication,
        details,
        args,
        kwargs,
      };
      // What a serializer cannot represent its sessions do not get when it is published, either.
      if (room.takes(event, size)) answer.push(event);
    }
    return new MetaResult(answer);
  });
}

/**
 * Tells whether an event may be kept: one for certain sessions may not, since they are other ones later.
 *
 * @param options The Options that it is published with.
 * @returns Whether it may.
 */
export function isForHistory({ exclude, eligible }: Dict): boolean {
  return exclude === undefined && eligible === undefined;
}
