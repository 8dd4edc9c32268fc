/** How long one function is called without looking at the clock, in milliseconds. */
const SLICE = 3;
/** How long each is called before it is measured: compilers take their time, and take back what they did when others are called in between. */
const WARM_UP = 40;

/**
 * Measures functions in turns, so that what disturbs the machine disturbs all of them.
 *
 * @param work The functions.
 * @param rounds How often each is measured.
 * @returns The median of each, in nanoseconds a call.
 */
export function race(work: readonly (() => unknown)[], rounds: number): number[] {
  for (let warm = 0; warm < WARM_UP; warm += SLICE) work.forEach(callsPerSlice);
  const calls = work.map(callsPerSlice);
  const times = work.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < work.length; turn++) {
      const index = (turn + round) % work.length;
      times[index]!.push(timed(work[index]!, calls[index]!) / calls[index]! * 1e6);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[rounds >> 1]!);
}

let sink: unknown;

function timed(work: () => unknown, calls: number): number {
  const start = performance.now();
  for (let call = 0; call < calls; call++) sink = work();
  return performance.now() - start;
}

function callsPerSlice(work: () => unknown): number {
  for (let calls = 1;; calls *= 2) {
    const time = timed(work, calls);
    if (time >= SLICE) return Math.max(1, Math.round(calls * SLICE / time));
  }
}

/** What the work gave last: nobody may find that it is not needed. */
export function last(): unknown {
  return sink;
}
