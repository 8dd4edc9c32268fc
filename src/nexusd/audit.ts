import type { SessionInfo } from "../router/authorization.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { LateWrites } from "./late_writes.ts";
import { put, remove } from "./store.ts";
import type { Store } from "./store.ts";

/** The kinds of things that are noted: somebody has logged in, was refused, or has changed who may do what. */
export const AUDIT_KINDS = ["login", "refused", "change"] as const;

/** Something that was noted. */
export interface AuditEntry {
  /** When, as ISO 8601. */
  readonly time: string;
  /** What kind of thing it was: somebody has logged in, was refused, or has changed who may do what. */
  readonly kind: typeof AUDIT_KINDS[number];
  /** Who did it; of a login that was refused, who was claimed. */
  readonly authid: string;
  /** In which role; null where there is none. */
  readonly role: string | null;
  /** From where. */
  readonly peer: string;
  /** By which session; null where there is none. */
  readonly session: number | null;
  /** What was done: the method of a login, the name of an operation. */
  readonly action: string;
  /** To whom or what; null where that is who did it. */
  readonly subject: string | null;
}

/** What to look for in the trail. */
export interface AuditQuery {
  /** The kind (default any). */
  readonly kind?: AuditEntry["kind"];
  /** Who did it (default anybody). */
  readonly authid?: string;
  /** How many, the newest (default 100). */
  readonly limit?: number;
}

/** How much is kept. */
export interface AuditOptions {
  /** The most logins, and as many refusals as well, that are kept; the oldest give way (default 10,000). */
  readonly logins?: number;
  /** The most changes that are kept (default 10,000). */
  readonly changes?: number;
}

const COLLECTION = "audit";
/** Logins and refusals are kept a little later, many at once: strangers decide how often there are some, and each write is one to the disk. */
const WRITE_DELAY = 200;
/** Strangers choose some of what is noted. */
const LONGEST = 200;

interface Kept {
  readonly key: string;
  readonly entry: AuditEntry;
}

/**
 * The trail of who logged in, who was refused and who changed what. Logins, refusals and changes are kept apart, so that none of them pushes out another:
 * whoever tries passwords a million times does not make a change forgotten.
 */
export class Audit {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #most: { readonly [kind in AuditEntry["kind"]]: number };
  readonly #kept: { readonly [kind in AuditEntry["kind"]]: Kept[] } = { login: [], refused: [], change: [] };
  readonly #writes: LateWrites;
  #timer: Timer | undefined;
  #last = 0;

  /**
   * Makes a trail; what is kept of it has to be read before anything is noted.
   *
   * @param store Where it is kept.
   * @param clock Where time comes from.
   * @param onError Told when it could not be kept.
   * @param options How much is kept.
   */
  constructor(store: Store, clock: Clock, onError: (error: unknown) => void, options: AuditOptions = {}) {
    const { logins = 10_000, changes = 10_000 } = options;
    this.#store = store;
    this.#clock = clock;
    this.#most = { login: logins, refused: logins, change: changes };
    this.#writes = new LateWrites(store, onError, 2 * (2 * logins + changes) + 1);
  }

  /** Reads what is kept. */
  async load(): Promise<void> {
    for (const { key, value } of await this.#store.list(COLLECTION)) {
      const entry = value as unknown as AuditEntry;
      this.#kept[entry.kind]?.push({ key, entry });
      this.#last = Math.max(this.#last, Number(key));
    }
  }

  /**
   * Notes something.
   *
   * @param kind What kind of thing.
   * @param session Who did it; of a session, or what is known of somebody who has none.
   * @param action What was done.
   * @param subject To whom or what (default null, for who did it).
   */
  note(
    kind: AuditEntry["kind"],
    session: Pick<SessionInfo, "authid" | "peer"> & Partial<Pick<SessionInfo, "id" | "authrole">>,
    action: string,
    subject: string | null = null,
  ): void {
    const { authid, authrole: role = null, peer, id = null } = session;
    const now = this.#clock.now();
    // Keys go up by time, and by one where time stands still.
    this.#last = Math.max(this.#last + 1, now * 1000);
    const entry: AuditEntry = {
      time: new Date(now).toISOString(),
      kind,
      authid: cut(authid),
      role: role === null ? null : cut(role),
      peer: peer.address,
      session: id,
      action,
      subject: subject === null ? null : cut(subject),
    };
    const kept = { key: String(this.#last).padStart(17, "0"), entry };
    this.#kept[kind].push(kept);
    this.#writes.add([put(COLLECTION, kept.key, { ...entry } satisfies Dict)]);
    if (kind === "change") this.#write();
    else this.#timer ??= this.#clock.timer(WRITE_DELAY, () => this.#write(), { background: true });
  }

  /**
   * Looks something up.
   *
   * @param query What to look for (default the newest hundred entries).
   * @returns What was found, the newest first.
   */
  list({ kind, authid, limit = 100 }: AuditQuery = {}): AuditEntry[] {
    const kinds = kind === undefined ? Object.values(this.#kept) : [this.#kept[kind]];
    return kinds.flat()
      .filter(({ entry }) => authid === undefined || entry.authid === authid)
      .sort((left, right) => left.key < right.key ? 1 : -1)
      .slice(0, limit)
      .map(({ entry }) => entry);
  }

  /**
   * Waits until what was noted is kept.
   *
   * @returns When it is, or could not be.
   */
  async flush(): Promise<void> {
    await this.#write();
  }

  #write(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const gone = Object.entries(this.#kept).flatMap(([kind, kept]) =>
      kept.splice(0, Math.max(0, kept.length - this.#most[kind as AuditEntry["kind"]]))
    );
    this.#writes.add(gone.map(({ key }) => remove(COLLECTION, key)));
    // Who failed was told of it, and it is tried again.
    return this.#writes.write().catch(() => {});
  }
}

/**
 * Shows an entry of the trail as a value that can be sent.
 *
 * @param entry The entry.
 * @returns The value.
 */
export function presentedEntry(entry: AuditEntry): WampValue {
  return { ...entry };
}

/** What begins with NUL means binary in a store, and nobody is to keep out of the trail by that. */
function cut(text: string): string {
  return text.slice(0, LONGEST).toWellFormed().replaceAll("\0", "\ufffd");
}
