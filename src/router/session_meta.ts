import * as CloseUri from "../wire/close_uri.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError } from "../wire/errors.ts";
import type { Args, Dict, WampValue } from "../wire/values.ts";
import { emptyDict, isDict } from "../wire/values.ts";
import type { SessionInfo } from "./authorization.ts";
import { KeptValue } from "./kept_value.ts";
import { invalidArgument, shown } from "./meta_procedure.ts";
import type { MetaCall, MetaProcedure } from "./meta_procedure.ts";
import { messageRule, reasonRule } from "./reason.ts";
import type { RouterSession } from "./router_session.ts";

/** How many details a session may have besides the router's own. */
const MOST_NOTES = 64;
/** How large a CALL that sets some of them may be, in bytes. */
const MOST_NOTED = 16 * 1024;

type Sessions = ReadonlyMap<number, RouterSession>;

/**
 * Tells others what they may know of a session.
 *
 * @param info What is known of it.
 * @returns The details, without what its connection was opened with.
 */
export function sessionDetails(info: SessionInfo): Dict {
  const { id, authid, authrole, authmethod, authprovider, authextra, peer } = info;
  return {
    session: id,
    authid,
    authrole,
    authmethod,
    authprovider,
    // A copy, since the object itself stands for the login.
    authextra: { ...authextra },
    transport: { type: peer.transport, peer: peer.address },
  };
}

/**
 * Makes the procedures about the sessions of a realm; those of the router's own process that serve it are not to be seen.
 *
 * @param sessions The sessions, by id.
 * @returns The procedures, by URI.
 *
 * @see WAMP advanced profile, "Session Meta API"
 */
export function sessionProcedures(sessions: Sessions): [string, MetaProcedure][] {
  return [
    ["wamp.session.count", ({ args }) => listed(sessions, args).length],
    ["wamp.session.list", ({ args }) => listed(sessions, args).map(({ info }) => info.id)],
    ["wamp.session.get", ({ args }) => {
      const { info, notes } = find(sessions, args);
      const noted = [...notes ?? []].map(([key, note]) => [key, note.value]);
      return { ...Object.fromEntries(noted), ...sessionDetails(info) };
    }],
    ["wamp.session.modify_details", (call) => modify(find(sessions, call.args), call)],
    ["wamp.session.kill", (call) => {
      const victim = find(sessions, call.args);
      if (victim === call.caller) throw noSuchSession(victim.info.id);
      kill([victim], call);
    }],
    ["wamp.session.kill_by_authid", (call) => {
      const authid = name(call.args, "authid");
      return kill(others(sessions, call, ({ info }) => info.authid === authid), call);
    }],
    ["wamp.session.kill_by_authrole", (call) => {
      const authrole = name(call.args, "authrole");
      return kill(others(sessions, call, ({ info }) => info.authrole === authrole), call).length;
    }],
    ["wamp.session.kill_all", (call) => kill(others(sessions, call, () => true), call, true).length],
  ];
}

/**
 * Makes the error for a session that is not there.
 *
 * @param id What was asked for.
 * @returns What to throw.
 */
export function noSuchSession(id: WampValue): RemoteError {
  return new RemoteError(ErrorUri.noSuchSession, [`no session with ID ${shown(id)} exists on this router`]);
}

/**
 * Finds the session that the first argument names.
 *
 * @param sessions The sessions, by id.
 * @param args The arguments.
 * @returns The session.
 * @throws {RemoteError} When there is none.
 */
function find(sessions: Sessions, [id]: Args): RouterSession {
  if (id === undefined) throw invalidArgument("the id of a session is missing");
  const session = sessions.get(id as number);
  if (session === undefined || session.isTrusted) throw noSuchSession(id);
  return session;
}

function listed(sessions: Sessions, [filter]: Args): RouterSession[] {
  const visible = [...sessions.values()].filter(({ isTrusted }) => !isTrusted);
  if (filter === undefined || filter === null) return visible;
  if (!Array.isArray(filter) || !filter.every((role) => typeof role === "string")) {
    throw invalidArgument("the filter has to be a list of authroles");
  }
  const roles = new Set<unknown>(filter);
  return visible.filter(({ info }) => roles.has(info.authrole));
}

function others(
  sessions: Sessions,
  { caller }: MetaCall,
  chosen: (session: RouterSession) => boolean,
): RouterSession[] {
  return [...sessions.values()].filter((session) => session !== caller && !session.isTrusted && chosen(session));
}

/** Notes something of a session for those who ask about it; null takes it back. */
function modify(session: RouterSession, { caller, args: [, details], size }: MetaCall): void {
  if (!isDict(details)) throw invalidArgument("the details have to be a dictionary");
  const tooMuch = () => invalidArgument(`the details may have ${MOST_NOTED} bytes at a time`);
  if (size > MOST_NOTED) throw tooMuch();
  const own = sessionDetails(session.info);
  const taken = Object.keys(details).find((key) => Object.hasOwn(own, key));
  if (taken !== undefined) throw invalidArgument(`the detail ${shown(taken)} is the router's own`);
  const notes = session.notes ??= new Map();
  const keys = new Set([...notes.keys(), ...Object.keys(details)]);
  if (keys.size > MOST_NOTES) {
    throw invalidArgument(`a session may have ${MOST_NOTES} details besides the router's own`);
  }
  const { serializer } = caller.connection;
  const said = Object.entries(details).filter(([, value]) => value !== null && value !== undefined);
  const noted = said.map(([key, value]) => [key, new KeptValue(serializer, value!)] as const);
  if (noted.reduce((sum, [, { memory }]) => sum + memory, 0) > MOST_NOTED) throw tooMuch();
  for (const key of Object.keys(details)) notes.delete(key);
  for (const [key, note] of noted) notes.set(key, note);
}

/** Ends sessions; none of them hears of the others' leaving, and where it is to be quiet nobody does. */
function kill(victims: readonly RouterSession[], { kwargs }: MetaCall, isQuiet = false): number[] {
  const { reason = CloseUri.killed, message } = kwargs;
  if (!reasonRule.allows(reason)) {
    throw new RemoteError(ErrorUri.invalidUri, [`the reason ${shown(reason)} is not a URI`]);
  }
  if (message !== undefined && !messageRule.allows(message)) throw invalidArgument("the message has to be a string");
  for (const victim of victims) victim.goodbye(reason as string, message === undefined ? emptyDict : { message });
  for (const victim of victims) victim.killed(isQuiet);
  return victims.map(({ info }) => info.id);
}

function name([value]: Args, what: string): string {
  if (typeof value === "string") return value;
  throw invalidArgument(`the ${what} has to be a string`);
}
