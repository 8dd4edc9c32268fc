import { expect, inject, test } from "vitest";
import { cbor, connect, json, msgpack, Result, webSocketDialer } from "@izaber/wamp";
import type { WebSocketConstructor, WebSocketLike } from "@izaber/wamp";

const url = inject("routerUrl");

for (const serializer of [json, msgpack, cbor]) {
  for (const batched of [true, false]) {
    test(`a call comes back over ${batched ? "batched" : "plain"} ${serializer.name}`, async () => {
      const name = `com.example.add.${serializer.name}.${batched}.${crypto.randomUUID()}`;
      const options = { realm: "realm1", serializers: [serializer] };
      await using callee = await connect(webSocketDialer(url, { batched }), options);
      await using caller = await connect(webSocketDialer(url, { batched }), options);
      expect(caller.serializer).toBe(serializer.name);
      await callee.register(name, ([a, b]: [number, number]) => a + b);
      const sums = await Promise.all(Array.from({ length: 100 }, (_, n) => caller.call(name, [n, 1])));
      expect(sums).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    });
  }
}

test("bytes, numbers and unicode arrive as they were sent, whatever the two serializers are", async () => {
  const name = `com.example.echo.${crypto.randomUUID()}`;
  const values = [null, true, -1, 2 ** 40, 0.5, "grüße 👋", new Uint8Array([0, 1, 255]), { a: [1, { b: "c" }] }];
  await using callee = await connect(url, { realm: "realm1", serializers: [cbor] });
  await callee.register(name, (args) => args);
  for (const serializer of [json, msgpack, cbor]) {
    await using caller = await connect(url, { realm: "realm1", serializers: [serializer] });
    expect(await caller.call(name, values)).toEqual(values);
  }
});

test("what is made on a client is there again after its connection was cut", async () => {
  const id = crypto.randomUUID();
  const sockets: WebSocketLike[] = [];
  const recording = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this as unknown as WebSocketLike);
    }
  } as unknown as WebSocketConstructor;
  const dialer = webSocketDialer(url, { WebSocket: recording });
  await using callee = await connect(dialer, { realm: "realm1", reconnect: { initialDelay: 1 } });
  await using caller = await connect(url, { realm: "realm1" });
  let heard = Promise.withResolvers<unknown>();
  await callee.register(`com.example.p.${id}`, () => callee.session?.id, { match: "prefix" });
  await callee.subscribe(`com.example.t.${id}`, (args) => heard.resolve(args[0]));
  for (let cut = 0; cut < 3; cut++) {
    const before = callee.session?.id;
    const ready = new Promise((resolve) => callee.on("ready", resolve));
    sockets.at(-1)?.close(4000, "cut");
    await ready;
    expect(callee.session?.id).not.toBe(before);
    expect(await caller.call(`com.example.p.${id}.any`)).toBe(callee.session?.id);
    heard = Promise.withResolvers();
    await caller.publish(`com.example.t.${id}`, [cut], {}, { acknowledge: true });
    expect(await heard.promise).toBe(cut);
  }
});

test("a realm that is not there refuses the join", async () => {
  await expect(connect(url, { realm: "no.such.realm" })).rejects.toMatchObject({
    code: "no_such_realm",
    reason: "wamp.error.no_such_realm",
    message: expect.stringContaining("no.such.realm"),
  });
});

test("events arrive in the order in which they were published", async () => {
  const topic = `com.example.order.${crypto.randomUUID()}`;
  await using subscriber = await connect(url, { realm: "realm1" });
  await using publisher = await connect(url, { realm: "realm1" });
  const events = subscriber.events(topic);
  await events.ready;
  for (let n = 0; n < 500; n++) void publisher.publish(topic, [n]);
  const got: unknown[] = [];
  for await (const { args } of events) {
    got.push(args[0]);
    if (got.length === 500) break;
  }
  expect(got).toEqual(Array.from({ length: 500 }, (_, n) => n));
});

test("an unknown host and a closed port are errors with a code, as exact as the runtime allows", async () => {
  // A browser tells a page of another origin nothing, and workerd dials by way of a proxy.
  const silent = ["chromium", "workerd"].includes(inject("runtime"));
  for (
    const [url, code] of [
      ["ws://no-such-host.invalid/ws", silent ? "connection_failed" : "host_unknown"],
      ["ws://127.0.0.1:2/ws", silent ? "connection_failed" : "connection_refused"],
    ] as const
  ) {
    const error = await connect(url, { realm: "realm1" }).catch((error) => error);
    expect(error).toMatchObject({ name: "ConnectError", code, url, message: expect.stringContaining(url) });
  }
});

for (const serializer of [json, msgpack, cbor]) {
  test(`interim results come in order over ${serializer.name}, and leaving them reaches the callee`, async () => {
    const name = `com.example.steps.${crypto.randomUUID()}`;
    const options = { realm: "realm1", serializers: [serializer] };
    await using callee = await connect(url, options);
    await using caller = await connect(url, options);
    const ended = Promise.withResolvers<unknown>();
    await callee.register(name, async function* ([count]: [number], _kwargs, call) {
      call.signal.addEventListener("abort", () => ended.resolve("aborted"));
      for (let n = 0; n < count; n++) yield n;
      if (count > 100) await ended.promise;
      return "end";
    });
    const stream = caller.stream(name, [100]);
    const got: unknown[] = [];
    for await (const { args } of stream) got.push(args[0]);
    expect(got).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect((await stream.result).args).toEqual(["end"]);
    for await (const _ of caller.stream(name, [101])) break;
    expect(await ended.promise).toBe("aborted");
  });
}

for (const serializer of [json, msgpack, cbor]) {
  test(`arguments and results go both ways at once over ${serializer.name}`, async () => {
    const name = `com.example.duplex.${crypto.randomUUID()}`;
    await using callee = await connect(url, { realm: "realm1" });
    await using caller = await connect(url, { realm: "realm1", serializers: [serializer] });
    await callee.register(name, async function* (_args, _kwargs, call) {
      let sum = 0;
      for await (const { args } of call.input) yield sum += args[0] as number;
      return sum;
    });
    const answers: ((value: number) => void)[] = [];
    const stream = caller.stream(
      name,
      async function* () {
        for (let n = 1; n <= 20; n++) {
          const answered = new Promise<number>((resolve) => answers.push(resolve));
          yield [n];
          expect(await answered).toBe(n * (n + 1) / 2);
        }
      }(),
    );
    for await (const { args } of stream) answers.shift()?.(args[0] as number);
    expect((await stream.result).args).toEqual([210]);
    const upload = caller.stream(
      name,
      async function* () {
        for (let n = 0; n < 500; n++) yield [1];
        return [500];
      }(),
    );
    expect((await upload.result).args).toEqual([1000]);
  });
}

test("a payload that is not for the router arrives with what says how to read it", async () => {
  const name = `com.example.sealed.${crypto.randomUUID()}`;
  const bytes = new Uint8Array([1, 2, 255]);
  await using callee = await connect(url, { realm: "realm1", serializers: [cbor] });
  await using caller = await connect(url, { realm: "realm1", serializers: [json] });
  await callee.register(
    name,
    (args, _kwargs, { details }) => new Result(args, {}, { ppt_scheme: `${details.ppt_scheme}_answer` }),
  );
  const { args, details } = await caller.callResult(name, [bytes], {}, { ppt_scheme: "x_own" });
  expect([args, details]).toMatchObject([[bytes], { ppt_scheme: "x_own_answer" }]);
  const heard = Promise.withResolvers<unknown>();
  await callee.subscribe(name, (args, _kwargs, { details }) => heard.resolve([args, details.ppt_scheme]));
  await caller.publish(name, [bytes], {}, { ppt_scheme: "x_own", acknowledge: true });
  expect(await heard.promise).toEqual([[bytes], "x_own"]);
});
