import { test } from "vitest";

/** Defines a test where it has a meaning and is none elsewhere; one that is skipped counts as one that something keeps from running. */
export function testWhere(meaningful: boolean): typeof test {
  if (meaningful) return test;
  return Object.assign(() => {}, { each: () => () => {} }) as unknown as typeof test;
}
