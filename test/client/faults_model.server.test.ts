import { expect, test } from "vitest";
import { json } from "../../mod.ts";
import { checkHistories, FaultHistory, nonsense, rough } from "./faults_model.ts";

// The names of the tests tell it: to run the same histories again, put it here.
const seed = Date.now() % 1_000_000_000;

test(
  `whatever becomes of its connections, a client comes back with all it had (seed ${seed})`,
  { timeout: 120_000 },
  async () => {
    await checkHistories(rough, 3_000, seed);
  },
);

test("a session that came by a change of user while the client was leaving is noticed when it is dead", async () => {
  const run = new FaultHistory(248936242, rough, json);
  await run.run([
    { step: "call" },
    { step: "half-open", at: 0 },
    { step: "leave" },
    { step: "join" },
    { step: "subscribe", at: 0 },
    { step: "user" },
    { step: "advance", at: 250 },
    { step: "half-open", at: 0 },
  ]);
  expect(run.wrong).toEqual([]);
});

test("a registration that is given up while its second one is made does not come back, however far that has come", async () => {
  for (let turns = 1; turns <= 40; turns++) {
    const run = new FaultHistory(7, { ...rough, rates: {} }, json);
    await run.run([
      { step: "register", at: 2 },
      { step: "advance", at: 0 },
      { step: "user" },
      { step: "register", at: 2 },
      { step: "release", at: 0 },
    ], turns);
    expect(run.wrong).toEqual([]);
  }
});

test(`whatever a router sends, nothing hangs, leaks or is mistaken for something else (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  await checkHistories(nonsense, 3_000, seed);
});
