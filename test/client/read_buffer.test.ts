import { expect, test } from "vitest";
import { ReadBuffer } from "../../src/client/read_buffer.ts";

test.each(["drop-oldest", "drop-newest"] as const)(
  "%s: a large buffer stays in order, however it fills and empties",
  async (overflow) => {
    const size = 200_000;
    const buffer = new ReadBuffer<number>("numbers", { buffer: size, overflow });
    const expected: number[] = [];
    let dropped = 0;
    let next = 0;
    const push = (count: number) => {
      for (const last = next + count; next < last; next++) {
        if (buffer.push(next) !== undefined) throw new Error("overflowed");
        expected.push(next);
      }
      const excess = Math.max(0, expected.length - size);
      dropped += excess;
      expected.splice(overflow === "drop-oldest" ? 0 : size, excess);
    };
    const read = async (count: number) => {
      const got: unknown[] = [];
      for (let at = 0; at < count; at++) got.push((await buffer.next()).value);
      expect(got).toEqual(expected.splice(0, count));
    };
    push(3);
    await read(2);
    push(size);
    await read(1_000);
    push(60_000);
    expect([buffer.waiting, buffer.dropped]).toEqual([expected.length, dropped]);
    await read(expected.length);
    push(2);
    buffer.end(undefined);
    await read(2);
    expect(await buffer.next()).toEqual({ value: undefined, done: true });
  },
);

test("reading no further drops what waits and what comes, and is told", async () => {
  let left = 0;
  const buffer = new ReadBuffer<number>("numbers", {}, () => left++);
  buffer.push(1);
  const got: number[] = [];
  for await (const number of buffer) {
    got.push(number);
    for (const more of [2, 3]) buffer.push(more);
    break;
  }
  buffer.push(4);
  expect([got, left, buffer.waiting, await buffer.next()]).toEqual([[1], 1, 0, { value: undefined, done: true }]);
});
