import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";

/** Which part of a configuration is wanted, and what is laid over it. */
export interface ConfigView {
  /** The environment: the section that goes over the section `default` (default `"default"`). */
  readonly environment?: string;
  /** What goes over that, in order. */
  readonly overlays?: readonly Dict[];
}

/**
 * One environment of an izaber.yaml: its section merged over the section `default`, and overlays over both.
 *
 * Mappings are merged, lists and other values replaced; null replaces nothing. Where one has a mapping and the other a list, or one a number and
 * the other a string, they do not go together and that is an error.
 *
 * @example
 * ```ts
 * import { Config } from "@izaber/wamp/izaber";
 *
 * const config = new Config({ default: { db: { host: "a", port: 1 } }, live: { db: { host: "b" } } }, "izaber.yaml", { environment: "live" });
 * if (config.get("db.host") !== "b" || config.get("db.port") !== 1 || config.get("db.user", "me") !== "me") throw new Error("unexpected");
 * ```
 */
export class Config {
  /** Where it comes from, for error texts: the path of the file. */
  readonly source: string;
  /** The environment. */
  readonly environment: string;
  /** The merged values. */
  readonly values: Dict;

  /**
   * @param sections The environments by name, as an izaber.yaml has them.
   * @param source What error texts call it: the path of the file.
   * @param view The environment and what goes over it.
   * @throws {WampError} `config_invalid` when there is no such environment or the parts do not go together.
   */
  constructor(sections: unknown, source: string, view: ConfigView = {}) {
    const { environment = "default", overlays = [] } = view;
    this.source = source;
    this.environment = environment;
    if (!isDict(sections)) {
      throw invalid(
        source,
        "it has no environments",
        "begin with `default:` and put everything else under it, indented",
      );
    }
    if (!Object.hasOwn(sections, environment)) {
      const names = Object.keys(sections).join(", ") || "none";
      throw invalid(
        source,
        `there is no environment "${environment}"`,
        `add it, or choose one of those that are there: ${names}`,
      );
    }
    const base = Object.hasOwn(sections, "default") ? sections.default : null;
    const parts: WampValue[] = [base, environment === "default" ? null : sections[environment], ...overlays];
    const merged = parts.reduce((below, above) => merge(below, above, [], source)) ?? {};
    if (!isDict(merged)) {
      throw invalid(
        source,
        `the section of environment "${environment}" is ${kind(merged)}`,
        "write keys and values in it",
      );
    }
    this.values = merged;
  }

  /**
   * Looks a value up.
   *
   * @param path The keys that lead to it, with dots between: `"wamp.connection.username"`.
   * @param fallback What to return when there is none (default undefined).
   * @returns The value.
   */
  get(path: string, fallback?: WampValue): WampValue {
    if (Object.hasOwn(this.values, path)) return this.values[path];
    let value: WampValue = this.values;
    for (const key of path.split(".")) {
      if (!isDict(value) || !Object.hasOwn(value, key)) return fallback;
      value = value[key];
    }
    return value;
  }
}

/**
 * Puts defaults under a configuration.
 *
 * @param config The configuration.
 * @param defaults What it gets where it says nothing.
 * @returns Another one, of the same source and environment.
 */
export function withDefaults({ source, environment, values }: Config, defaults: Dict): Config {
  return new Config({ [environment]: null, default: defaults }, source, {
    environment,
    overlays: [values],
  });
}

/**
 * Says that a configuration is not as it has to be.
 *
 * @param source The path of the file.
 * @param what What is wrong, with the value.
 * @param remedy What to do.
 * @returns The error to throw.
 */
export function invalid(source: string, what: string, remedy: string): WampError {
  return new WampError("config_invalid", `${source}: ${what}; ${remedy}`);
}

function merge(below: WampValue, above: WampValue, path: readonly string[], source: string): WampValue {
  if (above === null || above === undefined) return below;
  if (below === null || below === undefined) return above;
  if (kind(below) !== kind(above)) {
    throw invalid(
      source,
      `${path.join(".") || "a section"} is ${kind(below)} in one place and ${
        kind(above)
      } in another, which goes over it`,
      "make them the same kind",
    );
  }
  if (!isDict(below) || !isDict(above)) return above;
  const entries = Object.entries(above).map(([key, value]): [string, WampValue] => [
    key,
    merge(Object.hasOwn(below, key) ? below[key] : null, value, [...path, key], source),
  ]);
  return Object.fromEntries([...Object.entries(below), ...entries]);
}

/**
 * Says of which kind a value is, where the value itself may be secret.
 *
 * @param value The value.
 * @returns The kind, in the words of YAML.
 */
export function kind(value: WampValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return isDict(value) ? "a mapping" : `a ${typeof value}`;
}
