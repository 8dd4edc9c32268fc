import type { WarningType } from "../nexus/warnings.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { UriRecord, UriRecords } from "./uri_records.ts";
import { momentOf, WarningSchedule } from "./warning_schedule.ts";
import type { Moment, WarningSettings } from "./warning_schedule.ts";

/** Tells whoever listens. */
export type WarningAnnouncer = (type: WarningType, number: number, record: UriRecord) => void;

/** What may be said of warnings. */
export interface WarningOptions {
  /** For how many milliseconds after the start nothing is warned of, so that services can come back (default 120,000). */
  readonly notificationGrace?: number;
  /** After how many seconds without it the record of a procedure is removed, where that does not say so itself (default never). */
  readonly zombieLifespan?: number;
  /** Where the times of schedules are meant (default `America/Vancouver`, as the original has it). */
  readonly timeZone?: string;
}

/** What warnings need. */
export interface WarningContext {
  /** What is watched. */
  readonly uris: UriRecords;
  /** Tells whoever listens. */
  readonly announce: WarningAnnouncer;
  /** Where time comes from. */
  readonly clock: Clock;
}

const DEFAULT_GRACE = 120_000;
const DEFAULT_ZONE = "America/Vancouver";
const TICK = 1000;
/** In how many seconds disconnections are counted. */
const COUNT_WITHIN = 600;
/** So many are kept parsed. */
const MAX_SCHEDULES = 1000;

/** Watches over the procedures of which somebody wants to know when they are gone, and removes the records of those that stay away. */
export class RegistrationWarnings {
  readonly #context: WarningContext;
  readonly #zombieLifespan: number | undefined;
  readonly #timeZone: string;
  readonly #begin: number;
  readonly #schedules: Map<string, WarningSchedule> = new Map();
  #timer: Timer | undefined;
  #stopped = false;

  /**
   * @param context What they need.
   * @param options What is not to be as usual.
   */
  constructor(context: WarningContext, options: WarningOptions) {
    this.#context = context;
    this.#begin = context.clock.now() + (options.notificationGrace ?? DEFAULT_GRACE);
    this.#zombieLifespan = options.zombieLifespan;
    this.#timeZone = options.timeZone ?? DEFAULT_ZONE;
  }

  /** Looks every second from now on, for as long as there is something to watch. */
  watch(): void {
    if (this.#stopped || this.#timer !== undefined || this.#context.uris.watched().length === 0) return;
    this.#timer = this.#context.clock.timer(TICK, () => {
      this.#timer = undefined;
      this.check();
      this.watch();
    }, { background: true });
  }

  /** Looks no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Warns of what has to be warned of now. */
  check(): void {
    const { clock, uris } = this.#context;
    const now = clock.now();
    if (now < this.#begin) return;
    const moment = momentOf(now, this.#timeZone);
    for (const record of uris.watched()) this.#check(record, now, moment);
  }

  /** Removes the records of procedures that stay away. */
  reap(): void {
    const { clock, uris, announce } = this.#context;
    if (clock.now() < this.#begin) return;
    for (const record of uris.all()) {
      const lifespan = this.#lifespan(record);
      if (record.active || record.disconnect === null || lifespan === undefined) continue;
      const age = clock.now() / 1000 - record.disconnect;
      if (age < lifespan) continue;
      uris.remove(record.key);
      announce("zombie_reap", Math.floor(age), record);
    }
  }

  #lifespan({ zombie_lifespan }: UriRecord): number | undefined {
    if (zombie_lifespan === true) return undefined;
    if (zombie_lifespan === false) return 0;
    return zombie_lifespan ?? this.#zombieLifespan;
  }

  #check(record: UriRecord, now: number, moment: Moment): void {
    const settings = this.#settings(record, moment);
    const seconds = now / 1000;
    this.#checkCount(record, settings, seconds);
    this.#checkAbsence(record, settings, seconds);
  }

  #checkCount(record: UriRecord, settings: WarningSettings, now: number): void {
    const { disconnect_count_warn_after: most, disconnect_count_warn_reminder_after: reminder } = settings;
    const { disconnect_count_warn_last: last } = record;
    const count = record.history.filter(([, until]) => until !== null && until >= now - COUNT_WITHIN).length;
    if (!most || count < most) {
      if (last !== null) this.#tell("disconnect_count_recovery", count, record, { disconnect_count_warn_last: null });
    } else if (last === null) {
      this.#tell("disconnect_count", count, record, { disconnect_count_warn_last: now });
    } else if (reminder && now >= last + reminder) {
      this.#tell("disconnect_count_reminder", count, record, { disconnect_count_warn_last: now });
    }
  }

  #checkAbsence(record: UriRecord, settings: WarningSettings, now: number): void {
    const { disconnect_warn_after: after, disconnect_warn_reminder_after: reminder } = settings;
    const { active, disconnect, disconnect_warn_last: last } = record;
    if (active) {
      if (last !== null) this.#tell("disconnect_recovery", now, record, { disconnect_warn_last: null });
      return;
    }
    if (!after || disconnect === null || (last !== null && !reminder)) return;
    const overdue = Math.floor(now - (last === null ? disconnect + after : last + reminder!));
    if (overdue < 1) return;
    this.#tell(last === null ? "disconnect" : "disconnect_reminder", overdue, record, { disconnect_warn_last: now });
  }

  #tell(type: WarningType, number: number, { uri, match, action, key }: UriRecord, change: Partial<UriRecord>): void {
    const { uris, announce } = this.#context;
    const before = uris.get(key);
    if (before === undefined) return;
    const after = uris.set(uri, match, action, change);
    if (after !== undefined) announce(type, number, after);
  }

  #settings(record: UriRecord, moment: Moment): WarningSettings {
    const { schedule } = record;
    if (!schedule) return record;
    let parsed = this.#schedules.get(schedule);
    if (parsed === undefined) {
      if (this.#schedules.size >= MAX_SCHEDULES) this.#schedules.clear();
      this.#schedules.set(schedule, parsed = readSchedule(schedule));
    }
    return parsed.at(record, moment);
  }
}

/** What was kept before it was checked, and is not to be understood, says nothing. */
function readSchedule(text: string): WarningSchedule {
  try {
    return new WarningSchedule(text);
  } catch (error) {
    if (error instanceof WampError) return new WarningSchedule("");
    throw error;
  }
}
