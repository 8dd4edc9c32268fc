import { describe, expect, test } from "vitest";
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

function watch(
  interval = 1000,
  timeout = 300,
): { peer: Peer; clock: FakeClock; keepAlive: KeepAlive; leave: () => void } {
  const clock = new FakeClock();
  const peers = new Map<Watched, Seen>();
  const keepAlive = new KeepAlive(clock, interval, timeout, peers);
  const peer = new Peer();
  peers.set(peer, { activity: peer.activity });
  keepAlive.added();
  const leave = () => {
    peers.delete(peer);
    keepAlive.deleted(peer);
  };
  return { peer, clock, keepAlive, leave };
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

describe("a peer that is doubted", () => {
  test.each([[300, 300], [5_000, 5_000], [30_000, 5_000]])(
    "is pinged at once and ended when it stays silent; pingTimeout %i: for %i ms",
    (timeout, deadline) => {
      const { peer, clock, keepAlive } = watch(60_000, timeout);
      keepAlive.probe(peer);
      expect(peer.pings).toBe(1);
      clock.advance(deadline - 1);
      expect(peer.terminated).toBe(false);
      clock.advance(1);
      expect([peer.pings, peer.terminated]).toEqual([1, true]);
    },
  );

  test("stays when it answers, and is asked again only some seconds later, however often it is doubted", () => {
    const { peer, clock, keepAlive } = watch(60_000, 30_000);
    for (let i = 0; i < 1_000; i++) keepAlive.probe(peer);
    peer.activity++;
    for (let second = 0; second < 10; second++) {
      expect(peer.pings).toBe(1);
      clock.advance(1_000);
      if (second < 9) keepAlive.probe(peer);
    }
    keepAlive.probe(peer);
    expect([peer.pings, peer.terminated]).toEqual([2, false]);
    clock.advance(5_000);
    expect(peer.terminated).toBe(true);
  });

  test("is not asked while its silence says nothing, nor judged by it", () => {
    const { peer, clock, keepAlive } = watch(60_000);
    peer.excused = true;
    keepAlive.probe(peer);
    expect(peer.pings).toBe(0);
    peer.excused = false;
    keepAlive.probe(peer);
    peer.excused = true;
    clock.advance(300);
    expect([peer.pings, peer.terminated]).toEqual([1, false]);
  });

  test("is not asked where nobody is pinged", () => {
    const { peer, clock, keepAlive } = watch(0);
    keepAlive.probe(peer);
    expect([peer.pings, clock.pending]).toEqual([0, 0]);
  });

  test.each([0, 300])("leaves nothing behind when it goes; after %i ms", (milliseconds) => {
    const { peer, clock, keepAlive, leave } = watch();
    keepAlive.probe(peer);
    clock.advance(milliseconds);
    leave();
    expect(clock.pending).toBe(0);
    keepAlive.probe(peer);
    expect([peer.pings, clock.pending]).toEqual([1, 0]);
  });
});
