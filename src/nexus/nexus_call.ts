import type { SentArgs, SentKwargs } from "../wire/values.ts";
import { absolute } from "../client/arguments.ts";
import type { Client } from "../client/client.ts";

/** What Nexus's calls need of a client: any client, also the shared one of `@izaber/wamp/izaber`. */
export type NexusClient = Pick<Client, "call" | "subscribe" | "on">;

/** Calls a procedure of Nexus by its name behind `com.izaber.wamp.`. */
export type NexusCall = <T>(name: string, args?: SentArgs, kwargs?: SentKwargs) => Promise<T>;

/** What Nexus's own procedures begin with. */
const NEXUS_PREFIX = "com.izaber.wamp";

/**
 * Makes the way to Nexus's procedures, which is the same whatever prefix the client has.
 *
 * @param wamp The client, or a session.
 * @returns Calls a procedure.
 */
export function nexusCall(wamp: Pick<Client, "call">): NexusCall {
  return <T>(name: string, args?: SentArgs, kwargs?: SentKwargs) =>
    wamp.call<T>(absolute(`${NEXUS_PREFIX}.${name}`), args, kwargs && given(kwargs));
}

/**
 * Leaves out what is undefined: Nexus would take it for null.
 *
 * @param fields What was given.
 * @returns The fields that have a value.
 */
export function given(fields: object): SentKwargs {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
