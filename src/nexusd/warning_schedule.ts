import { ServiceError } from "./service_error.ts";

/** What a schedule may say otherwise. */
const scheduledFields = [
  "disconnect_warn_after",
  "disconnect_warn_reminder_after",
  "disconnect_count_warn_after",
  "disconnect_count_warn_reminder_after",
] as const;

/** After what to warn, in seconds or disconnections; null for never. */
export type WarningSettings = { readonly [field in (typeof scheduledFields)[number]]: number | null };

interface Rule {
  readonly fields: readonly (ReadonlySet<number> | undefined)[];
  readonly settings: Partial<WarningSettings>;
}

/** A moment as cron sees it: minute, hour, day of the month, month, day of the week (0 is Sunday). */
export type Moment = readonly [number, number, number, number, number];

const RANGES = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/**
 * Tells whether schedules can be meant in a time zone.
 *
 * @param value Its name.
 * @returns Whether there is one of that name.
 */
export function isTimeZone(value: unknown): value is string {
  if (typeof value !== "string") return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

/**
 * Says what warnings a URI's schedule asks for at a time.
 *
 * Each line has five fields as cron has them and `field:value,field:value` behind them; of those that hold the last counts, `#` begins a comment.
 */
export class WarningSchedule {
  readonly #rules: readonly Rule[];

  /**
   * @param text The schedule.
   * @throws {ServiceError} When a line is not to be understood.
   */
  constructor(text: string) {
    const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
    this.#rules = lines.filter((line) => line !== "").map(parseRule);
  }

  /**
   * Finds what is asked for.
   *
   * @param usual What holds without a schedule.
   * @param moment The time.
   * @returns What holds then.
   */
  at(usual: WarningSettings, moment: Moment): WarningSettings {
    const holding = this.#rules.filter(({ fields }) => holds(fields, moment));
    return Object.assign({ ...usual }, ...holding.map(({ settings }) => settings)) as WarningSettings;
  }
}

function parseRule(line: string): Rule {
  const [minute, hour, day, month, weekday, ...rest] = line.split(/\s+/);
  const settings = rest.join("").split(",").map((item) => /^(\w+):(\d*|null|none)$/i.exec(item));
  if (rest.length === 0 || settings.some((found) => !isScheduled(found?.[1]))) {
    throw new ServiceError(
      `the line "${
        line.slice(0, 200)
      }" of a schedule is not understood: write it as "0 8 * * 1-5 disconnect_warn_after:60"`,
    );
  }
  return {
    fields: [minute, hour, day, month, weekday].map((field, index) => parseField(field!, RANGES[index]!, line)),
    settings: Object.fromEntries(
      settings.map((found) => [found![1], /^\d+$/.test(found![2]!) ? Number(found![2]) : null]),
    ),
  };
}

function isScheduled(name: string | undefined): boolean {
  return (scheduledFields as readonly (string | undefined)[]).includes(name);
}

/** Undefined stands for every value. */
function parseField(field: string, [least, most]: readonly [number, number], line: string): Set<number> | undefined {
  if (field === "*") return undefined;
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [, from, to, step] = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? ["", NaN];
    const first = Number(from ?? least);
    const last = Number(to ?? (from === undefined || step !== undefined ? most : first));
    const every = Number(step ?? 1);
    if (!(first >= least && last <= most && first <= last && every > 0)) {
      throw new ServiceError(
        `"${part}" in the line "${line.slice(0, 200)}" of a schedule is no value, range or step of cron's`,
      );
    }
    for (let value = first; value <= last; value += every) values.add(most === 7 && value === 7 ? 0 : value);
  }
  return values;
}

/** Where both the day of the month and that of the week are named, one of them is enough, as cron has it. */
function holds([minute, hour, day, month, weekday]: Rule["fields"], moment: Moment): boolean {
  const has = (values: ReadonlySet<number> | undefined, value: number) => values === undefined || values.has(value);
  const isDay = day !== undefined && weekday !== undefined
    ? day.has(moment[2]) || weekday.has(moment[4])
    : has(day, moment[2]) && has(weekday, moment[4]);
  return has(minute, moment[0]) && has(hour, moment[1]) && has(month, moment[3]) && isDay;
}

/**
 * Finds what cron sees of a time. It takes a good part of a tenth of a millisecond, so that it is done once for all schedules that are looked at.
 *
 * @param time The time, in milliseconds since 1970.
 * @param timeZone Where it is, as `America/Vancouver`.
 * @returns The moment.
 */
export function momentOf(time: number, timeZone: string): Moment {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    minute: "numeric",
    hour: "numeric",
    day: "numeric",
    month: "numeric",
    weekday: "short",
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
  return [number("minute"), number("hour"), number("day"), number("month"), DAYS.indexOf(parts.get("weekday")!)];
}
