import type { Ability, OpenOptions, Options, Peer } from "./peer.ts";
import { PeerError } from "./peer.ts";

/** What a scenario is played with. */
export interface Stage {
  /** The peer under test. */
  readonly theirs: Peer;
  /** A session of ours on the same realm. */
  readonly ours: Peer;
  /** What the router can do; peers cannot do more through it. */
  readonly router: ReadonlySet<Ability>;
  /** How the peer under test was opened. */
  readonly options: OpenOptions;
  /** Makes a URI that no other scenario has. */
  uri(name: string): string;
  /** Opens another session of our client. */
  another(): Promise<Peer>;
}

/** Something that has to work between a peer and us. */
export interface Scenario {
  readonly name: string;
  /** What the peer has to be able to do. */
  readonly needs: readonly Ability[];
  play(stage: Stage): Promise<void>;
}

/** Throws when two values differ; key order does not matter. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [canonical(actual), canonical(expected)];
  if (one !== other) throw new Error(`${what}: got ${one}, expected ${other}`);
}

/** Throws unless the work fails with an ERROR; gives it. */
export async function refusal(work: Promise<unknown>, what: string): Promise<PeerError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PeerError) return error;
    throw error;
  }
  throw new Error(`${what} was not refused`);
}

/** Whether the peer can do all of it, and the router too. */
export function able({ theirs, router }: Pick<Stage, "theirs" | "router">, needs: readonly Ability[]): boolean {
  return needs.every((one) => theirs.can.has(one) && router.has(one));
}

/** Writes a value so that equal ones have equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one) => {
    if (typeof one === "bigint") return `${one}n`;
    if (one instanceof Uint8Array) return { $bytes: [...one] };
    if (typeof one !== "object" || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(Object.entries(one as Options).sort(([a], [b]) => a < b ? -1 : 1));
  });
}
