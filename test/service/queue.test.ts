import { expect, test } from "vitest";
import { ConcurrencyQueue } from "../../src/service/queue.ts";
import type { JobOptions } from "../../src/client/invocation_queue.ts";
import type { QueueOptions } from "../../src/service/queue_options.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A queue, and jobs that run until they are told to end. */
class Bench {
  readonly clock = new FakeClock();
  readonly queue: ConcurrencyQueue;
  /** The jobs that have begun, in order. */
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(options: QueueOptions) {
    this.queue = new ConcurrencyQueue("reports", options, this.clock);
  }

  run(name: string, options?: JobOptions): Promise<string> {
    return this.queue.run(() => {
      this.begun.push(name);
      return new Promise((resolve) => this.#ends.set(name, () => resolve(name)));
    }, options);
  }

  /** Ends a job, and lets what follows begin. */
  async end(name: string): Promise<void> {
    this.#ends.get(name)!();
    await settled();
  }
}

/** Resolves when everything that is ready to go on has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test("no more run at once than the limit, and the others follow", async () => {
  const bench = new Bench({ limit: 2 });
  const jobs = ["a", "b", "c", "d"].map((name) => bench.run(name));
  await settled();
  expect(bench.begun).toEqual(["a", "b"]);
  expect(bench.queue.statistics).toMatchObject({ running: 2, waiting: 2, limit: 2 });
  await bench.end("b");
  expect(bench.begun).toEqual(["a", "b", "c"]);
  await bench.end("a");
  await bench.end("c");
  await bench.end("d");
  expect(await Promise.all(jobs)).toEqual(["a", "b", "c", "d"]);
  expect(bench.queue.statistics).toMatchObject({
    running: 0,
    waiting: 0,
    started: 4,
    finished: 4,
    failed: 0,
    waited: 2,
  });
});

test("without options everything runs at once", async () => {
  const bench = new Bench({});
  for (let index = 0; index < 100; index++) void bench.run(`${index}`);
  await settled();
  expect(bench.begun).toHaveLength(100);
});

test("callers take turns, however much one of them wants", async () => {
  const bench = new Bench({ limit: 1 });
  for (const name of ["a0", "a1", "a2", "a3", "b1", "c1", "b2"]) void bench.run(name, { caller: name[0] });
  await settled();
  for (const name of ["a0", "a1", "b1", "c1", "a2", "b2"]) await bench.end(name);
  expect(bench.begun).toEqual(["a0", "a1", "b1", "c1", "a2", "b2", "a3"]);
});

test("without fairness it goes by arrival", async () => {
  const bench = new Bench({ limit: 1, fair: false });
  for (const name of ["a0", "a1", "a2", "b1"]) void bench.run(name, { caller: name[0] });
  await settled();
  for (const name of ["a0", "a1", "a2"]) await bench.end(name);
  expect(bench.begun).toEqual(["a0", "a1", "a2", "b1"]);
});

test("who comes to a full waiting list is refused and never begins", async () => {
  const bench = new Bench({ limit: 1, waiting: 1 });
  void bench.run("a");
  void bench.run("b");
  await expect(bench.run("c")).rejects.toMatchObject({
    code: "overflow",
    message: 'The queue "reports" is full: 1 run and 1 wait; try again later',
  });
  await bench.end("a");
  await bench.end("b");
  expect(bench.begun).toEqual(["a", "b"]);
  expect(bench.queue.statistics).toMatchObject({ rejected: 1, mostWaiting: 1, waiting: 0, running: 0 });
});

test("who has waited longest is refused instead, if that is the policy", async () => {
  const bench = new Bench({ limit: 1, waiting: 2, reject: "oldest" });
  void bench.run("a");
  const refused = expect(bench.run("b")).rejects.toMatchObject({ code: "overflow" });
  void bench.run("c");
  void bench.run("d");
  await refused;
  await bench.end("a");
  await bench.end("c");
  expect(bench.begun).toEqual(["a", "c", "d"]);
});

test.each(["newest", "oldest"] as const)(
  "without a waiting list the one that comes is refused (%s)",
  async (reject) => {
    const bench = new Bench({ limit: 1, waiting: 0, reject });
    void bench.run("a");
    await expect(bench.run("b")).rejects.toMatchObject({ code: "overflow" });
    await bench.end("a");
    void bench.run("c");
    await settled();
    expect(bench.begun).toEqual(["a", "c"]);
  },
);

test("who waits too long is refused, and no timer is left", async () => {
  const bench = new Bench({ limit: 1, maxWait: 1_000 });
  void bench.run("a");
  const late = expect(bench.run("b")).rejects.toMatchObject({ code: "timeout" });
  bench.clock.advance(600);
  void bench.run("c");
  bench.clock.advance(400);
  await late;
  await bench.end("a");
  expect(bench.begun).toEqual(["a", "c"]);
  expect(bench.clock.pending).toBe(0);
  expect(bench.queue.statistics).toMatchObject({ rejected: 1, waiting: 0 });
});

test("who is given up while waiting never begins, and leaves nothing behind", async () => {
  const bench = new Bench({ limit: 1, maxWait: 1_000 });
  void bench.run("a");
  const gone = new AbortController();
  const waiting = bench.run("b", { signal: gone.signal });
  gone.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  await expect(bench.run("c", { signal: gone.signal })).rejects.toThrow("gone");
  await bench.end("a");
  expect(bench.begun).toEqual(["a"]);
  expect(bench.clock.pending).toBe(0);
  expect(bench.queue.statistics).toMatchObject({ abandoned: 2, waiting: 0, running: 0, rejected: 0 });
});

test("a job that is given up while it runs is not touched", async () => {
  const bench = new Bench({ limit: 1 });
  const gone = new AbortController();
  const running = bench.run("a", { signal: gone.signal });
  await settled();
  gone.abort();
  await bench.end("a");
  expect(await running).toBe("a");
});

test("a job that fails gives its place back", async () => {
  const bench = new Bench({ limit: 1 });
  const sync = bench.queue.run(() => {
    throw new Error("at once");
  });
  const later = bench.queue.run(() => Promise.reject(new Error("later")));
  await expect(sync).rejects.toThrow("at once");
  await expect(later).rejects.toThrow("later");
  expect(await bench.queue.run(() => "fine")).toBe("fine");
  expect(bench.queue.statistics).toMatchObject({ running: 0, finished: 3, failed: 2 });
});

test("a higher limit lets those begin that wait, a lower one holds for those that come", async () => {
  const bench = new Bench({ limit: 1 });
  for (const name of ["a", "b", "c", "d"]) void bench.run(name);
  await settled();
  bench.queue.configure({ limit: 3 });
  await settled();
  expect(bench.begun).toEqual(["a", "b", "c"]);
  bench.queue.configure({ limit: 1 });
  await bench.end("a");
  await bench.end("b");
  expect(bench.begun).toEqual(["a", "b", "c"]);
  await bench.end("c");
  expect(bench.begun).toEqual(["a", "b", "c", "d"]);
});

test.each([["newest", ["b"]], ["oldest", ["d"]]] as const)(
  "a shorter waiting list refuses those without a place (%s)",
  async (reject, left) => {
    const bench = new Bench({ limit: 1, reject });
    void bench.run("a");
    const refused: string[] = [];
    for (const name of ["b", "c", "d"]) bench.run(name).catch(() => refused.push(name));
    bench.queue.configure({ waiting: 1 });
    await settled();
    expect(["b", "c", "d"].filter((name) => !refused.includes(name))).toEqual(left);
    expect(bench.queue.statistics).toMatchObject({ waiting: 1, rejected: 2 });
  },
);

test("what is wrong changes nothing", () => {
  const { queue } = new Bench({ limit: 2, waiting: undefined });
  expect(() => queue.configure({ waiting: 5, limit: 0 })).toThrow(
    /"reports": the option limit is 0, expected a whole number of at least 1, or Infinity/,
  );
  expect(queue.options).toMatchObject({ limit: 2, waiting: Infinity });
});

test.each([
  [{ limit: 1.5 }, /limit is 1.5/],
  [{ limit: "2" }, /limit is "2"/],
  [{ limit: NaN }, /limit is NaN/],
  [{ waiting: -1 }, /waiting is -1/],
  [{ maxWait: -5 }, /maxWait is -5/],
  [{ fair: 1 }, /fair is 1/],
  [{ reject: "all" }, /reject is "all", expected "newest" or "oldest"/],
  [{ concurrency: 2 }, /no option "concurrency"; there are limit, waiting/],
])("%j is refused", (options, message) => {
  expect(() => new ConcurrencyQueue("q", options as QueueOptions)).toThrow(message);
});

test("statistics tell how long jobs waited and ran, and begin anew when asked", async () => {
  const bench = new Bench({ limit: 1 });
  void bench.run("a");
  void bench.run("b");
  await settled();
  bench.clock.advance(100);
  await bench.end("a");
  bench.clock.advance(300);
  await bench.end("b");
  expect(bench.queue.statistics).toMatchObject({
    waitTime: { average: 50, longest: 100 },
    runTime: { average: 200, longest: 300 },
    waited: 1,
  });
  bench.queue.resetStatistics();
  expect(bench.queue.statistics).toMatchObject({
    started: 0,
    finished: 0,
    waitTime: { average: 0, longest: 0 },
    since: bench.clock.now(),
  });
});

test("a place that is given back twice counts once", async () => {
  const bench = new Bench({ limit: 1 });
  const slot = await bench.queue.enter();
  slot.release();
  slot.release();
  expect(bench.queue.statistics).toMatchObject({ running: 0, finished: 1 });
});
