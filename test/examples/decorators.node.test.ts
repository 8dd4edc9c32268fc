import { expect, test } from "vitest";
import { runExample } from "./run.ts";

test.each(["deno", "bun"])("on %s decorators say what a class serves", async (runtime) => {
  const { stdout } = await runExample(runtime, "decorators.ts");
  expect(stdout).toBe("ready\n2 5\ncom.example.counter.slow.deep at 5\nreset\n1\n");
});
