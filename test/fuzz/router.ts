import { checkHistories } from "../router/model/play.ts";

const CASES_A_ROUND = 500;

/**
 * Lets several sessions in two realms go through random histories, and compares what each gets with what a plain model says.
 *
 * @param cases How many histories.
 * @param seed Where to begin; the same seed gives the same histories.
 * @returns What was wrong, with the seed and the shortest history that shows it.
 */
export async function fuzzRouter(cases: number, seed: number): Promise<string[]> {
  const failures: string[] = [];
  for (let done = 0; done < cases; done += CASES_A_ROUND) {
    try {
      await checkHistories(Math.min(CASES_A_ROUND, cases - done), seed + done);
    } catch (error) {
      failures.push(error instanceof Error ? `${error.message}\n${String(error.cause ?? "")}` : String(error));
    }
    console.log(`${Math.min(done + CASES_A_ROUND, cases)} histories, ${failures.length} failed`);
  }
  return failures;
}
