import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { ServiceError, shown } from "./service_error.ts";

/** Tells whether a record is meant. */
export type Condition = (record: Dict) => boolean;

/** Finds what a record belongs to. */
export type OwnerOf = (record: Dict) => Dict | undefined;

/** A comparison that a record does not allow: of a field that it lacks, or of values of different kinds. The record is not meant then. */
class Incomparable extends Error {}

type Comparison = (actual: WampValue, wanted: WampValue) => boolean;

const comparisons: { readonly [operator: string]: Comparison } = {
  "=": equal,
  "!=": (actual, wanted) => !equal(actual, wanted),
  ">=": (actual, wanted) => order(actual, wanted) >= 0,
  ">": (actual, wanted) => order(actual, wanted) > 0,
  "<": (actual, wanted) => order(actual, wanted) < 0,
  "<=": (actual, wanted) => order(actual, wanted) <= 0,
  "in": (actual, wanted) => contains(wanted, actual),
  "not in": (actual, wanted) => !contains(wanted, actual),
  "has": contains,
  "like": (actual, wanted) => text(actual).includes(text(wanted)),
  "ilike": (actual, wanted) => text(actual).toLowerCase().includes(text(wanted).toLowerCase()),
  "not like": (actual, wanted) => !text(actual).includes(text(wanted)),
  "not ilike": (actual, wanted) => !text(actual).toLowerCase().includes(text(wanted).toLowerCase()),
};

const groups: { readonly [join: string]: (conditions: readonly Condition[]) => Condition } = {
  AND: (conditions) => (record) => conditions.every((condition) => condition(record)),
  OR: (conditions) => (record) => conditions.some((condition) => condition(record)),
  NOT: (conditions) => (record) => !conditions.every((condition) => condition(record)),
  NOR: (conditions) => (record) => !conditions.some((condition) => condition(record)),
};

/** Whoever asks for more wants to keep the server busy. */
const MAX_CONDITIONS = 1000;
const MAX_DEPTH = 20;

/**
 * Reads conditions: a list of `[field, operator, value]` and of `["AND" | "OR" | "NOT" | "NOR", conditions]`, all of which have to hold.
 *
 * @param value What was sent; null for no condition.
 * @param ownerOf Finds the record that `owner_.field` speaks of.
 * @returns Tells whether a record is meant; one that cannot be compared is not.
 * @throws {ServiceError} When it is not to be understood.
 */
export function readConditions(value: WampValue, ownerOf: OwnerOf): Condition {
  const reader = new ConditionReader(ownerOf);
  const all = groups["AND"]!(value === null || value === undefined ? [] : reader.list(value, 0));
  return (record) => {
    try {
      return all(record);
    } catch (error) {
      if (error instanceof Incomparable) return false;
      throw error;
    }
  };
}

class ConditionReader {
  readonly #ownerOf: OwnerOf;
  #count = 0;

  constructor(ownerOf: OwnerOf) {
    this.#ownerOf = ownerOf;
  }

  list(value: WampValue, depth: number): Condition[] {
    if (!Array.isArray(value)) throw new ServiceError(`conditions have to be a list, not ${shown(value)}`);
    if (depth > MAX_DEPTH) throw new ServiceError(`conditions are nested deeper than ${MAX_DEPTH}`);
    this.#count += value.length;
    if (this.#count > MAX_CONDITIONS) throw new ServiceError(`there are more conditions than ${MAX_CONDITIONS}`);
    return value.map((item) => this.#one(item, depth));
  }

  #one(value: WampValue, depth: number): Condition {
    const [first, second, wanted = null] = Array.isArray(value) ? value as readonly WampValue[] : [];
    const length = Array.isArray(value) ? value.length : 0;
    if (typeof first === "string" && length === 2 && Object.hasOwn(groups, first.toUpperCase())) {
      return groups[first.toUpperCase()]!(this.list(second, depth + 1));
    }
    if (typeof first !== "string" || typeof second !== "string" || length !== 3) {
      throw new ServiceError('a condition has to be [field, operator, value] or ["AND", [conditions]]');
    }
    const operator = second.toLowerCase();
    if (!Object.hasOwn(comparisons, operator)) {
      throw new ServiceError(`the operator ${shown(second)} is none of ${Object.keys(comparisons).join(", ")}`);
    }
    const compare = comparisons[operator]!;
    const path = first.split(".");
    return (record) => compare(this.#field(record, path), wanted);
  }

  #field(record: Dict, path: readonly string[]): WampValue {
    let value: WampValue = record;
    for (const name of path) {
      const parent: Dict | undefined = isDict(value) ? value : undefined;
      if (parent === undefined) throw new Incomparable();
      value = name === "owner_" ? this.#ownerOf(parent) : Object.hasOwn(parent, name) ? parent[name] : undefined;
      if (value === undefined) throw new Incomparable();
    }
    return value;
  }
}

function equal(left: WampValue, right: WampValue): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index]));
  }
  if (isDict(left) && isDict(right)) {
    const names = Object.keys(left);
    return names.length === Object.keys(right).length &&
      names.every((name) => Object.hasOwn(right, name) && equal(left[name], right[name]));
  }
  return left === right;
}

function order(left: WampValue, right: WampValue): number {
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === "number" && typeof right === "number") return left - right;
  throw new Incomparable();
}

function contains(whole: WampValue, part: WampValue): boolean {
  if (Array.isArray(whole)) return whole.some((item) => equal(item, part));
  if (typeof whole === "string" && typeof part === "string") return whole.includes(part);
  if (isDict(whole) && typeof part === "string") return Object.hasOwn(whole, part);
  throw new Incomparable();
}

function text(value: WampValue): string {
  if (typeof value === "string") return value;
  throw new Incomparable();
}

/**
 * Makes the order of records that a query asks for.
 *
 * @param value What was sent: `[[field, "asc" | "desc"], ...]`; null for no order.
 * @returns Compares two records; those that cannot be compared are equal.
 * @throws {ServiceError} When it is not to be understood.
 */
export function readOrder(value: WampValue): (left: Dict, right: Dict) => number {
  if (value === null || value === undefined) return () => 0;
  const isWell = Array.isArray(value) && value.length <= 20 &&
    value.every((item) => Array.isArray(item) && typeof item[0] === "string");
  if (!isWell) throw new ServiceError('sort has to be a list of [field, "asc" or "desc"]');
  const keys = (value as readonly (readonly WampValue[])[]).map(([field, direction]) =>
    [field as string, String(direction).toLowerCase() === "desc" ? -1 : 1] as const
  );
  return (left, right) => {
    for (const [field, sign] of keys) {
      const difference = compared(left[field], right[field]);
      if (difference !== 0) return sign * difference;
    }
    return 0;
  };
}

function compared(left: WampValue, right: WampValue): number {
  try {
    return order(left, right);
  } catch {
    return 0;
  }
}
