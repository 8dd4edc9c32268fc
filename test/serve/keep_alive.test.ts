import { expect, test } from "vitest";
import { KeepAlive } from "../../src/serve/keep_alive.ts";
import type { Seen, Watched } from "../../src/serve/keep_alive.ts";
import { FakeClock } from "../support/fake_clock.ts";

class Peer implements Watched {
  activity = 0;
  excused = false;
  pings = 0;
  terminated = false;

  ping(): void {
    this.pings++;
  }

  terminate(): void {
    this.terminated = true;
  }
}

function watch(): { peer: Peer; clock: FakeClock; leave: () => void } {
  const clock = new FakeClock();
  const peers = new Map<Watched, Seen>();
  const keepAlive = new KeepAlive(clock, 1000, 300, peers);
  const peer = new Peer();
  peers.set(peer, { activity: peer.activity });
  keepAlive.added();
  const leave = () => {
    peers.delete(peer);
    keepAlive.deleted();
  };
  return { peer, clock, leave };
}

test("silence is followed by a ping, and that by the end", () => {
  const { peer, clock } = watch();
  clock.advance(999);
  expect(peer.pings).toBe(0);
  clock.advance(1);
  expect([peer.pings, peer.terminated]).toEqual([1, false]);
  clock.advance(299);
  expect(peer.terminated).toBe(false);
  clock.advance(1);
  expect(peer.terminated).toBe(true);
});

test("a sign of life after the ping is enough", () => {
  const { peer, clock } = watch();
  for (let round = 1; round <= 3; round++) {
    clock.advance(1000);
    expect(peer.pings).toBe(round);
    peer.activity++;
    clock.advance(300);
    clock.advance(1000); // heard in this interval
  }
  expect(peer.terminated).toBe(false);
});

test("a peer whose silence says nothing is neither pinged nor dropped, until it is no longer excused", () => {
  const { peer, clock } = watch();
  peer.excused = true;
  clock.advance(10_000);
  expect([peer.pings, peer.terminated]).toEqual([0, false]);
  peer.excused = false;
  clock.advance(1300);
  expect([peer.pings, peer.terminated]).toEqual([1, true]);
});

test("a peer that is excused after the ping is not dropped for it", () => {
  const { peer, clock } = watch();
  clock.advance(1000);
  peer.excused = true;
  clock.advance(300);
  expect([peer.pings, peer.terminated]).toEqual([1, false]);
});

test("nothing is left when the last peer is gone", () => {
  const { clock, leave } = watch();
  leave();
  expect(clock.pending).toBe(0);
});
