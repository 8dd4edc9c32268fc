import { parse } from "@std/yaml";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { findDisputedForm } from "./yaml_forms.ts";
import { scanYaml } from "./yaml_scanner.ts";

/** How many values a text may stand for, each use of an alias counted. */
const MAX_VALUES = 1_000_000;

/**
 * Reads a YAML text as Python's PyYAML reads it, with the same result on every runtime.
 *
 * Merge keys (`<<`) are resolved. Forms that YAML parsers read differently (`017`, `yes`, `1:30`, `2001-12-14`, tags and some more) are refused
 * instead of guessed at.
 *
 * @param text The text.
 * @param name What error messages call it: a file's path.
 * @returns The value; null for an empty text.
 * @throws {WampError} `config_malformed` when the text is not YAML or has such a form; the message names the line and the remedy.
 *
 * @example
 * ```ts
 * import { parseYaml } from "@izaber/wamp/izaber";
 *
 * const value = parseYaml("base: &base { port: 80 }\nlive: { <<: *base, host: a }", "servers.yaml");
 * if (JSON.stringify(value) !== '{"base":{"port":80},"live":{"port":80,"host":"a"}}') throw new Error("unexpected");
 * ```
 */
export function parseYaml(text: string, name: string): WampValue {
  const lines = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const control = /[^\P{Cc}\t\n]|[\u2028\u2029\ufeff\ufffe\uffff]/u.exec(lines);
  if (control !== null) {
    const code = control[0].codePointAt(0)!.toString(16).padStart(4, "0");
    throw malformed(
      name,
      lineOf(lines, control.index),
      `the character U+${code} is refused by some parsers`,
      `write it as "\\u${code}", in double quotes`,
    );
  }
  const value = parseLines(lines, name);
  const form = findDisputedForm(scanYaml(lines), lines.endsWith("\n"));
  if (form !== undefined) {
    const what = holdsSecret(lines, form.line) ? "a value (not shown) is read differently by parsers" : form.what;
    throw malformed(name, form.line, what, form.remedy);
  }
  return new MergeKeys(name).resolve(value);
}

function parseLines(lines: string, name: string): unknown {
  // `logLevel` is for the parser on npm: without it, warnings go to the console. `strict: false` makes it as lenient as the one on JSR.
  const options = { schema: "core", logLevel: "error", strict: false } as const;
  try {
    return parse(lines, options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = Number(/line (\d+)/.exec(message)?.[1]) || undefined;
    if (holdsSecret(lines, line)) throw malformed(name, line, "not YAML", "correct the syntax, or put it in quotes");
    const what = message.split("\n", 1)[0]!.replace(/ at line \d+, column \d+:?/, "").replace(/[:.]$/, "");
    throw malformed(name, line, `not YAML: ${what}`, "correct the syntax", error);
  }
}

/** Whether a line of a text, or the one before that it may belong to, has a key such as `password`; an unknown line counts as all of them. */
function holdsSecret(lines: string, line: number | undefined): boolean {
  const near = line === undefined ? lines : lines.split("\n").slice(Math.max(0, line - 2), line).join("\n");
  return /(?:pass(?:word|wd|phrase)?|secret|token|ticket|key)["']?[ \t]*:/i.test(near);
}

class MergeKeys {
  readonly #name: string;
  /** value -> the same with its merge keys resolved, and how many values it stands for; undefined while it is under way */
  readonly #done = new Map<object, { readonly value: WampValue; readonly size: number } | undefined>();
  #size = 0;

  constructor(name: string) {
    this.#name = name;
  }

  resolve(value: unknown): WampValue {
    this.#count(1);
    if (value === 0) return 0;
    if (typeof value !== "object" || value === null) return value as WampValue;
    if (this.#done.has(value)) {
      const done = this.#done.get(value);
      if (done === undefined) {
        throw malformed(this.#name, undefined, "an alias stands inside of what it refers to", "write the value out");
      }
      this.#count(done.size);
      return done.value;
    }
    this.#done.set(value, undefined);
    const before = this.#size;
    const resolved = Array.isArray(value) ? value.map((item) => this.resolve(item)) : this.#mapping(value);
    this.#done.set(value, { value: resolved, size: this.#size - before });
    return resolved;
  }

  #mapping(mapping: object): Dict {
    const entries = Object.entries(mapping);
    const merged = entries.flatMap(([key, value]) => key === "<<" ? this.#sources(this.resolve(value)) : []);
    const own = entries.flatMap(([key, value]): [string, WampValue][] =>
      key === "<<" ? [] : [[key, this.resolve(value)]]
    );
    // The first source that has a key wins, and the mapping's own keys win over all.
    return Object.fromEntries([...merged.reverse().flatMap((source) => Object.entries(source)), ...own]);
  }

  #sources(value: WampValue): Dict[] {
    const sources = Array.isArray(value) ? value : [value];
    if (!sources.every(isDict)) {
      throw malformed(
        this.#name,
        undefined,
        "<<: is followed by something that is no mapping",
        "give a mapping, or a list of them",
      );
    }
    return sources;
  }

  #count(size: number): void {
    this.#size += size;
    if (this.#size > MAX_VALUES) {
      throw malformed(
        this.#name,
        undefined,
        `its aliases stand for more than ${MAX_VALUES} values`,
        "write fewer of them",
      );
    }
  }
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function malformed(name: string, line: number | undefined, what: string, remedy: string, cause?: unknown): WampError {
  const place = line === undefined ? name : `${name}, line ${line}`;
  return new WampError("config_malformed", `${place}: ${what}; ${remedy}`, cause === undefined ? {} : { cause });
}
