import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { RemoteError } from "../../src/wire/errors.ts";
import type { WampValue } from "../../src/wire/values.ts";
import { NexusHarness } from "./nexus_harness.ts";

const proto: WampValue = JSON.parse('{"__proto__": {"x": 1}, "constructor": 1, "toString": null}');

/** One of each kind, and what looks like something without being it. */
const values: readonly WampValue[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  2n ** 60n,
  "",
  "x",
  "ann",
  "%root",
  "a..b",
  "__proto__",
  "\u0000",
  "A".repeat(22),
  "x".repeat(5000),
  [],
  [null],
  [[["AND", [["a", "=", 1]]]]],
  [proto],
  {},
  { a: 1 },
  proto,
  new Uint8Array([1, 2, 3]),
  Array.from({ length: 200 }).reduce<WampValue>((inner) => [inner], []),
];

async function procedures(client: Client): Promise<string[]> {
  const { exact } = await client.call("wamp.registration.list") as { exact: number[] };
  const found = await Promise.all(exact.map((id) => client.call("wamp.registration.get", [id]))) as { uri: string }[];
  return found.map(({ uri }) => uri).filter((uri) => !uri.startsWith("wamp."));
}

/** Settles a call; what it ends in may be anything that is meant for the caller. */
async function settle(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (!(error instanceof RemoteError)) return String(error);
    const text = String(error.args[0]);
    const isOurs = error.uri.startsWith("com.izaber.wamp.error") || error.uri.startsWith("wamp.error.");
    const isPlain = !/reason of the server's own|undefined|\[object|TypeError|at file:/.test(text) &&
      text.length < 2000;
    return isOurs && isPlain ? undefined : `${error.uri}: ${text}`;
  }
}

test.each(["tom", "ann", undefined])(
  "every procedure answers %s whatever it is given, and everybody lives on",
  async (who) => {
    const errors: unknown[] = [];
    await using harness = await NexusHarness.start({ onError: (error) => void errors.push(error) });
    const [tom, bystander] = [await harness.join("tom"), await harness.join("bob")];
    const all = await procedures(tom);
    expect(all.length).toBeGreaterThan(80);
    const caller = await harness.join(who);
    const bad: string[] = [];
    for (const uri of all) {
      const calls = values.flatMap((value) => [
        ...[1, 2, 3, 4].map((count) => caller.call(uri, Array.from({ length: count }, () => value))),
        caller.call(uri, ["ann", value]),
        caller.call(uri, ["users", value]),
        caller.call(uri, [["A".repeat(22)], value]),
        caller.call(uri, [], { zz_no_such_argument: value }),
      ]);
      for (const outcome of await Promise.all([caller.call(uri), ...calls].map(settle))) {
        if (outcome !== undefined) bad.push(`${uri}: ${outcome.slice(0, 300)}`);
      }
    }
    expect([...new Set(bad)]).toEqual([]);
    expect(errors).toEqual([]);
    expect(caller.session?.open).toBe(true);
    expect(await bystander.call("com.izaber.wamp.auth.whoami")).toEqual({ authid: "bob", role: "backend" });
    expect(({} as { x?: unknown }).x).toBeUndefined();
  },
  120_000,
);
