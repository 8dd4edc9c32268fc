import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { isPerms } from "./permission_language.ts";
import type { PermissionLine } from "./permission_language.ts";
import { parsePattern, PatternError } from "./permission_pattern.ts";
import { isRecordId } from "./record_ids.ts";
import { ServiceError, shown } from "./service_error.ts";

/** What a caller has said of a new key. */
export interface KeyFields {
  /** What it is for. */
  readonly description?: string;
  /** When it ends. */
  readonly expires?: string | null;
  /** What sessions that come by it may do at most. */
  readonly permissions?: readonly PermissionLine[];
}

/** Keys are in memory, a thousand of each user, and what they say is compiled: they are no place for more. */
const MAX_DESCRIPTION = 4096;
const MOST_LINES_OF_KEY = 100;
/** Each is tried on every URI that a session by the key asks for. */
const MOST_EXPRESSIONS_OF_KEY = 10;
/** Of a role, or of a source of logins. */
const MOST_LINES = 10_000;
/** No URI that is longer has a rule. */
const MAX_PATTERN = 1000;
const MAX_PERMS = 100;

/** Fields that a caller may send and that mean nothing: the original passes them over, too. */
const PASSED_OVER: ReadonlySet<string> = new Set(["version", "uuid", "plaintext_key", "key", "origin"]);

/**
 * Reads what a caller says of a new key.
 *
 * @param value What was sent; null for nothing.
 * @param known The fields that there are.
 * @returns The fields that were given.
 * @throws {ServiceError} When one is unknown or not what it has to be.
 */
export function keyFields(value: WampValue, known: readonly (keyof KeyFields)[]): KeyFields {
  if (value === undefined || value === null) return {};
  if (!isDict(value)) throw new ServiceError(`data_rec has to be a mapping with ${known.join(", ")}`);
  for (const name of Object.keys(value)) {
    if ((known as readonly string[]).includes(name) || PASSED_OVER.has(name)) continue;
    throw new ServiceError(`Key '${name.slice(0, 100)}' not a valid key. Available keys: ${known.join(", ")}`);
  }
  const { description, expires, permissions } = value;
  if (description !== undefined && !isText(description, MAX_DESCRIPTION)) {
    throw new ServiceError(
      `description has to be a text of at most ${MAX_DESCRIPTION} characters, not ${shown(description)}`,
    );
  }
  return {
    ...description === undefined ? {} : { description: description as string },
    ...expires === undefined ? {} : { expires: checkedExpiry(expires) },
    ...permissions === undefined ? {} : { permissions: checkedPermissionsOfKey(permissions) },
  };
}

/**
 * Reads when a key ends.
 *
 * @param value What was sent.
 * @returns The text, or null for never.
 * @throws {ServiceError} When it is no time.
 */
function checkedExpiry(value: WampValue): string | null {
  if (value === null) return null;
  if (typeof value === "string" && value.length < 100 && !Number.isNaN(timeOf(value))) return value;
  throw new ServiceError(
    `expires has to be a time such as "2030-01-01T00:00:00-08:00", or null for never, not ${shown(value)}`,
  );
}

/**
 * Reads a list of permissions.
 *
 * @param value What was sent: `[{ uri, perms }, ...]`.
 * @returns The lines.
 * @throws {ServiceError} When one of them would have no effect, or another than its author may think.
 */
export function checkedPermissions(value: WampValue): PermissionLine[] {
  return checkedLines(value, MOST_LINES);
}

function checkedPermissionsOfKey(value: WampValue): PermissionLine[] {
  const lines = checkedLines(value, MOST_LINES_OF_KEY);
  const expressions = lines.flatMap(({ uri }) => parsePattern(uri).elements.filter(({ kind }) => kind === "regex"));
  if (expressions.length <= MOST_EXPRESSIONS_OF_KEY) return lines;
  throw new ServiceError(
    `permissions has ${expressions.length} expressions, the most for a key is ${MOST_EXPRESSIONS_OF_KEY}: name URIs, or end them in *`,
  );
}

function checkedLines(value: WampValue, most: number): PermissionLine[] {
  if (!Array.isArray(value)) {
    throw new ServiceError(`permissions has to be a list of {"uri": ..., "perms": ...}, not ${shown(value)}`);
  }
  if (value.length > most) throw new ServiceError(`permissions has ${value.length} lines, the most is ${most}`);
  return value.map(checkedLine);
}

function isText(value: WampValue, most: number): value is string {
  return typeof value === "string" && value.length <= most && value.isWellFormed();
}

/** As Python's datetime writes it, in parts: Date.parse takes whatever its engine makes something of, such as "tomorrow 2099". */
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:[Zz]| ?([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/**
 * Reads a time.
 *
 * @param text The time, as ISO 8601: a date, or a date and a time of day, which is that of UTC where no offset is said.
 * @returns Milliseconds since 1970; NaN when it is none.
 */
export function timeOf(text: string): number {
  const found = TIME.exec(text);
  if (found === null) return NaN;
  const at = (part: number) => Number(found[part] ?? 0);
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = [1, 2, 3, 4, 5, 6, 9, 10].map(at) as Parts;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  const isDay = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  if (!isDay || year < 100 || hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) {
    return NaN;
  }
  const offset = (found[8] === "-" ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const milliseconds = Math.floor(Number(`0.${found[7] ?? 0}`) * 1000);
  return midnight.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
}

/**
 * Reads a time that is kept. It may come from elsewhere, and a key must not end because its time is written in another way than new ones are.
 *
 * @param text The time, as {@linkcode timeOf} reads it, or else as Date.parse does.
 * @returns Milliseconds since 1970; NaN when it is none.
 */
export function keptTimeOf(text: string): number {
  const time = timeOf(text);
  return Number.isNaN(time) ? Date.parse(text) : time;
}

type Parts = [number, number, number, number, number, number, number, number];

/**
 * Writes a time as the original does, with an offset: Python's datetime knows the letter Z only since 3.11.
 *
 * @param time Milliseconds since 1970.
 * @returns The time, as ISO 8601.
 */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace("Z", "000+00:00");
}

function checkedLine(line: WampValue, index: number): PermissionLine {
  const place = `permissions[${index}]`;
  const { uri, perms, uuid, ...rest } = isDict(line) ? line : {} as Dict;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new ServiceError(`${place} has the unknown field "${unknown.slice(0, 100)}"`);
  if (!isText(uri, MAX_PATTERN)) {
    throw new ServiceError(
      `${place}.uri has to be a pattern such as "com.example.*", of at most ${MAX_PATTERN} characters`,
    );
  }
  if (!isText(perms, MAX_PERMS) || !isPerms(perms)) {
    throw new ServiceError(
      `${place}.perms has to be letters out of "crspoq", each with "+" or "!" behind it if need be`,
    );
  }
  try {
    parsePattern(uri);
  } catch (error) {
    if (error instanceof PatternError) throw new ServiceError(`${place}.uri cannot be used: ${error.message}`);
    throw error;
  }
  return { uri, perms, ...typeof uuid === "string" && isRecordId(uuid) && { uuid } };
}
