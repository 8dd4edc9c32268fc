import { checkHistories, nonsense, rough } from "../client/faults_model.ts";

const CASES_A_ROUND = 1_000;

/**
 * Lets a durable client go through random histories on connections that fail.
 *
 * @param cases How many.
 * @param seed Where to begin; the same seed gives the same histories.
 * @returns What was wrong, with the seed and the shortest history that shows it.
 */
export async function fuzzSession(cases: number, seed: number): Promise<string[]> {
  const failures: string[] = [];
  const started = Date.now();
  for (let done = 0; done < cases; done += CASES_A_ROUND) {
    const weather = (done / CASES_A_ROUND) % 2 === 0 ? rough : nonsense;
    try {
      await checkHistories(weather, Math.min(CASES_A_ROUND, cases - done), seed + done);
    } catch (error) {
      failures.push(error instanceof Error ? `${error.message}\n${String(error.cause ?? "")}` : String(error));
    }
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(`${Math.min(done + CASES_A_ROUND, cases)} histories in ${seconds} s, ${failures.length} failed`);
  }
  return failures;
}
