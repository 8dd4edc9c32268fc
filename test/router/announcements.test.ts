import { expect, test } from "vitest";
import { Announcements } from "../../src/router/announcements.ts";

const roles = (features: Record<string, unknown>) => ({ caller: { features }, subscriber: {} }) as never;

test("who announces the same shares what is kept of it, in whatever order", () => {
  const announcements = new Announcements();
  const first = announcements.shared(roles({ call_canceling: true, call_timeout: false }));
  expect(announcements.shared(roles({ call_timeout: false, call_canceling: true }))).toBe(first);
});

test.each([
  ["another value", { call_canceling: false }],
  ["one feature more", { call_canceling: true, call_timeout: true }],
  ["one feature less", {}],
  ["a feature of another name", { call_timeout: true }],
  ["a name that every object has", { toString: true }],
  ["something else in the place of a value", { call_canceling: { deep: {} } }],
])("%s is another announcement", (_, features) => {
  const announcements = new Announcements();
  const first = announcements.shared(roles({ call_canceling: true }));
  const other = roles(features);
  expect(announcements.shared(other)).toBe(other);
  expect(announcements.shared(roles({ call_canceling: true }))).toBe(first);
});

test("no more than sixteen are remembered, so that strangers cannot fill the memory with them", () => {
  const announcements = new Announcements();
  const first = announcements.shared(roles({ kind0: true }));
  for (let kind = 1; kind <= 15; kind++) announcements.shared(roles({ [`kind${kind}`]: true }));
  expect(announcements.shared(roles({ kind0: true }))).toBe(first);
  announcements.shared(roles({ kind16: true }));
  const again = roles({ kind0: true });
  expect(announcements.shared(again)).toBe(again);
});
