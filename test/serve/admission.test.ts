import { expect, test } from "vitest";
import { Admission, defaultListenLimits } from "../../src/serve/admission.ts";
import type { ListenLimits, Place } from "../../src/serve/admission.ts";
import { FakeClock } from "../support/fake_clock.ts";

function admission(limits: Partial<ListenLimits>) {
  const clock = new FakeClock();
  return { clock, admission: new Admission({ ...defaultListenLimits, ...limits }, clock) };
}

test("places are taken, refused when there are none left, and given back once", () => {
  const { admission: door } = admission({ connections: 2 });
  const [first] = [door.admit("10.0.0.1") as Place, door.admit("10.0.0.2")];
  expect(door.admit("10.0.0.3")).toBe("connections");
  first.release();
  first.release();
  expect(door.counts.connections).toBe(1);
  expect(door.admit("10.0.0.3")).toHaveProperty("release");
  expect(door.admit("10.0.0.3")).toBe("connections");
  expect(door.counts).toMatchObject({ connections: 2, refused: { connections: 2 } });
});

test.each([
  ["10.0.0.1", "10.0.0.1", "10.0.0.2"],
  ["2001:db8::1", "2001:DB8:0:0:ffff::2", "2001:db8:0:1::1"],
  ["fe80::1%eth0", "fe80:0000::2", "fe81::1"],
])("%s and %s share their places, %s has others", (one, same, other) => {
  const { admission: door } = admission({ connectionsPerAddress: 1 });
  const place = door.admit(one) as Place;
  expect(door.admit(same)).toBe("connectionsPerAddress");
  expect(door.admit(other)).toHaveProperty("release");
  place.release();
  expect(door.admit(same)).toHaveProperty("release");
  expect(door.counts.refused.connectionsPerAddress).toBe(1);
});

test("an address may come so often within a minute, and again as time goes by", () => {
  const { admission: door, clock } = admission({ connectionsPerMinute: 6 });
  const come = () => {
    const place = door.admit("10.0.0.1");
    if (typeof place === "string") return place;
    place.release();
    return "taken";
  };
  expect(Array.from({ length: 7 }, come)).toEqual([...Array(6).fill("taken"), "connectionsPerMinute"]);
  clock.advance(10_000);
  expect([come(), come()]).toEqual(["taken", "connectionsPerMinute"]);
  clock.advance(3_600_000);
  expect(Array.from({ length: 7 }, come).at(-1)).toBe("connectionsPerMinute");
  expect(door.counts.refused.connectionsPerMinute).toBe(3);
});

test("this machine's own address, and one that is unknown, have no limit of their own", () => {
  const { admission: door } = admission({ connectionsPerAddress: 1, connectionsPerMinute: 1 });
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""]) {
    for (let i = 0; i < 3; i++) expect(door.admit(address)).toHaveProperty("release");
  }
});

test("many addresses are forgotten when there is nothing to remember of them", () => {
  const { admission: door, clock } = admission({});
  const heap = [];
  for (let i = 0; i < 20_000; i++) {
    const place = door.admit(`10.${i >> 16}.${i >> 8 & 255}.${i & 255}`) as Place;
    if (i % 10 === 0) heap.push(place);
    else place.release();
    if (i % 1_000 === 0) clock.advance(60_000);
  }
  expect(door.counts.connections).toBe(heap.length);
  for (const place of heap) place.release();
  expect(door.counts.connections).toBe(0);
});
