import process from "node:process";
import { setTimeout } from "node:timers/promises";
import type { WampValue } from "../wire/values.ts";
import { legible } from "./legible.ts";
import { stopSignal } from "./stop_signal.ts";
import { isInteractive, jsonOf } from "./terminal.ts";

/** One row of a table, by column. */
export type Row = { readonly [column: string]: WampValue };

/** How a table is written. */
export interface TableFormat {
  /** A line of JSON for each row, as in a pipe (default: only in a pipe). */
  readonly json?: boolean | undefined;
}

/** Goes to the upper left and clears what is below. */
const HOME = "\x1b[H\x1b[J";

/**
 * Writes a table: columns for a person, a line of JSON for each row for a program.
 *
 * @param rows The rows.
 * @param format How.
 */
export function showRows(rows: readonly Row[], format: TableFormat = {}): void {
  process.stdout.write(textOf(rows, format));
}

/**
 * Writes a table again every second until the process is asked to stop.
 *
 * @param read Reads the rows.
 * @param format How; for a program every reading is written behind the one before.
 * @returns When it was asked to stop.
 */
export async function showRowsAgain(read: () => Promise<readonly Row[]>, format: TableFormat = {}): Promise<void> {
  const stopping = new AbortController();
  const stopped = stopSignal().then(() => stopping.abort());
  while (!stopping.signal.aborted) {
    const text = textOf(await read(), format);
    process.stdout.write(isInteractive() && !format.json ? HOME + text : text);
    await Promise.race([stopped, setTimeout(1_000, undefined, { signal: stopping.signal }).catch(() => {})]);
  }
}

function textOf(rows: readonly Row[], { json }: TableFormat): string {
  if (json || !isInteractive()) return rows.map((row) => `${jsonOf(row)}\n`).join("");
  if (rows.length === 0) return "nothing there\n";
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => cellOf(row[column])))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)));
  return cells.map((line) => `${line.map((cell, index) => cell.padEnd(widths[index]!)).join("  ").trimEnd()}\n`).join(
    "",
  );
}

function cellOf(value: WampValue): string {
  if (value === undefined || value === null) return "";
  return legible(typeof value === "string" ? value : jsonOf(value)).replaceAll(/\s/g, " ");
}
