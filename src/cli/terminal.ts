import process from "node:process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { json } from "../codec/json.ts";
import { WampError } from "../wire/errors.ts";
import type { WampValue } from "../wire/values.ts";
import { legible } from "./legible.ts";

/** Whether a person looks at what the command writes; else a program reads it. */
export function isInteractive(): boolean {
  return process.stdout.isTTY === true;
}

/**
 * Writes a value as a result: for a person as a text or in colours and over several lines, for a program as one line of JSON.
 *
 * @param value The value.
 * @param options `json`: one line of JSON for a person, too (default false).
 */
export function print(value: unknown, options: { readonly json?: boolean | undefined } = {}): void {
  process.stdout.write(`${options.json || !isInteractive() ? jsonOf(value) : shown(value)}\n`);
}

/**
 * Writes a value as {@linkcode print} does, a list one by one.
 *
 * @param value The value.
 * @param options As of `print`.
 */
export function printEach(value: unknown, options: { readonly json?: boolean | undefined } = {}): void {
  for (const item of Array.isArray(value) ? value : [value]) print(item, options);
}

/**
 * Writes a line for the person, which is no result.
 *
 * @param line The line.
 */
export function note(line: string): void {
  process.stderr.write(`${legible(line)}\n`);
}

/**
 * Writes JSON as WAMP has it: binaries as base64 behind a NUL, large integers whole.
 *
 * @param value The value.
 * @returns One line.
 */
export function jsonOf(value: unknown): string {
  return value === undefined ? "null" : json.encodeValue(value as WampValue).data as string;
}

/**
 * Asks for a secret, which is not echoed.
 *
 * @param question What to ask.
 * @returns The answer.
 * @throws {WampError} `aborted` when the person presses Ctrl-C or Ctrl-D instead.
 */
export async function askSecret(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    // Only now, when the terminal does not echo any more, may somebody type.
    process.stderr.write(question);
    return await reader.question("");
  } catch (cause) {
    throw new WampError("aborted", "no answer was given", { cause });
  } finally {
    reader.close();
    process.stderr.write("\n");
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return legible(value);
  return inspect(value, { depth: null, colors: process.stdout.hasColors?.() ?? false, maxArrayLength: null });
}
