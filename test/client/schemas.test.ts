import { expect, test } from "vitest";
import type { StandardSchema } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";

const even: StandardSchema<unknown, number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "number" && value % 2 === 0 ? { value } : { issues: [{ message: "odd", path: ["n"] }] },
  },
};
const two: StandardSchema<unknown, [number, number]> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      Array.isArray(value) && value.length === 2
        ? { value: value as [number, number] }
        : { issues: [{ message: "expected two numbers" }] },
  },
};

test("a registration's schemas check arguments and result; the wire gets the other options", async () => {
  const { client, peer } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  const registering = client.register("a.add", ([a, b]) => a + b, { args: two, result: even, match: "exact" });
  expect((await peer.registered(5)).options).toEqual({ match: "exact" });
  await registering;
  const answers: unknown[] = [];
  for (const [id, args] of [[1, [1, 3]], [2, [1]], [3, [1, 2]]] as const) {
    peer.send([MessageType.INVOCATION, id, 5, {}], args);
    const head = await peer.next(id === 1 ? MessageType.YIELD : MessageType.ERROR);
    answers.push([head.uri, head.payload.args]);
  }
  expect(answers).toEqual([
    ["", [4]],
    ["wamp.error.invalid_argument", ["args: expected two numbers"]],
    ["wamp.error.invalid_argument", ["result.n: odd"]],
  ]);
  expect(reported).toEqual([]);
});

test("registering again brings its own schemas; a call that does not pass never waits in the queue", async () => {
  const { client, peer } = await joined();
  let entered = 0;
  const queue = {
    enter: () => {
      entered += 1;
      return Promise.resolve({ release: () => {} });
    },
  };
  const first = client.register("a.add", () => 1, { args: two, queue });
  await peer.registered(5);
  const registration = await first;
  peer.send([MessageType.INVOCATION, 1, 5, {}], [1]);
  await peer.next(MessageType.ERROR);
  expect(entered).toBe(0);
  peer.send([MessageType.INVOCATION, 2, 5, {}], [1, 2]);
  await peer.next(MessageType.YIELD);
  expect(entered).toBe(1);
  const second = await client.register("a.add", () => 2);
  expect(second.id).toBe(registration.id);
  peer.send([MessageType.INVOCATION, 3, 5, {}], [1]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([2]);
});

test.each([
  [{ args: 5 }, /args is 5, expected a Standard Schema/],
  [{ kwargs: {} }, /kwargs is an object, expected a Standard Schema/],
  [{ result: null }, /result is null, expected a Standard Schema/],
])("a schema that is none is refused where it is given: %j", async (options, message) => {
  const { client, peer } = await joined();
  await expect(client.register("a.p", () => 1, options as never)).rejects.toThrow(message);
  expect(peer.unread).toBe(0);
});
