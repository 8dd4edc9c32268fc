import { WampError } from "../wire/errors.ts";

/** The files and variables of the machine that a program runs on. */
export interface Machine {
  /**
   * Reads a file.
   *
   * @param path Its path.
   * @returns Its text, or undefined when there is no such file.
   * @throws {WampError} `config_missing` when it may not be read, or is a folder, by the code of its cause `EISDIR`.
   */
  read(path: string): Promise<string | undefined>;

  /**
   * Reads an environment variable.
   *
   * @param name Its name.
   * @returns Its value, or undefined when it is not set.
   * @throws {WampError} `config_missing` when it may not be read.
   */
  variable(name: string): string | undefined;

  /**
   * The folders in which izaber looks for its configuration. Each is asked for when the one before has no file, since that may need a permission.
   *
   * @returns The current folder, the home folder and the user's folder for application data.
   * @throws {WampError} `config_missing` when one of them may not be asked for.
   */
  configFolders(): Iterable<string>;

  /**
   * Puts a path together.
   *
   * @param folder A folder.
   * @param name A path inside of it.
   * @returns Both as one.
   */
  join(folder: string, name: string): string;

  /**
   * Tells whether a path stands for itself.
   *
   * @param path The path.
   * @returns Whether it begins at a root.
   */
  isAbsolute(path: string): boolean;
}

/** The part of `process` that is the same on Node, Deno and Bun. */
interface Process {
  readonly platform: string;
  readonly env: { readonly [name: string]: string | undefined };
  getBuiltinModule?(name: string): unknown;
}

interface Modules {
  readonly fs: { readFile(path: string, encoding: "utf8"): Promise<string> };
  readonly os: { homedir(): string };
  readonly path: { join(...parts: string[]): string; isAbsolute(path: string): boolean };
}

/**
 * The machine that this runs on.
 *
 * The modules for it are asked for at run time and not imported, so that a bundle for a browser does not need them.
 *
 * @returns The machine, or undefined in a browser or an edge worker, which has no files.
 */
export function machine(): Machine | undefined {
  const { process } = globalThis as { readonly process?: Process };
  const [fs, os, path] = ["node:fs/promises", "node:os", "node:path"].map((name) => process?.getBuiltinModule?.(name));
  if (process === undefined || fs === undefined || os === undefined || path === undefined) return undefined;
  return new ProcessMachine(process, { fs, os, path } as Modules);
}

class ProcessMachine implements Machine {
  readonly #process: Process;
  readonly #modules: Modules;

  constructor(process: Process, modules: Modules) {
    this.#process = process;
    this.#modules = modules;
  }

  async read(path: string): Promise<string | undefined> {
    try {
      return await this.#modules.fs.readFile(path, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      if (code === "EISDIR") {
        throw new WampError("config_missing", `Cannot read ${path}: it is a folder; name a file, or remove it`, {
          cause: error,
        });
      }
      throw denied(path, "--allow-read", error);
    }
  }

  variable(name: string): string | undefined {
    try {
      return this.#process.env[name];
    } catch (error) {
      throw denied(`the variable ${name}`, "--allow-env", error);
    }
  }

  *configFolders(): Generator<string, void, undefined> {
    yield ".";
    const home = this.#home();
    yield home;
    yield this.#dataFolder(home);
  }

  join(folder: string, name: string): string {
    return this.#modules.path.join(folder, name);
  }

  isAbsolute(path: string): boolean {
    return this.#modules.path.isAbsolute(path);
  }

  #home(): string {
    try {
      return this.#modules.os.homedir();
    } catch (error) {
      throw denied("where the home folder is", "--allow-sys=homedir", error);
    }
  }

  // What Python's appdirs calls user_data_dir("ZaberConfig", "Zaber").
  #dataFolder(home: string): string {
    switch (this.#process.platform) {
      case "win32":
        return this.join(this.variable("LOCALAPPDATA") ?? this.join(home, "AppData/Local"), "Zaber/ZaberConfig");
      case "darwin":
        return this.join(home, "Library/Application Support/ZaberConfig");
      default:
        return this.join(this.variable("XDG_DATA_HOME") || this.join(home, ".local/share"), "ZaberConfig");
    }
  }
}

function denied(what: string, permission: string, cause: unknown): WampError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new WampError("config_missing", `Cannot read ${what}: ${message}; give access to it (Deno: ${permission})`, {
    cause,
  });
}
