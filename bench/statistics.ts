/** The median. */
export function middle(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** How far values are from each other: what the middle half of them spans, relative to the median; NaN when one of them is. */
export function spreadOf(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / middle(values);
}

/** The value that a share of all values does not exceed, between two of them in proportion. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (at % 1) * (sorted[Math.ceil(at)]! - low);
}
