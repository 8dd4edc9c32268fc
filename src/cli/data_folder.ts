import { mkdirSync } from "node:fs";
import { WampError } from "../wire/errors.ts";
import { fileProblem } from "./file_problem.ts";

/**
 * Makes the folder that data is kept in, for its owner alone, where there is none.
 *
 * @param folder The folder.
 * @throws {WampError} `config_invalid` when it cannot be made.
 */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const message = `Cannot keep data in ${folder}: ${fileProblem(cause)}; name a folder that can be written to`;
    throw new WampError("config_invalid", message, { cause });
  }
}
