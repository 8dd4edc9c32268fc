import type { WampValue } from "../wire/values.ts";
import { optionalText, text } from "./admin_input.ts";
import type { AdministrationContext, AdminOperation } from "./administration.ts";
import { AUDIT_KINDS, presentedEntry } from "./audit.ts";
import { elevationOf, hasEnded } from "./logins.ts";
import type { SessionInfo } from "../router/authorization.ts";
import { messageRule, reasonRule } from "../router/reason.ts";
import { ServiceError, shown } from "./service_error.ts";
import { canBeKept } from "./store_text.ts";

const KILLED = "wamp.close.killed";
const LONGEST_AGENT = 500;

/**
 * Makes what an administrator can do with sessions, cookies, the audit trail and what was read from the store.
 *
 * @param context What it stands on.
 * @returns The operations.
 */
export function sessionOperations(context: AdministrationContext): AdminOperation[] {
  const { sessions, cookies, audit, kill, clock, logins } = context;
  const presented = (session: SessionInfo): WampValue => {
    const { id, authid, authrole, authmethod, authprovider, authextra, peer } = session;
    const login = logins.of(session);
    const elevated = login === undefined || hasEnded(login) ? 0 : elevationOf(login, clock.now());
    return {
      session: id,
      authid,
      authrole,
      authmethod,
      authprovider,
      source: login?.source ?? null,
      has_restrictions: login !== undefined && login.restrictions.length > 0,
      elevated_seconds: Math.max(0, elevated) / 1000,
      agent: shownAgent(authextra["authagent"]),
      transport: peer.transport,
      peer: peer.address,
    };
  };
  return [
    {
      name: "sessions.list",
      about: "lists the sessions that live, or those of a user",
      parameters: ["login?"],
      changes: false,
      work: ({ login }) => {
        const wanted = optionalText("login", login)?.toLowerCase();
        return [...sessions.all()]
          .filter(({ authmethod, authrole }) => authmethod !== "local" || authrole !== "trusted")
          .filter(({ authid }) => wanted === undefined || authid === wanted)
          .map(presented);
      },
    },
    {
      name: "sessions.kill",
      about: "ends a session with GOODBYE; tells whether there was one",
      parameters: ["session", "reason?", "message?"],
      changes: true,
      work: ({ session, reason, message }) => {
        if (typeof session !== "number") throw new ServiceError(`session has to be an id, not ${shown(session)}`);
        const why = optionalText("reason", reason) ?? KILLED;
        const words = optionalText("message", message) ?? "ended by an administrator";
        for (const [name, value, rule] of [["reason", why, reasonRule], ["message", words, messageRule]] as const) {
          if (!rule.allows(value)) throw new ServiceError(`${name} has to be ${rule.expected}, not ${shown(value)}`);
        }
        return kill(session, why, words);
      },
    },
    {
      name: "sessions.forget",
      about: "removes the cookie of a browser by its id (cache_id) and ends its sessions",
      parameters: ["uuid"],
      changes: true,
      work: ({ uuid }) => cookies.remove(text("uuid", uuid)),
    },
    {
      name: "uris.list",
      about: "lists the URIs that are documented or were registered once, or those that begin so",
      parameters: ["prefix?"],
      changes: false,
      work: ({ prefix }) => {
        const start = optionalText("prefix", prefix) ?? "";
        return (context.uris()?.all() ?? []).filter(({ uri }) => uri.startsWith(start)).map((record) => ({
          ...record,
        }));
      },
    },
    {
      name: "uris.clearhistory",
      about: "forgets when URIs were registered, of all or of one; what documents them stays",
      parameters: ["uri?"],
      changes: true,
      work: async ({ uri }) => {
        const [uris, wanted] = [context.uris(), optionalText("uri", uri)];
        for (const record of uris?.all() ?? []) {
          if (wanted === undefined || record.uri === wanted) {
            uris!.set(record.uri, record.match, record.action, { history: [] });
          }
        }
        await uris?.flush();
        return true;
      },
    },
    {
      name: "audit.list",
      about: "shows who logged in, was refused or changed something, the newest first",
      parameters: ["kind?", "authid?", "limit?"],
      changes: false,
      work: ({ kind, authid, limit = null }) => {
        const name = optionalText("kind", kind);
        const wanted = AUDIT_KINDS.find((known) => known === name);
        if (name !== wanted) {
          throw new ServiceError(`kind has to be one of ${AUDIT_KINDS.join(", ")}, not ${shown(name)}`);
        }
        if (limit !== null && (typeof limit !== "number" || !(limit >= 0))) {
          throw new ServiceError(`limit has to be a number, not ${shown(limit)}`);
        }
        const who = optionalText("authid", authid);
        return audit.list({
          ...wanted === undefined ? {} : { kind: wanted },
          ...who === undefined ? {} : { authid: who },
          ...limit === null ? {} : { limit },
        }).map(presentedEntry);
      },
    },
    {
      name: "reload",
      about: "reads users, roles, restrictions and keys from the store again",
      parameters: [],
      changes: true,
      work: async () => {
        await context.reload();
        return true;
      },
    },
  ];
}

/** Strangers say of themselves what they like, also what not every serializer can tell others. */
function shownAgent(agent: WampValue): string | null {
  return typeof agent === "string" && canBeKept(agent) ? agent.slice(0, LONGEST_AGENT) : null;
}
