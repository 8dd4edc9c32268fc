import type { Client } from "../client/client.ts";
import type { SessionInfo } from "../router/authorization.ts";
import type { Clock } from "../wire/clock.ts";
import type { Args, Dict } from "../wire/values.ts";
import type { Sessions } from "./sessions.ts";
import { canBeKept } from "./store_text.ts";
import { UriRecords } from "./uri_records.ts";
import type { UriHistoryEntry, UriRecord } from "./uri_records.ts";

/** What keeping track needs. */
export interface TrackerContext {
  /** The session that hears of registrations. */
  readonly client: Client;
  /** The sessions that make them. */
  readonly sessions: Sessions;
  /** Where they are kept. */
  readonly uris: UriRecords;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Told of what has changed. */
  readonly onChange: () => void;
}

/** A registration that lives. */
export interface LiveRegistration {
  /** Its id. */
  readonly id: number;
  /** When it came to be, as ISO 8601. */
  readonly created: string;
  /** The procedure or pattern. */
  readonly uri: string;
  /** How it matches. */
  readonly match: string;
  /** Which of several callees gets a call. */
  readonly invoke: string;
  /** The sessions that serve it. */
  readonly sessions: Set<number>;
}

/** Who registers something. */
interface Caller {
  readonly authid: string | null;
  readonly host: string | null;
}

/** As many entries of a history are kept. */
const HISTORY = 100;
/** As many sessions are known after they have left: events of what they did come a turn later. */
const MOST_GONE = 1000;
const nobody: Caller = { authid: null, host: null };

/** Writes down which procedures were registered when and by whom, as the registration meta API tells it. */
export class RegistrationTracker {
  readonly #context: TrackerContext;
  readonly #live: Map<number, LiveRegistration> = new Map();
  /** Those who are gone may still be named by an event of what they did just before; the last one to leave is the last. Of some nobody hears that they leave. */
  readonly #gone: Map<number, Caller> = new Map();

  /** @param context What it needs. */
  constructor(context: TrackerContext) {
    this.#context = context;
    context.sessions.observe({ left: (session) => this.#left(session) });
  }

  /** Begins to listen. */
  async start(): Promise<void> {
    const { client } = this.#context;
    const on = (topic: string, handler: (args: Args) => void) => client.subscribe(topic, (args) => handler(args));
    await Promise.all([
      on("wamp.registration.on_create", ([, details]) => this.#created(details as Dict)),
      on("wamp.registration.on_register", ([session, id]) => this.#registered(session as number, id as number)),
      on("wamp.registration.on_unregister", ([session, id]) => this.#unregistered(session as number, id as number)),
      on("wamp.registration.on_delete", ([, id]) => this.#deleted(id as number)),
      on("wamp.session.on_leave", ([session]) => void this.#gone.delete(session as number)),
    ]);
  }

  /**
   * Lists the registrations that live, without those of the router itself.
   *
   * @returns The registrations, in order of their creation.
   */
  all(): LiveRegistration[] {
    return [...this.#live.values()];
  }

  /** Marks what is kept as registered and is not: what a server that ended was told last, or what was missed. */
  sync(): void {
    const live = new Set([...this.#live.values()].map(({ uri, match }) => UriRecords.key(uri, match, "register")));
    for (const record of this.#context.uris.all()) {
      if (record.active && !live.has(record.key)) this.#lost(record);
    }
  }

  #left(session: SessionInfo): void {
    this.#gone.set(session.id, callerOf(session));
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > MOST_GONE) this.#gone.delete(oldest!);
  }

  #created({ id, uri, match, invoke, created }: Dict): void {
    // What cannot be kept could not be told to everybody, either.
    if (!canBeKept(uri as string)) return;
    const live = { id, uri, match, invoke, created, sessions: new Set() } as unknown as LiveRegistration;
    this.#live.set(live.id, live);
    this.#context.uris.set(live.uri, live.match, "register", { invoke: live.invoke, create: live.created });
  }

  #registered(session: number, id: number): void {
    const live = this.#live.get(id);
    if (live === undefined) return;
    live.sessions.add(session);
    const { sessions, uris, onChange } = this.#context;
    const known = sessions.get(session);
    const { authid, host } = known === undefined ? this.#gone.get(session) ?? nobody : callerOf(known);
    const before = this.#recordOf(live)?.history ?? [];
    const entry: UriHistoryEntry = [this.#now(), null, authid, host, session];
    uris.set(live.uri, live.match, "register", {
      active: true,
      disconnect: null,
      authid,
      peer: host,
      session_id: session,
      history: [...before, entry].slice(-HISTORY),
    });
    onChange();
  }

  #unregistered(session: number, id: number): void {
    const live = this.#live.get(id);
    live?.sessions.delete(session);
    const record = live && this.#recordOf(live);
    if (live === undefined || record === undefined) return;
    const now = this.#now();
    const history = record.history.map((entry): UriHistoryEntry =>
      entry[4] === session && entry[1] === null ? [entry[0], now, entry[2], entry[3], entry[4]] : entry
    );
    this.#context.uris.set(live.uri, live.match, "register", { history });
  }

  #deleted(id: number): void {
    const live = this.#live.get(id);
    this.#live.delete(id);
    const record = live && this.#recordOf(live);
    if (record !== undefined) this.#lost(record);
  }

  #lost({ uri, match, history }: UriRecord): void {
    const now = this.#now();
    const ended = history.map((entry): UriHistoryEntry =>
      entry[1] === null ? [entry[0], now, entry[2], entry[3], entry[4]] : entry
    );
    this.#context.uris.set(uri, match, "register", { active: false, disconnect: now, history: ended });
    this.#context.onChange();
  }

  #recordOf({ uri, match }: LiveRegistration): UriRecord | undefined {
    return this.#context.uris.get(UriRecords.key(uri, match, "register"));
  }

  #now(): number {
    return this.#context.clock.now() / 1000;
  }
}

function callerOf({ authid, peer }: SessionInfo): Caller {
  return { authid, host: hostOf(peer.address) };
}

/** An address without its port, as records have it. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
