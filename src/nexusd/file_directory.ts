import { readFile } from "node:fs/promises";
import { parseYaml } from "../izaber/yaml.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { Directory } from "./directory.ts";

/** Reads users and groups from a file; nobody can log in by it. */
class FileDirectory implements Directory {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  users(): Promise<readonly Dict[]> {
    return this.#entries("users");
  }

  groups(): Promise<readonly Dict[]> {
    return this.#entries("groups");
  }

  authenticate(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async #entries(kind: string): Promise<Dict[]> {
    const content = parseYaml(await readFile(this.#file, "utf8"), this.#file);
    const entries = isDict(content) ? content[kind] ?? [] : undefined;
    const list: readonly WampValue[] | undefined = isDict(entries)
      ? Object.values(entries)
      : Array.isArray(entries)
      ? entries
      : undefined;
    if (list === undefined || !list.every((entry) => isDict(entry) && isDict(entry["attributes"]))) {
      const remedy = "write it as users: [{ dn: ..., attributes: { name: [...] } }]";
      throw new WampError("config_invalid", `Cannot read ${kind} from the directory ${this.#file}: ${remedy}`);
    }
    return (list as readonly Dict[]).map(({ attributes, dn = null }) => ({ ...attributes as Dict, dn }));
  }
}

/**
 * Makes a directory of a YAML file with `users` and `groups`, each a list of `{ dn, attributes }`: for trials without LDAP.
 *
 * @param file The path of the file; it is read each time it is asked.
 * @returns The directory.
 */
export function fileDirectory(file: string): Directory {
  return new FileDirectory(file);
}
