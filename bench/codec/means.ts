import type { Operation } from "./contestants.ts";
import type { Report } from "./measure.ts";

/**
 * The geometric mean of numbers.
 *
 * @param numbers At least one.
 * @returns The mean.
 */
export function geometricMean(numbers: readonly number[]): number {
  return Math.exp(numbers.reduce((sum, number) => sum + Math.log(number), 0) / numbers.length);
}

/**
 * The geometric mean of a contestant's times over all messages.
 *
 * @param report One runtime's report.
 * @param operation The operation.
 * @param contestant Whose.
 * @returns Nanoseconds; undefined when it has no such operation.
 */
export function meanOf(report: Report, operation: Operation, contestant: string): number | undefined {
  const times = report.results.filter((one) => one.operation === operation && one.contestant === contestant)
    .map((one) => one.nanoseconds);
  return times.length === 0 ? undefined : geometricMean(times);
}

/**
 * Everyone who has been measured.
 *
 * @param report One runtime's report.
 * @param operation The operation.
 * @returns Their names, in the order of the results.
 */
export function namesOf(report: Report, operation: Operation): string[] {
  return [...new Set(report.results.filter((one) => one.operation === operation).map((one) => one.contestant))];
}
