import { cbor, connect, json, msgpack } from "../../../mod.ts";
import type { Client, Serializer } from "../../../mod.ts";

/**
 * Does what a client does on a router, once for each serializer.
 *
 * @param url The router.
 * @returns What worked; in place of what did not, `FAILED` and why.
 */
export async function visit(url: string): Promise<string[]> {
  const outcomes: string[] = [];
  for (const serializer of [json, msgpack, cbor]) {
    for (const [name, check] of Object.entries(checks)) {
      try {
        await withTwo(url, serializer, check);
        outcomes.push(`${name} (${serializer.name})`);
      } catch (error) {
        outcomes.push(`FAILED ${name} (${serializer.name}): ${error}`);
      }
    }
  }
  return outcomes;
}

type Check = (one: Client, other: Client) => Promise<void>;

const checks: Record<string, Check> = {
  call: async (one, other) => {
    await one.register("com.example.add", ([a, b]) => (a as number) + (b as number));
    expect(await other.call("com.example.add", [2, 3]), 5);
    await one.register("com.example.echo", ([value]) => value);
    const value = { text: "Grüße 🌍", list: [1, null, true], bytes: [...new Uint8Array([1, 2])] };
    expect(JSON.stringify(await other.call("com.example.echo", [value])), JSON.stringify(value));
  },
  progress: async (one, other) => {
    await one.register("com.example.count", async function* () {
      yield 1;
      yield 2;
      return await Promise.resolve("done");
    });
    const stream = other.stream("com.example.count");
    const steps: unknown[] = [];
    for await (const { args } of stream) steps.push(args[0]);
    expect(`${steps} ${(await stream.result).args}`, "1,2 done");
  },
  event: async (one, other) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await one.subscribe("com.example.topic", ([text]) => resolve(text));
    await other.publish("com.example.topic", ["news"], {}, { acknowledge: true });
    expect(await promise, "news");
  },
};

async function withTwo(url: string, serializer: Serializer, check: Check): Promise<void> {
  const options = { realm: "realm1", serializers: [serializer], reconnect: false, timeout: 10_000 } as const;
  const [one, other] = await Promise.all([connect(url, options), connect(url, options)]);
  try {
    await check(one, other);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

function expect(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`got ${String(actual)}, expected ${String(expected)}`);
}
