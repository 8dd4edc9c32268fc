import { kind } from "../izaber/config.ts";
import { isPerms } from "../nexusd/permission_language.ts";
import type { PermissionLine } from "../nexusd/permission_language.ts";
import { parsePattern, PatternError } from "../nexusd/permission_pattern.ts";
import { WampError } from "../wire/errors.ts";
import type { OptionRule } from "../wire/option_rules.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";

const LONGEST_VALUE = 200;

/** Reads one section of a configuration file; what is unknown in it, or of the wrong kind, is refused by its place. */
export class ConfigSection {
  readonly #file: string;
  readonly #place: string;
  readonly #values: Dict;

  /**
   * @param file The file, for error messages.
   * @param place The section's keys from the top of the file, with dots between them.
   * @param value What stands there; nothing is an empty section.
   * @param known The keys that there are.
   * @throws {WampError} `config_invalid` when it is no section, or has another key.
   */
  constructor(file: string, place: string, value: WampValue, known: readonly string[]) {
    this.#file = file;
    this.#place = place;
    if (!isDict(value ?? {})) throw this.#wrong("", value, "a section (key: value)");
    this.#values = (value ?? {}) as Dict;
    const unknown = Object.keys(this.#values).find((key) => !known.includes(key));
    if (unknown === undefined) return;
    throw this.#error(
      `${this.#at(unknown)} is an unknown key`,
      `${place === "" ? "the file" : place} may have ${known.join(", ")}`,
    );
  }

  /**
   * Reads a section within.
   *
   * @param key Its key.
   * @param known The keys that it may have.
   * @returns The section; empty where it is missing.
   */
  section(key: string, known: readonly string[]): ConfigSection {
    return new ConfigSection(this.#file, this.#at(key), this.#values[key], known);
  }

  /**
   * Reads a list of sections.
   *
   * @param key Its key.
   * @param known The keys that each may have.
   * @returns The sections; undefined where the key is missing.
   */
  sections(key: string, known: readonly string[]): ConfigSection[] | undefined {
    const list = this.#list(key);
    return list?.map((value, index) => new ConfigSection(this.#file, `${this.#at(key)}[${index}]`, value, known));
  }

  /**
   * Tells whether something stands at a key.
   *
   * @param key The key.
   * @returns Whether it does; null is nothing.
   */
  has(key: string): boolean {
    return (this.#values[key] ?? null) !== null;
  }

  /**
   * Reads a text.
   *
   * @param key Its key.
   * @returns The text; undefined where it is missing.
   */
  text(key: string): string | undefined {
    return this.#value(key, "a text, in quotes if need be", (value) => typeof value === "string" && value !== "");
  }

  /**
   * Reads true or false.
   *
   * @param key Its key.
   * @returns Which; undefined where it is missing.
   */
  flag(key: string): boolean | undefined {
    return this.#value(key, "true or false", (value) => typeof value === "boolean");
  }

  /**
   * Reads a number.
   *
   * @param key Its key.
   * @param least What it is at least (default 0).
   * @param most What it is at most (default no limit).
   * @returns The number; undefined where it is missing.
   */
  number(key: string, least = 0, most: number = Infinity): number | undefined {
    const expected = most === Infinity ? `a number from ${least} on` : `a whole number from ${least} to ${most}`;
    return this.#value(
      key,
      expected,
      (value) =>
        typeof value === "number" && value >= least && value <= most && (most === Infinity || Number.isInteger(value)),
    );
  }

  /**
   * Reads what an option of the program's own is made of.
   *
   * @param key Its key.
   * @param rule What the option has to be.
   * @returns The value; undefined where it is missing.
   */
  option<Value extends WampValue>(key: string, { expected, allows }: OptionRule): Value | undefined {
    return this.#value(key, expected, allows);
  }

  /**
   * Reads seconds.
   *
   * @param key Its key.
   * @param least How many it is at least (default 0).
   * @returns Milliseconds; undefined where it is missing.
   */
  milliseconds(key: string, least = 0): number | undefined {
    const seconds = this.number(key, least);
    return seconds === undefined ? undefined : seconds * 1_000;
  }

  /**
   * Reads a list of texts.
   *
   * @param key Its key.
   * @returns The texts; undefined where the key is missing.
   */
  texts(key: string): string[] | undefined {
    return this.#list(key)?.map((value, index) => {
      if (typeof value === "string") return value;
      throw this.#wrong(`${key}[${index}]`, value, "a text, in quotes if need be");
    });
  }

  /**
   * Reads a list of permissions.
   *
   * @param key Its key.
   * @returns The permissions; undefined where the key is missing.
   */
  permissions(key: string): PermissionLine[] | undefined {
    return this.sections(key, ["uri", "perms"])?.map((line) => line.#permission());
  }

  /**
   * Says that something cannot be used.
   *
   * @param key The key.
   * @param problem What is wrong with it.
   * @param remedy What to do.
   * @returns The error.
   */
  invalid(key: string, problem: string, remedy: string): WampError {
    return this.#error(`${this.#at(key)} ${problem}`, remedy);
  }

  #permission(): PermissionLine {
    const { uri, perms } = this.#values;
    if (typeof uri !== "string") throw this.#wrong("uri", uri, 'a pattern such as "com.example.*"');
    if (typeof perms !== "string" || !isPerms(perms)) {
      throw this.#wrong("perms", perms, 'letters out of "crspoq", each with "+" or "!" behind it if need be, or ""');
    }
    try {
      parsePattern(uri);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw this.invalid("uri", `cannot be used: ${error.message}`, "correct the pattern");
    }
    return { uri, perms };
  }

  #value<Value extends WampValue>(
    key: string,
    expected: string,
    fits: (value: WampValue) => boolean,
  ): Value | undefined {
    const value = this.#values[key];
    if (value === undefined || value === null) return undefined;
    if (!fits(value)) throw this.#wrong(key, value, expected);
    return value as Value;
  }

  #list(key: string): readonly WampValue[] | undefined {
    return this.#value<readonly WampValue[]>(key, "a list (lines that begin with -)", Array.isArray);
  }

  #at(key: string): string {
    return key === "" ? this.#place || "the file" : this.#place === "" ? key : `${this.#place}.${key}`;
  }

  #wrong(key: string, value: WampValue, expected: string): WampError {
    const isSecret = /password|secret/.test(key);
    const shown = value === undefined ? "missing" : isSecret ? kind(value) : JSON.stringify(value) ?? String(value);
    return this.#error(`${this.#at(key)} is ${shown.slice(0, LONGEST_VALUE)}`, `it has to be ${expected}`);
  }

  #error(what: string, remedy: string): WampError {
    return new WampError("config_invalid", `Cannot use the configuration ${this.#file}: ${what}; ${remedy}`);
  }
}
