import { expect, test } from "vitest";
import { defaultListenLimits } from "../../src/serve/admission.ts";
import type { Place } from "../../src/serve/admission.ts";
import { Door } from "../../src/serve/door.ts";
import type { Guest } from "../../src/serve/guest_connection.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { StubTransport } from "../support/stub_transport.ts";
import { opaque, TestAcceptor } from "./acceptor.ts";

class TestGuest extends StubTransport implements Guest {
  readonly activity = 0;
  readonly excused = true;
  ping(): void {}
}

const request = { path: "/ws", headers: {}, protocols: ["wamp.2.json"] };

function doorWith(acceptor: TestAcceptor): Door {
  return new Door(acceptor, { limits: defaultListenLimits, pingInterval: 0, pingTimeout: 0, clock: new FakeClock() });
}

function enter(door: Door): TestGuest {
  const guest = new TestGuest();
  door.enter(guest, door.admission.admit("") as Place, opaque, {});
  return guest;
}

test("a door that closes agrees on nothing, and sends away who was about to enter", async () => {
  const acceptor = new TestAcceptor();
  const door = doorWith(acceptor);
  const first = enter(door);
  await acceptor.next();
  expect(door.handshake(request)).toMatchObject({ subprotocol: "wamp.2.json" });
  const closed = door.close();
  expect(door.close()).toBe(closed);
  expect(door.handshake(request)).toMatchObject({ status: 503 });
  const late = enter(door);
  expect([first.asked, late.asked, late.handler !== undefined]).toEqual([["close"], ["close"], true]);
  expect(acceptor.requests).toHaveLength(1);
  door.left(first);
  expect(door.closed).toBe(false);
  door.left(late);
  await closed;
  expect(door.closed).toBe(true);
  expect(door.statistics).toMatchObject({ connections: 0, accepted: 1, refused: { handshake: 1 } });
});
