import { test } from "vitest";
import { checkHistories, nonsense, rough } from "./faults_model.ts";

const seed = Date.now() % 1_000_000_000;

test(
  `whatever becomes of its connections, a client comes back with all it had (seed ${seed})`,
  { timeout: 120_000 },
  async () => {
    await checkHistories(rough, 3_000, seed);
  },
);

test(`whatever a router sends, nothing hangs, leaks or is mistaken for something else (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  await checkHistories(nonsense, 3_000, seed);
});
