import { readFileSync } from "node:fs";
import process from "node:process";
import { WampError } from "../wire/errors.ts";
import { fileProblem } from "./file_problem.ts";
import { askSecret } from "./terminal.ts";

/**
 * Reads a secret from a file, or asks for it.
 *
 * Never an option: other users of the machine see those in the list of processes.
 *
 * @param question What to ask.
 * @param file The file (default: it is asked for).
 * @param remedy What to do without a person to ask; a file's name follows.
 * @returns The secret.
 * @throws {WampError} `config_missing` when the file cannot be read; `invalid_argument` when there is neither a file nor anybody to ask.
 */
export async function readSecret(question: string, file: string | undefined, remedy: string): Promise<string> {
  if (file !== undefined) return secretIn(file);
  if (process.stdin.isTTY) return await askSecret(question);
  throw new WampError("invalid_argument", `${question.replace(/: $/, "")} is missing: ${remedy} FILE`);
}

function secretIn(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new WampError("config_missing", `Cannot read the password from ${file}: ${fileProblem(cause)}`, { cause });
  }
}
