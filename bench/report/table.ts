import type { Measurement } from "../measure.ts";

/** The columns of the table. */
export const COLUMNS: readonly string[] = [
  "runtime",
  "format",
  "load",
  "subject",
  "calls/s",
  "CPU us/call",
  "to null",
  "p50 us",
  "p99 us",
  "generator",
];

/**
 * Puts measurements into rows.
 *
 * @param measurements What was measured.
 * @returns Rows of texts, in the order of {@linkcode COLUMNS}.
 */
export function rows(measurements: readonly Measurement[]): string[][] {
  return measurements.map((one) => [
    one.version,
    one.format,
    `${one.shape.callers} x ${one.shape.inFlight}`,
    one.subject === "null" ? "null relay" : "router",
    Math.round(one.callsPerSecond).toLocaleString("en"),
    one.cpuPerCall.toFixed(2),
    one.subject === "null" ? "" : `${one.toNull.toFixed(2)} x`,
    one.p50.toFixed(0),
    one.p99.toFixed(0),
    `${(100 * one.generatorLoad).toFixed(0)} %`,
  ]);
}

/**
 * Writes a table for a terminal.
 *
 * @param measurements What was measured.
 * @returns The table.
 */
export function table(measurements: readonly Measurement[]): string {
  const all = [[...COLUMNS], ...rows(measurements)];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row.map((text, column) => column < 4 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)).join("  ")
      .trimEnd()
  ).join("\n");
}
