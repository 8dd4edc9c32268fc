import { json } from "../codec/json.ts";
import type { SessionInfo } from "../router/authorization.ts";
import { memoryOf } from "../router/memory_of.ts";
import type { Clock } from "../wire/clock.ts";
import { said } from "../wire/option_rules.ts";
import { ownText } from "../wire/own_text.ts";
import type { Random } from "../wire/random.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { recordId } from "./record_ids.ts";
import { ANONYMOUS_ROLE } from "./roles.ts";
import type { Roles } from "./roles.ts";
import { ServiceError, shown } from "./service_error.ts";
import { recordToText } from "./store_text.ts";
import { checkDepth } from "./value_depth.ts";

/** An entry of a roster. */
export interface RosterRecord {
  /** Its id; it stays when the data changes. */
  readonly uuid: string;
  /** When it was made, in seconds since 1970. */
  readonly created: number;
  /** The roster. */
  readonly name: string;
  /** Who sees it: `*` for everybody, a role, or a list of these. */
  readonly visibility: WampValue;
  /** The session that it lives as long as. */
  readonly session_id: number;
  /** What it says. */
  readonly data: WampValue;
  /** Session and roster: a session has one entry in a roster. */
  readonly key: string;
  /** What it belongs to. */
  readonly owner: string;
}

/** What becomes of an entry, for those who may see it. */
export type RosterChange = "join" | "update" | "leave";

/** Tells the sessions of some roles of a change. */
export type RosterAnnouncer = (change: RosterChange, record: RosterRecord, roles: readonly string[]) => void;

/** How much each session may put into rosters. */
export interface RosterLimits {
  /** The most entries that a session may have (default 1,000). */
  readonly entries: number;
  /** The most bytes that the data of an entry may take, written as JSON (default 262,144). */
  readonly dataBytes: number;
  /** About the most bytes of memory that the entries of all sessions of a user may take together (default 16,777,216); strangers count as one user. */
  readonly userBytes: number;
}

/** What rosters need. */
export interface RosterContext {
  /** Which roles there are and what they may see. */
  readonly roles: Roles;
  /** Tells others of changes. */
  readonly announce: RosterAnnouncer;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where the ids of records come from. */
  readonly random: Random;
}

const defaultLimits: RosterLimits = { entries: 1000, dataBytes: 262_144, userBytes: 16_777_216 };

/** Each entry is compared with this whenever somebody looks. */
const MAX_VISIBILITY = 4096;

/** What a session says of itself. */
type Said = Pick<RosterRecord, "name" | "data" | "visibility">;

/** What an entry weighs on its user. */
interface Weight {
  readonly user: string;
  readonly bytes: number;
}

/** Lists to which sessions add themselves; what a session has added ends with it, so that none of it is kept. */
export class Rosters {
  readonly #context: RosterContext;
  readonly #limits: RosterLimits;
  /** roster -> session -> entry */
  readonly #byName: Map<string, Map<number, RosterRecord>> = new Map();
  readonly #byId: Map<string, RosterRecord> = new Map();
  readonly #weights: WeakMap<RosterRecord, Weight> = new WeakMap();
  /** user -> the bytes of the entries */
  readonly #byUser: Map<string, number> = new Map();
  /** session -> the rosters that it is in */
  readonly #bySession: Map<number, Set<string>> = new Map();

  /**
   * @param context What they need.
   * @param limits How much each session may put in, where it is not as usual.
   */
  constructor(context: RosterContext, limits: Partial<RosterLimits> = {}) {
    this.#context = context;
    this.#limits = { ...defaultLimits, ...said(limits) };
  }

  /**
   * Adds a session to a roster, or changes what its entry there says.
   *
   * @param session The session.
   * @param name The roster.
   * @param data What the entry says.
   * @param visibility Who sees it (default as before, or everybody).
   * @returns The entry.
   * @throws {ServiceError} When nobody would see it, it is too large, nested too deep or one too many.
   */
  register(session: SessionInfo, name: string, data: WampValue, visibility?: WampValue): RosterRecord {
    const known = this.#byName.get(name)?.get(session.id);
    const shownTo = checkedVisibility(visibility ?? known?.visibility ?? "*");
    const { kept, weight } = this.#weighed(session, { name, data, visibility: shownTo }, known);
    const record: RosterRecord = {
      uuid: known?.uuid ?? recordId(this.#context.random),
      created: known?.created ?? this.#context.clock.now() / 1000,
      name: kept.name,
      visibility: kept.visibility,
      session_id: session.id,
      data: kept.data,
      key: `${session.id}_${kept.name}`,
      owner: "%root",
    };
    if (known !== undefined) this.#unweigh(known);
    this.#weigh(record, weight);
    this.#put(record);
    this.#tell(known, record);
    return record;
  }

  /**
   * Takes a session out of a roster; one that is not in it is no error.
   *
   * @param session The session.
   * @param name The roster.
   */
  unregister(session: SessionInfo, name: string): void {
    this.remove(session.id, name);
  }

  /**
   * Removes an entry; one that is not there is no error.
   *
   * @param session The id of its session.
   * @param name The roster.
   */
  remove(session: number, name: string): void {
    const entries = this.#byName.get(name);
    const record = entries?.get(session);
    if (entries === undefined || record === undefined) return;
    entries.delete(session);
    this.#byId.delete(record.uuid);
    this.#unweigh(record);
    if (entries.size === 0) this.#byName.delete(name);
    const names = this.#bySession.get(session)!;
    names.delete(name);
    if (names.size === 0) this.#bySession.delete(session);
    this.#tell(record, undefined);
  }

  /**
   * Takes a session that has left out of every roster.
   *
   * @param session The session.
   */
  left(session: SessionInfo): void {
    for (const name of this.#bySession.get(session.id) ?? []) this.remove(session.id, name);
  }

  /**
   * Takes sessions out of every roster.
   *
   * @param isThere Says which sessions stay in.
   */
  keep(isThere: (session: number) => boolean): void {
    for (const [session, names] of this.#bySession) {
      if (isThere(session)) continue;
      for (const name of names) this.remove(session, name);
    }
  }

  /**
   * Reads a roster.
   *
   * @param name The roster.
   * @param role Who wants to see it.
   * @returns The entries that the role sees.
   */
  query(name: string, role: string): RosterRecord[] {
    return [...this.#byName.get(name)?.values() ?? []].filter(({ visibility }) => this.#isVisible(visibility, role));
  }

  /**
   * Finds an entry by its id.
   *
   * @param uuid The id.
   * @returns The entry, or undefined.
   */
  byId(uuid: string): RosterRecord | undefined {
    return this.#byId.get(uuid);
  }

  /**
   * Lists all entries.
   *
   * @returns The entries of all rosters.
   */
  all(): RosterRecord[] {
    return [...this.#byName.values()].flatMap((entries) => [...entries.values()]);
  }

  /** Copies what an entry says, since parts of what came in may keep the whole, and tells what it weighs. */
  #weighed(
    session: SessionInfo,
    { name, data, visibility }: Said,
    known: RosterRecord | undefined,
  ): { readonly kept: Said; readonly weight: Weight } {
    const { entries, dataBytes, userBytes } = this.#limits;
    checkDepth(`the data for the roster "${name.slice(0, 200)}"`, data);
    checkDepth(`the visibility for the roster "${name.slice(0, 200)}"`, visibility);
    const text = recordToText({ data });
    const size = sizeOf(text);
    if (size > dataBytes) {
      throw new ServiceError(`the data for the roster "${name}" takes ${size} bytes, the most is ${dataBytes}`);
    }
    const visibilityText = recordToText({ visibility });
    const visibilitySize = sizeOf(visibilityText);
    if (visibilitySize > MAX_VISIBILITY) {
      throw new ServiceError(
        `the visibility for the roster "${
          name.slice(0, 200)
        }" takes more than ${MAX_VISIBILITY} bytes: name fewer roles`,
      );
    }
    const count = this.#bySession.get(session.id)?.size ?? 0;
    if (known === undefined && count >= entries) {
      throw new ServiceError(`this session is in ${count} rosters, the most is ${entries}: leave one before "${name}"`);
    }
    const nameSize = sizeOf(recordToText({ name }));
    const kept = { name: ownText(name), ...copyFrom(text), ...copyFrom(visibilityText) } as Said;
    // What is kept are values, which all who look share: decoded for each of them, they would take many times what the text does.
    const bytes = nameSize + Math.max(size, memoryOf(kept.data)) + Math.max(visibilitySize, memoryOf(kept.visibility));
    const user = session.authmethod === "anonymous" ? "" : session.authid;
    const before = known === undefined ? 0 : this.#weights.get(known)!.bytes;
    const total = (this.#byUser.get(user) ?? 0) - before + bytes;
    if (total > userBytes && bytes > before) {
      const who = user === "" ? "strangers" : `"${user.slice(0, 200)}"`;
      throw new ServiceError(
        `the entries of ${who} in rosters would take ${total} bytes, the most is ${userBytes}: leave some`,
      );
    }
    return { kept, weight: { user, bytes } };
  }

  #weigh(record: RosterRecord, weight: Weight): void {
    this.#weights.set(record, weight);
    this.#byUser.set(weight.user, (this.#byUser.get(weight.user) ?? 0) + weight.bytes);
  }

  #unweigh(record: RosterRecord): void {
    const { user, bytes } = this.#weights.get(record)!;
    const left = this.#byUser.get(user)! - bytes;
    if (left === 0) this.#byUser.delete(user);
    else this.#byUser.set(user, left);
  }

  #put(record: RosterRecord): void {
    const { uuid, name, session_id } = record;
    this.#byId.set(uuid, record);
    let entries = this.#byName.get(name);
    if (entries === undefined) this.#byName.set(name, entries = new Map());
    entries.set(session_id, record);
    let names = this.#bySession.get(session_id);
    if (names === undefined) this.#bySession.set(session_id, names = new Set());
    names.add(name);
  }

  /** To those who see an entry no more it has left, to those who see it from now on it has joined. */
  #tell(before: RosterRecord | undefined, after: RosterRecord | undefined): void {
    const saw = this.#audience(before);
    const sees = this.#audience(after);
    const announce = (change: RosterChange, record: RosterRecord | undefined, roles: readonly string[]) => {
      if (record !== undefined && roles.length > 0) this.#context.announce(change, record, roles);
    };
    announce("leave", before, saw.filter((role) => !sees.includes(role)));
    announce("update", after, sees.filter((role) => saw.includes(role)));
    announce("join", after, sees.filter((role) => !saw.includes(role)));
  }

  #audience(record: RosterRecord | undefined): string[] {
    if (record === undefined) return [];
    const { roles } = this.#context;
    return roles.names().filter((role) => role !== ANONYMOUS_ROLE && this.#isVisible(record.visibility, role)).filter(
      (role) => roles.isAlmighty(role) || roles.rules(role).grants(record.name).roster_query !== undefined,
    );
  }

  #isVisible(visibility: WampValue, role: string): boolean {
    if (this.#context.roles.isAlmighty(role)) return true;
    const names = Array.isArray(visibility) ? visibility : [visibility];
    return names.includes("*") || names.includes(role);
  }
}

/** What is empty would show the entry to nobody, which is hardly meant. */
function checkedVisibility(visibility: WampValue): WampValue {
  const isEmpty = !visibility || (Array.isArray(visibility) && visibility.length === 0) ||
    (isDict(visibility) && Object.keys(visibility).length === 0);
  if (!isEmpty) return visibility;
  throw new ServiceError(
    `the visibility ${
      shown(visibility)
    } is empty and shows the entry to nobody: leave it out, or name roles as in ["frontend"]`,
  );
}

function copyFrom(text: string): Dict {
  return json.decode(text, 0, text.length) as Dict;
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
