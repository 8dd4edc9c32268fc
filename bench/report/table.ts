import type { Table } from "./report.ts";

/**
 * Writes a table for a terminal.
 *
 * @param table The table.
 * @returns Its text.
 */
export function terminalTable({ title, columns, texts, rows }: Table): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row.map((text, column) => column < texts ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))
      .join("  ").trimEnd()
  );
  return [...title === undefined ? [] : [title], ...lines].join("\n");
}
