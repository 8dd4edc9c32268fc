import fc from "fast-check";
import { expect, test } from "vitest";
import { IdTable } from "../../src/wire/id_table.ts";
import { MAX_ID } from "../../src/wire/ids.ts";

const id = fc.oneof(
  fc.nat({ max: 40 }),
  // These belong into the same place, however large the table is.
  fc.nat({ max: 100 }).map((n) => n * 2 ** 32),
  fc.integer({ min: MAX_ID - 40, max: MAX_ID }),
  fc.integer({ min: -40, max: -1 }),
);
const step = fc.record({ id, isDelete: fc.boolean(), value: fc.nat() });

test("it has what a Map would have", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new IdTable<number>();
      const map = new Map<number, number>();
      for (const { id, isDelete, value } of steps) {
        if (isDelete) expect(table.delete(id)).toBe(map.delete(id));
        else {
          table.set(id, value);
          map.set(id, value);
        }
        expect([table.size, table.get(id), table.has(id)]).toEqual([map.size, map.get(id), map.has(id)]);
      }
      expect(table.values()).toEqual([...map].sort(([left], [right]) => left - right).map(([, value]) => value));
      for (const { id } of steps) expect([table.get(id), table.has(id)]).toEqual([map.get(id), map.has(id)]);
    }),
    { numRuns: 300 },
  );
});

test("ids go up while some stay", () => {
  const table = new IdTable<string>();
  for (let id = 1; id <= 5_000; id++) {
    table.set(id, `value ${id}`);
    if (id > 8 && id % 1_000 !== 8) table.delete(id - 8);
  }
  expect(table.size).toBe(12);
  expect(table.values().slice(0, 5)).toEqual(["value 1000", "value 2000", "value 3000", "value 4000", "value 4993"]);
});

test("a great many in a row go one by one as quickly as a few", () => {
  const table = new IdTable<number>();
  const many = 400_000;
  for (let id = 1; id <= many; id++) table.set(id, id);
  // Each that went by way of all behind it would make this take many minutes.
  let gone = 0;
  for (let id = 1; id <= many; id++) if (table.delete(id)) gone++;
  expect([gone, table.size]).toEqual([many, 0]);
});

test("a burst of them leaves nothing behind", () => {
  const table = new IdTable<number>();
  for (const step of [1, 7, 2 ** 40]) {
    for (let n = 0; n < 20_000; n++) table.set(n * step, n);
    expect([table.size, table.get(19_999 * step)]).toEqual([20_000, 19_999]);
    for (let n = 0; n < 20_000; n++) expect(table.delete(n * step)).toBe(true);
    expect([table.size, table.values()]).toEqual([0, []]);
  }
});
