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
])("%s is another announcement", (_, features) => {
  const announcements = new Announcements();
  const first = announcements.shared(roles({ call_canceling: true }));
  const other = roles(features);
  expect(announcements.shared(other)).toBe(other);
  expect(announcements.shared(roles({ call_canceling: true }))).toBe(first);
});

test.each([
  ["something else in the place of a value", { call_canceling: { deep: {} } }],
  ["more than any library has", Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`feature${i}`, true]))],
])("%s is not remembered, so that nobody is compared with it", (_, features) => {
  const announcements = new Announcements();
  const first = announcements.shared(roles(features));
  expect(announcements.shared(roles(features))).not.toBe(first);
});

test("what is no feature of a client's is not kept", () => {
  const said = {
    caller: { features: { call_canceling: true, x: { deep: {} }, y: 1 }, more: [[]] },
    callee: {},
    ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`role${index}`, {}])),
  };
  const kept = new Announcements().shared(said as never);
  expect(kept).toEqual({ caller: { features: { call_canceling: true } }, callee: { features: {} } });
  const many = roles(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`feature${index}`, true])));
  expect(Object.keys(new Announcements().shared(many).caller!.features!)).toHaveLength(64);
});

test("what is shared cannot be changed by one for all", () => {
  const shared = new Announcements().shared(roles({ call_canceling: true }));
  expect([shared, shared["caller"], shared["caller"]?.features].every(Object.isFrozen)).toBe(true);
});

test("what clients keep announcing is remembered, whatever strangers say in between", () => {
  const announcements = new Announcements();
  const first = announcements.shared(roles({ ours: true }));
  for (let kind = 0; kind < 40; kind++) {
    announcements.shared(roles({ [`kind${kind}`]: true }));
    expect(announcements.shared(roles({ ours: true }))).toBe(first);
  }
});

test("no more than sixteen are remembered, so that strangers cannot fill the memory with them", () => {
  const announcements = new Announcements();
  const kinds = Array.from({ length: 17 }, (_, kind) => announcements.shared(roles({ [`kind${kind}`]: true })));
  expect(announcements.shared(roles({ kind1: true }))).toBe(kinds[1]);
  const again = roles({ kind0: true });
  expect(announcements.shared(again)).toBe(again);
});
