import { test } from "vitest";
import { checkHistories } from "./model/play.ts";

test(
  "whatever several sessions do in two realms, each gets what a plain model of its realm says, and nothing of the other",
  async () => {
    await checkHistories(200, Math.trunc(Math.random() * 2 ** 31));
  },
  120_000,
);
