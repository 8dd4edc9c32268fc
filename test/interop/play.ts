import { OurPeer } from "./our_peer.ts";
import { within } from "./mailbox.ts";
import type { Ability, OpenOptions, Peer } from "./peer.ts";
import type { Report, Row } from "./report.ts";
import { able } from "./scenario.ts";
import type { Scenario, Stage } from "./scenario.ts";

/** What is played with a peer. */
export interface Play {
  readonly ours: Row["ours"];
  /** Who stands in the table (default the peer). */
  readonly who?: string;
  readonly version?: string;
  readonly transport: string;
  readonly theirs: Peer;
  /** What the router can do. */
  readonly router: ReadonlySet<Ability>;
  /** How the peer under test is opened. */
  readonly options: OpenOptions;
  /** How our own sessions are opened (default like the peer's). */
  readonly ourOptions?: OpenOptions;
  readonly scenarios: readonly Scenario[];
  /** Scenarios that cannot work with this peer, by name, each for a reason that stands in docs/interop.md. */
  readonly without?: readonly string[];
}

const SCENARIO_MS = 40_000;

/** Plays the scenarios that a peer can play, one after another on one session, and adds a line to the table. */
export async function play(report: Report, play: Play): Promise<void> {
  const { theirs, options, router, without = [] } = play;
  const ourOptions = play.ourOptions ?? options;
  const scenarios = play.scenarios.filter(({ name, needs }) =>
    able({ theirs, router }, needs) && !without.includes(name)
  );
  const passed: string[] = [];
  const failed: { name: string; why: string }[] = [];
  const ours = new OurPeer();
  const another = async () => {
    const peer = new OurPeer();
    await peer.open(ourOptions);
    return peer;
  };
  let open = false;
  try {
    for (const [at, { name, play: scene }] of scenarios.entries()) {
      const uri = (word: string) => `com.example.s${at}_${name.toLowerCase().replaceAll(/\W+/g, "_")}.${word}`;
      const stage: Stage = { theirs, ours, router, options, uri, another };
      try {
        if (!open) await Promise.all([theirs.open(options), ours.open(ourOptions)]);
        open = true;
        await within(scene(stage), `the end of "${name}"`, SCENARIO_MS);
        passed.push(name);
      } catch (error) {
        failed.push({ name, why: error instanceof Error ? error.stack ?? error.message : String(error) });
        open = false;
        await Promise.allSettled([within(theirs.close(), "the close", 5_000), ours.close()]);
      }
    }
  } finally {
    await Promise.allSettled([theirs.end(), ours.close()]);
  }
  const { ours: side, who = theirs.name, version = theirs.version, transport } = play;
  const serializer = `${options.serializer}${options.batched === true ? " batched" : ""}`;
  report.add({ ours: side, who, version, transport, serializer, passed, failed });
}
