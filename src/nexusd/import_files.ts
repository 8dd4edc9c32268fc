import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseYaml } from "../izaber/yaml.ts";
import { isDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";

/** One record of an existing Nexus: what it is called there, and what its file says. */
export interface ImportedFile {
  /** Its path below the data directory. */
  readonly path: string;
  /** Its key: the name of its file or folder, as it was before it was made fit for a file system. */
  readonly key: string;
  /** What the file says. */
  readonly fields: Dict;
}

/** What cannot be read, and why. */
export interface UnreadableFile {
  /** Its path below the data directory. */
  readonly path: string;
  /** Why it cannot be read. */
  readonly reason: string;
}

/** A record larger than this is none of Nexus. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads the records of an existing Nexus, each a YAML file. */
export class ImportFiles {
  readonly #root: string;
  /** What could not be read so far, or has no place where it lies. */
  readonly unreadable: UnreadableFile[] = [];

  /** @param root The folder that has a folder for each collection. */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Reads records that have a folder each, with `data.yaml` in it.
   *
   * @param folder The folder of the collection.
   * @returns The records, by name.
   */
  async inFolders(folder: string): Promise<ImportedFile[]> {
    const names = await this.#names(
      folder,
      (entry) => entry.isDirectory(),
      (name) => `a record here is a folder: ${join(folder, name.replace(/\.ya?ml$/, ""), "data.yaml")}`,
    );
    const files = await Promise.all(names.map((name) => this.#read(join(folder, name, "data.yaml"), name)));
    return files.filter((file) => file !== undefined);
  }

  /**
   * Reads records that are a file each.
   *
   * @param folder The folder of the collection.
   * @returns The records, by name.
   */
  async inFiles(folder: string): Promise<ImportedFile[]> {
    const names = await this.#names(
      folder,
      (entry) => entry.isFile() && entry.name.endsWith(".yaml"),
      () => "a record here is a file whose name ends in .yaml",
    );
    const files = await Promise.all(names.map((name) => this.#read(join(folder, name), name.slice(0, -5))));
    return files.filter((file) => file !== undefined);
  }

  /**
   * Notes folders that are none of Nexus's.
   *
   * @param folders Those that it has.
   */
  async others(folders: readonly string[]): Promise<void> {
    await this.#names("", (entry) => folders.includes(entry.name), () => "a Nexus has no such collection");
  }

  /** The names of what is meant in a folder; what is not is noted, hidden files aside. */
  async #names(
    folder: string,
    isMeant: (entry: { name: string; isFile(): boolean; isDirectory(): boolean }) => boolean,
    why: (name: string) => string,
  ): Promise<string[]> {
    try {
      const entries = await readdir(join(this.#root, folder), { withFileTypes: true });
      const visible = entries.filter(({ name }) => !name.startsWith("."));
      const strange = visible.filter((entry) => !isMeant(entry)).map(({ name }) => name).sort();
      this.unreadable.push(...strange.map((name) => ({ path: join(folder, name), reason: why(name) })));
      return visible.filter(isMeant).map(({ name }) => name).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async #read(path: string, name: string): Promise<ImportedFile | undefined> {
    const file = join(this.#root, path);
    try {
      const { size } = await stat(file);
      if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, the most is ${MAX_BYTES}`);
      const fields = parseYaml(await readFile(file, "utf8"), path);
      if (!isDict(fields)) throw new Error("it is no mapping");
      return { path, key: unescaped(name), fields };
    } catch (error) {
      const reason = isMissing(error)
        ? "there is no such file"
        : error instanceof Error
        ? error.message
        : String(error);
      this.unreadable.push({ path, reason });
      return undefined;
    }
  }
}

/** The original writes characters that do not fit into the name of a file as `^` and two hexadecimal digits. */
function unescaped(name: string): string {
  return name.replace(/\^([\da-f]{2})/gi, (_found, digits) => String.fromCharCode(parseInt(digits, 16)));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
