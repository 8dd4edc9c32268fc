import { expect, test } from "vitest";
import { Queues } from "../../src/service/queues.ts";

test("queues are found by their names, and an unknown one names those that there are", () => {
  const queues = new Queues({ reports: { limit: 2 }, mails: {} });
  expect(queues.get("reports").options.limit).toBe(2);
  expect([...queues].map(({ name }) => name)).toEqual(["reports", "mails"]);
  expect(() => queues.get("report")).toThrow('There is no queue "report"; there are reports, mails');
  expect(() => new Queues({}).get("constructor")).toThrow(/There is no queue "constructor":/);
});

test("statistics of all queues, and an option that is wrong names the queue", () => {
  expect(new Queues({ a: { limit: 1 }, b: {} }).statistics).toMatchObject([
    { name: "a", limit: 1 },
    { name: "b", limit: Infinity },
  ]);
  expect(() => new Queues({ a: { limit: 0 } })).toThrow(/queue "a": the option limit is 0/);
});
