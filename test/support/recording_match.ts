/** The values that placeholders have been found to stand for. */
export type Bindings = Map<string, unknown>;

const PLACEHOLDER = /^<([a-z][a-z0-9_-]*)(?:[:*+][^<>]*)?>$/;
const SERIAL = /^[3-9AC-HJ-NP-Y]{4}(?:-[3-9AC-HJ-NP-Y]{4}){5}$/;

/** What each kind of placeholder can stand for, and a value of the kind for one that is sent before it was received. */
const kinds: { readonly [kind: string]: { readonly fits: (value: unknown) => boolean; readonly made: unknown } } = {
  session: { fits: isWhole, made: 4711 },
  id: { fits: isWhole, made: 4711 },
  invocation: { fits: isWhole, made: 4711 },
  uuid: { fits: (value) => isText(value, /^[A-Za-z0-9_-]{22}$/), made: "AAAAAAAAQACAAAAAAAAAAA" },
  uuid4: { fits: (value) => isText(value, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/), made: undefined },
  peer: { fits: (value) => isText(value, /./), made: undefined },
  cbtid: { fits: (value) => isText(value, /^[A-Za-z0-9_-]{32}$/), made: "A".repeat(32) },
  serial: { fits: (value) => isText(value, SERIAL), made: undefined },
  plainkey: { fits: (value) => isText(value, /^[A-Za-z0-9_-]{32}$/), made: "A".repeat(32) },
  keyhash: { fits: (value) => isText(value, /./), made: "A".repeat(43) },
  timestamp: { fits: (value) => isText(value, /^\d{4}-\d\d-\d\dT/), made: "2030-01-01T00:00:00-08:00" },
  epoch: { fits: (value) => typeof value === "number", made: 1_900_000_000 },
  n: { fits: (value) => typeof value === "number", made: undefined },
  float: { fits: (value) => typeof value === "number", made: 0.5 },
  "pbkdf2-hash": { fits: (value) => isText(value, /^\$pbkdf2-sha256\$/), made: undefined },
};

/** Texts of errors are free, but for what clients search in them. */
const FRAGMENTS = ["is not authorized", "not authorized to publish", "requiredocumentation"];

/** Puts values in the place of placeholders. */
export function fillIn(value: unknown, bindings: Bindings): unknown {
  if (Array.isArray(value)) return value.map((item) => fillIn(item, bindings));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, bindings)]));
  }
  if (typeof value !== "string") return value;
  const letters = /^<(.)\*(\d+)>$/.exec(value);
  if (letters !== null) return letters[1]!.repeat(Number(letters[2]));
  const kind = kinds[PLACEHOLDER.exec(value)?.[1] ?? ""];
  if (kind === undefined) return value;
  if (!bindings.has(value) && kind.made !== undefined) bindings.set(value, kind.made);
  return bindings.get(value) ?? value;
}

/**
 * Compares a message with a recorded one: equal up to placeholders, but that Details may say more than was recorded.
 *
 * @returns The bindings with those that were found, or undefined when the messages differ.
 */
export function matchMessage(
  recorded: readonly unknown[],
  actual: readonly unknown[],
  bindings: Bindings,
): Bindings | undefined {
  const found = new Map(bindings);
  const trimmed = [trim(recorded), trim(actual)] as const;
  return matchTrimmed(...trimmed, found) ? found : undefined;
}

function matchTrimmed(recorded: readonly unknown[], actual: readonly unknown[], bindings: Bindings): boolean {
  const type = recorded[0] as number;
  const at = detailsAt[type] ?? -1;
  if (recorded[0] !== actual[0]) return false;
  const args = recorded[5] as readonly unknown[] | undefined;
  const hasFreeText = type === 3 || (type === 8 && (args === undefined || typeof args[0] === "string"));
  const length = type === 8 && hasFreeText ? 5 : recorded.length;
  if (!hasFreeText && actual.length > recorded.length && !(at >= 0 && at === recorded.length)) return false;
  for (let index = 1; index < length; index++) {
    const matches = index === at
      ? matchDetails(recorded[index], actual[index], bindings, type === 3)
      : matchValue(recorded[index], actual[index], bindings);
    if (!matches) return false;
  }
  return !hasFreeText || matchText(recorded, actual);
}

/** Where Details stand, by message type. */
const detailsAt: { readonly [type: number]: number } = {
  2: 2,
  3: 1,
  4: 2,
  6: 1,
  8: 3,
  35: 2,
  36: 3,
  50: 2,
  67: 2,
  68: 3,
};

function trim(message: readonly unknown[]): readonly unknown[] {
  const trimmed = [...message];
  const least = (detailsAt[trimmed[0] as number] ?? 0) + 1;
  while (trimmed.length > Math.max(least, 2) && isEmpty(trimmed.at(-1))) trimmed.pop();
  return trimmed;
}

function matchDetails(recorded: unknown, actual: unknown, bindings: Bindings, freeText: boolean): boolean {
  if (!isObject(recorded)) return matchValue(recorded, actual, bindings);
  if (!isObject(actual)) return Object.keys(recorded).length === 0 && actual === undefined;
  return Object.entries(recorded).every(([key, value]) => {
    if (key.startsWith("x_cb_")) return true;
    if (freeText && key === "message") return typeof actual[key] === "string" && hasFragments(value, actual[key]);
    return matchDetails(value, actual[key], bindings, freeText);
  });
}

function matchText(recorded: readonly unknown[], actual: readonly unknown[]): boolean {
  return hasFragments(JSON.stringify(recorded), JSON.stringify(actual));
}

function hasFragments(recorded: unknown, actual: unknown): boolean {
  return FRAGMENTS.every((fragment) => !String(recorded).includes(fragment) || String(actual).includes(fragment));
}

function matchValue(recorded: unknown, actual: unknown, bindings: Bindings): boolean {
  if (typeof recorded === "string") return matchString(recorded, actual, bindings);
  if (Array.isArray(recorded)) {
    if (!Array.isArray(actual) || actual.length !== recorded.length) return false;
    return recorded.every(isObject)
      ? matchUnordered(recorded, actual, bindings)
      : recorded.every((item, index) => matchValue(item, actual[index], bindings));
  }
  if (!isObject(recorded)) return recorded === actual;
  if (!isObject(actual)) return false;
  const keys = Object.keys(recorded);
  if (keys.some((key) => PLACEHOLDER.test(key))) {
    return matchUnordered(entriesOf(recorded), entriesOf(actual), bindings);
  }
  return keys.length === Object.keys(actual).length &&
    keys.every((key) => Object.hasOwn(actual, key) && matchValue(recorded[key], actual[key], bindings));
}

function matchString(recorded: string, actual: unknown, bindings: Bindings): boolean {
  const ids = /^<(\d+) ids>$/.exec(recorded);
  // How many there are is a matter of what else is served.
  if (ids !== null) return Array.isArray(actual) && actual.every(isWhole) && (actual.length > 0) === (ids[1] !== "0");
  const kind = kinds[PLACEHOLDER.exec(recorded)?.[1] ?? ""];
  if (kind === undefined) return fillIn(recorded, bindings) === actual || matchParts(recorded, actual, bindings);
  // One without a number is another value each time.
  if (!recorded.includes(":")) return kind.fits(actual);
  if (bindings.has(recorded)) return bindings.get(recorded) === actual;
  if (!kind.fits(actual)) return false;
  bindings.set(recorded, actual);
  return true;
}

/** Ids are texts where they are keys. */
function entriesOf(value: { readonly [key: string]: unknown }): (readonly [string | number, unknown])[] {
  return Object.entries(value).map(([key, item]) => [/^\d+$/.test(key) ? Number(key) : key, item]);
}

/** Some texts are made of others, such as the key of a record of the session's id. */
function matchParts(recorded: string, actual: unknown, bindings: Bindings): boolean {
  const parts = recorded.split(/(<[a-z][a-z0-9_-]*:[^<>]*>)/);
  return parts.length > 1 && actual === parts.map((part) => bindings.get(part) ?? part).join("");
}

/** Lists of records come in any order. */
function matchUnordered(recorded: readonly unknown[], actual: readonly unknown[], bindings: Bindings): boolean {
  const left = [...actual];
  return recorded.every((item) => {
    for (const [index, candidate] of left.entries()) {
      const found = new Map(bindings);
      if (!matchValue(item, candidate, found)) continue;
      left.splice(index, 1);
      for (const [name, value] of found) bindings.set(name, value);
      return true;
    }
    return false;
  });
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value);
}

function isText(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value);
}
