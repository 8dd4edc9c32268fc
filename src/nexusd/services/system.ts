import type { Client } from "../../client/client.ts";
import type { Dict, WampValue } from "../../wire/values.ts";
import type { RegistrationTracker } from "../registration_tracker.ts";
import type { RegistrationWarnings } from "../registration_warnings.ts";
import { ServiceError, shown } from "../service_error.ts";
import type { Sessions } from "../sessions.ts";
import { canBeKept } from "../store_text.ts";
import type { Vacuum } from "../vacuum.ts";
import type { Procedure } from "./procedure.ts";

/** What the procedures about the system stand on. */
export interface SystemContext {
  /** The session that serves them. */
  readonly client: Client;
  /** The sessions. */
  readonly sessions: Sessions;
  /** The registrations. */
  readonly tracker: RegistrationTracker;
  /** The warnings. */
  readonly warnings: RegistrationWarnings;
  /** What is done about what nobody needs any more. */
  readonly vacuum: Vacuum;
}

/**
 * Makes the procedures about the system itself.
 *
 * @param context What they stand on.
 * @returns The procedures.
 */
export function systemProcedures({ client, sessions, tracker, warnings, vacuum }: SystemContext): Procedure[] {
  const cleaning = (name: string, clean: () => Promise<void>): Procedure => ({
    name,
    bare: true,
    parameters: [],
    handler: async () => {
      await clean();
      return true;
    },
  });
  return [
    cleaning("system.vacuum", () => vacuum.all()),
    cleaning("system.vacuum.sessions", () => vacuum.sessions()),
    cleaning("system.vacuum.registrations", () => vacuum.registrations()),
    cleaning("system.vacuum.otps", () => vacuum.otps()),
    {
      name: "systems.handle.alerts",
      bare: true,
      parameters: [],
      handler: () => {
        warnings.check();
        return null;
      },
    },
    {
      name: "system.subscribed",
      bare: true,
      parameters: [],
      handler: () => subscribed(client, sessions),
    },
    {
      name: "system.state.registrations.list",
      bare: false,
      parameters: ["session_id?"],
      handler: ({ session_id }) => {
        const session = session_id ?? undefined;
        if (session !== undefined && typeof session !== "number") {
          throw new ServiceError(`session_id has to be the id of a session, not ${shown(session)}`);
        }
        const chosen = tracker.all().filter((live) => session === undefined || live.sessions.has(session));
        return chosen.map((live) => ({ ...live, sessions: [...live.sessions] }));
      },
    },
  ];
}

/** Who listens to what; the router's own sessions do not count. */
async function subscribed(client: Client, sessions: Sessions): Promise<WampValue> {
  const byMatch = await client.call("wamp.subscription.list") as { readonly [match: string]: readonly number[] };
  const told: { [match: string]: { [id: string]: Dict } } = { exact: {}, prefix: {}, wildcard: {} };
  for (const [match, ids] of Object.entries(byMatch)) {
    for (const id of ids) {
      const found = await describe(client, sessions, id);
      if (found !== undefined) told[match]![String(id)] = found;
    }
  }
  return told;
}

/** What may have ended in the meantime is left out, and a topic that not every serializer can name: nobody is to keep the others' from being told by that. */
async function describe(client: Client, sessions: Sessions, id: number): Promise<Dict | undefined> {
  try {
    const details = await client.call("wamp.subscription.get", [id]) as Dict;
    if (!canBeKept(details["uri"] as string)) return undefined;
    const members = await client.call("wamp.subscription.list_subscribers", [id]) as readonly number[];
    const who = members.map((member) => {
      const { authid = null, authrole = null } = sessions.get(member) ?? {};
      return [String(member), { authid, authrole }];
    });
    return { ...details, sessions: Object.fromEntries(who) };
  } catch {
    return undefined;
  }
}
