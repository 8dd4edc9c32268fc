import { WampError } from "../wire/errors.ts";
import { arrayOf, checkOptions, text, withMethods } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import { isDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import { Config } from "./config.ts";
import { machine } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { parseYaml } from "./yaml.ts";

/** The text of a configuration, for where there are no files. */
export interface ConfigText {
  /** The YAML text. */
  readonly text: string;
  /** What error texts call it (default `"config"`). */
  readonly name?: string;
}

/** Where a configuration comes from, and which part of it is wanted. */
export interface LoadOptions {
  /** The environment (default: what the variable `IZABER_ENVIRONMENT` says, else `"default"`). */
  readonly environment?: string;
  /** What goes over the environment, in order. */
  readonly overlays?: readonly Dict[];
  /**
   * The name or path of a file, a YAML text, or the environments themselves as an object (default: `izaber.yaml` in the current folder, the home folder
   * or the user's folder for application data, the first that there is; else the text in the variable `IZABER_YAML`). A string is a YAML text where it has a
   * line feed or a colon with a blank behind it, or begins with a brace.
   */
  readonly config?: string | ConfigText | Dict;
  /** The folders in which to look for a file (default: the three above). */
  readonly directories?: readonly string[];
  /** The files and variables to go by (default: those of the machine this runs on; a browser or an edge worker has none). */
  readonly machine?: Machine;
}

/** What there is to say of where a configuration comes from. */
export const loadRules: OptionRules = {
  environment: text,
  overlays: arrayOf("objects such as { wamp: { run: false } }", isDict),
  config: {
    expected: "the name of a file, a YAML text, or the environments as an object",
    allows: (value) => typeof value === "string" || isDict(value),
  },
  directories: arrayOf("texts", text.allows),
  machine: withMethods("a machine: { read, variable, configFolders, join, isAbsolute }", "read", "variable", "join"),
};

/** What tells a YAML text from the name of a file. */
const yamlText = /^\s*\{|[\n\r]|:\s/;

/**
 * Finds and reads an izaber.yaml, in the order in which izaber itself looks.
 *
 * @param options Where to look and which environment to take.
 * @returns The configuration.
 * @throws {WampError} `config_missing` when there is none, `config_malformed` when it is not YAML, `config_invalid` when it lacks the environment,
 * `invalid_argument` when there is no such option, or its value is wrong.
 *
 * @example
 * ```ts
 * import { loadConfig } from "@izaber/wamp/izaber";
 *
 * const config = await loadConfig({ config: { text: "default: { greeting: hello }" } });
 * if (config.get("greeting") !== "hello") throw new Error("unexpected");
 * ```
 */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  checkOptions("Cannot load a configuration", options, loadRules, '{ environment: "staging" }');
  const { sections, source } = await readSections(options);
  const environment = options.environment ?? (options.machine ?? machine())?.variable("IZABER_ENVIRONMENT");
  return new Config(sections, source, {
    ...(environment === undefined || environment === "" ? {} : { environment }),
    ...(options.overlays === undefined ? {} : { overlays: options.overlays }),
  });
}

async function readSections(options: LoadOptions): Promise<{ sections: unknown; source: string }> {
  const config = typeof options.config === "string" && yamlText.test(options.config)
    ? { text: options.config }
    : options.config;
  if (config !== undefined && typeof config !== "string") {
    if (!isText(config)) return { sections: config, source: "config" };
    const { text, name = "config" } = config;
    return { sections: parseYaml(text, name), source: name };
  }
  const { text, name } = await findText(config ?? "izaber.yaml", options);
  return { sections: parseYaml(text, name), source: name };
}

function isText(config: ConfigText | Dict): config is ConfigText {
  return isDict(config) && typeof config.text === "string";
}

async function findText(file: string, options: LoadOptions): Promise<Required<ConfigText>> {
  const here = options.machine ?? machine();
  if (here === undefined) {
    throw new WampError(
      "config_missing",
      `There are no files here to find ${file} in; hand the configuration in, as in initialize({ config: { default: { wamp: { ... } } } })`,
    );
  }
  const places: string[] = [];
  let foldersError: unknown;
  for (const folder of here.isAbsolute(file) ? [""] : options.directories ?? here.configFolders()) {
    const name = folder === "" ? file : here.join(folder, file);
    places.push(name);
    try {
      const text = await here.read(name);
      if (text !== undefined) return { text, name };
    } catch (error) {
      if (!isFolder(error)) throw error;
      // It is passed over, and told of where there is nothing else.
      foldersError ??= error;
    }
  }
  const text = here.variable("IZABER_YAML");
  if (text !== undefined && text !== "") return { text, name: "the variable IZABER_YAML" };
  if (foldersError !== undefined) throw foldersError;
  throw new WampError(
    "config_missing",
    `There is no configuration: looked for ${places.join(", ")} and for the variable IZABER_YAML; ` +
      `write one of the files, beginning with \`default:\`, or put its text into the variable`,
  );
}

function isFolder(error: unknown): boolean {
  return error instanceof Error && (error.cause as { readonly code?: unknown } | undefined)?.code === "EISDIR";
}
