import { afterEach, beforeEach, expect } from "vitest";
import type { Principal } from "../../src/auth/mod.ts";
import type { Serializer } from "../../src/codec/serializer.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { RouterOptions } from "../../src/router/mod.ts";
import type { PeerInfo } from "../../src/transport/transport.ts";
import { dial } from "./peer.ts";
import type { Peer } from "./peer.ts";

/** A router that each test of a file gets anew, and that has nothing left when the test is over. */
export interface Harness {
  /** The router of the running test. */
  readonly router: Router;
  /** Gives what the router reported as failed; a test that expects failures has to take them. */
  takeFailures(): unknown[];
  /** A connection to it, not joined yet. */
  dial(serializer?: Serializer, principal?: Principal, peer?: Partial<PeerInfo>): Peer;
}

/**
 * @param options what differs from one open realm `realm1`; asked for each test
 */
export function harness(options: () => Partial<RouterOptions> = () => ({})): Harness {
  let router!: Router;
  let failures: unknown[];
  beforeEach(() => {
    failures = [];
    router = new Router({ realms: [openRealm("realm1")], onError: (error) => failures.push(error), ...options() });
  });
  afterEach(async () => {
    await router.close();
    expect(failures).toEqual([]);
    for (const realm of ["realm1", "strict"]) {
      const statistics = router.statistics(realm);
      if (statistics === undefined) continue;
      const { droppedEvents, disconnectedSubscribers } = statistics;
      expect(statistics).toEqual({
        sessions: 0,
        registrations: 0,
        subscriptions: 0,
        pendingInvocations: 0,
        droppedEvents,
        disconnectedSubscribers,
      });
    }
  });
  return {
    get router() {
      return router;
    },
    takeFailures: () => failures.splice(0),
    dial: (serializer, principal, peer) => dial(router, serializer, principal, peer),
  };
}
