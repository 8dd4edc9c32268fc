import { expect, test } from "vitest";
import { createClient, json } from "@izaber/wamp";
import type { Client, ClientOptions } from "@izaber/wamp";
import { Connection } from "../../src/transport/connection.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { settle } from "../support/scripted_router.ts";
import { StubTransport } from "../support/stub_transport.ts";

/** A client whose connection writes nothing until it is told to; the high-water mark is 1000 bytes. */
class CongestedClient {
  readonly transport = new StubTransport();
  readonly client: Client;

  constructor(options: Partial<ClientOptions> = {}) {
    const connection = new Connection(this.transport, json, { highWaterMark: 1000 });
    this.client = createClient({ url: "stub", dial: () => Promise.resolve(connection) }, {
      realm: "realm1",
      ...options,
    });
  }

  async open(): Promise<void> {
    const opened = this.client.open();
    await settle();
    const features = { progressive_call_invocations: true, progressive_call_results: true };
    this.receive([MessageType.WELCOME, 7, { roles: { broker: {}, dealer: { features } } }]);
    await opened;
    this.flush();
  }

  receive(message: unknown[]): void {
    this.transport.handler?.frame(JSON.stringify(message));
  }

  flush(): void {
    this.transport.endTurn();
    this.transport.handler?.drained();
  }

  /** The last values of the payloads of what was written since, by message type. */
  written(type: number): unknown[] {
    const messages = this.transport.written.splice(0).flat().map((frame) => JSON.parse(frame as string) as unknown[]);
    return messages.filter((message) => message[0] === type).map((message) => (message.at(-1) as unknown[])[0]);
  }
}

const big = "x".repeat(400);

test("progress() resolves when the connection takes more, and a generator waits for it", async () => {
  const congested = new CongestedClient();
  await congested.open();
  const { client } = congested;
  let [yielded, resolved] = [0, 0];
  const made = [
    client.register("a.generator", async function* () {
      while (yielded < 6) {
        yielded += 1;
        yield `${yielded} ${big}`;
      }
    }),
    client.register("a.by_hand", async (_args, _kwargs, call) => {
      while (resolved < 6) {
        await call.progress([big]);
        resolved += 1;
      }
    }),
  ];
  await settle();
  congested.receive([MessageType.REGISTERED, 1, 5]);
  congested.receive([MessageType.REGISTERED, 2, 6]);
  await Promise.all(made);
  congested.flush();
  congested.receive([MessageType.INVOCATION, 1, 5, { receive_progress: true }]);
  await settle();
  expect(yielded).toBe(3);
  congested.flush();
  await settle();
  expect(yielded).toBe(6);
  congested.flush();
  await settle();
  congested.flush();
  expect(congested.written(MessageType.YIELD)).toHaveLength(7);
  congested.receive([MessageType.INVOCATION, 2, 6, { receive_progress: true }]);
  await settle();
  expect(resolved).toBe(2);
  congested.flush();
  await settle();
  expect(resolved).toBe(5);
  congested.transport.handler?.closed({ local: false, reason: "cut" });
  await settle();
  expect(resolved).toBe(6);
  await client.close();
});

test("the parts of a call are asked for as the connection takes them", async () => {
  const congested = new CongestedClient();
  await congested.open();
  let asked = 0;
  const stream = congested.client.stream(
    "a.p",
    async function* () {
      while (asked < 6) {
        asked += 1;
        yield [`${asked} ${big}`];
      }
    }(),
  );
  await settle();
  expect(asked).toBe(3);
  congested.flush();
  await settle();
  expect(asked).toBe(6);
  congested.flush();
  await settle();
  congested.flush();
  congested.receive([MessageType.RESULT, 1, {}, ["end"]]);
  expect((await stream.result).args).toEqual(["end"]);
  congested.transport.handler?.closed({ local: false, reason: "cut" });
  await congested.client.close();
});

test("a call whose sending makes a listener close the client settles, and leaves nothing", async () => {
  const clock = new FakeClock();
  const congested = new CongestedClient({ clock, liveness: false });
  await congested.open();
  const { client } = congested;
  client.on("slow", () => void client.close());
  const controller = new AbortController();
  let listening = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...listener: Parameters<typeof add>) => {
    listening += 1;
    add(...listener);
  };
  const options = { timeout: 60_000, signal };
  const called = client.call("a.p", [big, big, big], {}, options);
  await expect(called).rejects.toMatchObject({ code: "closed", mayHaveRun: true });
  congested.receive([MessageType.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
  await client.closed;
  expect([clock.pending, listening]).toEqual([0, 0]);
});

test("a publish that waits for room ends with the session", async () => {
  const congested = new CongestedClient({ reconnect: false });
  await congested.open();
  const published = congested.client.publish("a.topic", [big + big + big]);
  await settle();
  congested.transport.terminate();
  congested.transport.handler?.closed({ local: false, reason: "gone" });
  expect(await published).toBe(undefined);
});

test("a loop that awaits each publish goes no faster than the connection takes", async () => {
  const congested = new CongestedClient();
  await congested.open();
  let published = 0;
  const loop = (async () => {
    for (; published < 6; published++) await congested.client.publish("a.topic", [big]);
  })();
  await settle();
  expect(published).toBe(2);
  congested.flush();
  await settle();
  expect(published).toBe(5);
  congested.flush();
  await loop;
  congested.flush();
  expect(congested.written(MessageType.PUBLISH)).toHaveLength(6);
  await congested.client.close();
});
