/** A table of a report. */
export interface Table {
  readonly title?: string;
  readonly columns: readonly string[];
  /** How many columns at the left are text. */
  readonly texts: number;
  readonly rows: readonly (readonly string[])[];
}

/** Bars that belong together. */
export interface BarGroup {
  readonly label: string;
  readonly bars: readonly Bar[];
}

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What stands at its end. */
  readonly text: string;
  readonly kind: "ours" | "null" | "other";
}

/** What came of one topic. */
export interface Report {
  /** The name of its files. */
  readonly name: string;
  readonly title: string;
  /** What was measured, and how; Markdown. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
  readonly picture: { readonly title: string; readonly groups: readonly BarGroup[] };
}

/** What a row is marked by that loses against a peer or misses what is expected. */
export const LOSS = " ✗";

/** A number with as many digits as it deserves. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "";
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(value >= 10 ? 1 : 2);
}

/** A ratio. */
export function times(value: number): string {
  return Number.isNaN(value) ? "" : `${value.toFixed(2)} x`;
}

/** A share of one. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
