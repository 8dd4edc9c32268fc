import { expect, test } from "vitest";
import { json } from "@izaber/wamp";
import type { CallStream, Client, Clock, SentPart } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import type { Dict } from "../../src/wire/values.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

const roles = {
  broker: {},
  dealer: {
    features: { call_canceling: true, progressive_call_results: true, progressive_call_invocations: true },
  },
};

function progress(peer: ScriptedPeer, id: number, ...values: number[]): void {
  for (const value of values) peer.send([MessageType.RESULT, id, { progress: true }], [value]);
}

async function read(stream: CallStream): Promise<unknown[]> {
  const got: unknown[] = [];
  for await (const { args } of stream) got.push(args[0]);
  return got;
}

test("interim results are read with a loop, and result is the end", async () => {
  const { client, peer } = await joined({}, { roles });
  const stream = client.stream("com.example.deploy", ["web"], { fast: true }, { disclose_me: true });
  const call = await peer.next(MessageType.CALL);
  expect([call.options, call.payload.args, call.payload.kwargs]).toEqual([
    { disclose_me: true, receive_progress: true },
    ["web"],
    { fast: true },
  ]);
  peer.send([MessageType.RESULT, 1, { progress: true, callee: 9 }], ["step"], { n: 1 });
  expect(await stream.next()).toEqual({
    value: { args: ["step"], kwargs: { n: 1 }, details: { progress: true, callee: 9 } },
    done: false,
  });
  const waiting = stream.next();
  progress(peer, 1, 2, 3);
  peer.send([MessageType.RESULT, 1, {}], ["end"], { k: 4 });
  expect((await waiting).value.args).toEqual([2]);
  expect(await read(stream)).toEqual([3]);
  expect(await stream.result).toEqual({ args: ["end"], kwargs: { k: 4 }, details: {} });
  expect(await stream.next()).toEqual({ value: undefined, done: true });
  expect("then" in stream).toBe(false);
  expect(client.session?.pending.calls).toBe(0);
});

test("a router without progressive results is not asked for any; the stream then is its result", async () => {
  const { client, peer } = await joined();
  const stream = client.stream("a.p");
  expect((await peer.next(MessageType.CALL)).options).toEqual({});
  peer.send([MessageType.RESULT, 1, {}], [1]);
  expect(await read(stream)).toEqual([]);
  expect((await stream.result).args).toEqual([1]);
});

test("leaving the loop cancels the call as was asked, and nothing is left", async () => {
  const { client, peer, clock } = await joined({}, { roles });
  const stream = client.stream("a.p", [], {}, { cancelMode: "kill", timeout: 1_000 });
  await peer.next(MessageType.CALL);
  progress(peer, 1, 1, 2);
  for await (const _ of stream) break;
  const cancel = await peer.next(MessageType.CANCEL);
  expect([cancel.firstId, cancel.options]).toEqual([1, { mode: "kill" }]);
  await expect(stream.result).rejects.toMatchObject({ code: "aborted", mayHaveRun: true });
  progress(peer, 1, 3);
  peer.send([MessageType.ERROR, MessageType.CALL, 1, {}, "wamp.error.canceled"]);
  await settle();
  expect([client.session?.pending.calls, clock.pending, stream.buffered]).toEqual([0, 0, 0]);
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test("leaving the loop after the last result cancels nothing", async () => {
  const { client, peer } = await joined({}, { roles });
  const stream = client.stream("a.p");
  await peer.next(MessageType.CALL);
  progress(peer, 1, 1, 2);
  peer.send([MessageType.RESULT, 1, {}], [3]);
  for await (const _ of stream) break;
  expect((await stream.result).args).toEqual([3]);
  await settle();
  expect(peer.unread).toBe(0);
});

test("an ERROR ends the loop after what came before it; nobody has to listen to result", async () => {
  const { client, peer } = await joined({}, { roles });
  const stream = client.stream("a.p");
  await peer.next(MessageType.CALL);
  progress(peer, 1, 1);
  peer.send([MessageType.ERROR, MessageType.CALL, 1, {}, "com.example.error"], ["no"]);
  await settle();
  expect((await stream.next()).value.args).toEqual([1]);
  await expect(stream.next()).rejects.toMatchObject({ uri: "com.example.error" });
  expect((await stream.next()).done).toBe(true);
});

test("a stream that nobody reads is bounded as was asked", async () => {
  for (const [overflow, expected, dropped] of [["drop-oldest", [3, 4], 2], ["drop-newest", [1, 2], 2]] as const) {
    const { client, peer } = await joined({}, { roles });
    const stream = client.stream("a.p", [], {}, { buffer: 2, overflow });
    await peer.next(MessageType.CALL);
    progress(peer, 1, 1, 2, 3, 4);
    peer.send([MessageType.RESULT, 1, {}], [5]);
    expect((await stream.result).args).toEqual([5]);
    expect([stream.buffered, stream.dropped]).toEqual([2, dropped]);
    expect(await read(stream)).toEqual(expected);
  }
  const { client, peer } = await joined({}, { roles });
  const stream = client.stream("a.p", [], {}, { buffer: 2 });
  await peer.next(MessageType.CALL);
  progress(peer, 1, 1, 2, 3);
  await peer.next(MessageType.CANCEL);
  await expect(stream.result).rejects.toMatchObject({ code: "overflow", message: expect.stringContaining('"a.p"') });
  await expect(read(stream)).rejects.toMatchObject({ code: "overflow" });
  expect(() => client.stream("a.p", [], {}, { buffer: 0 })).toThrow(/buffer 0/);
  expect(() => client.stream("a.p", [], {}, 5 as never)).toThrow(/options is 5/);
  expect(() => client.stream("a.p", [], {}, { signal: 5 as never })).toThrow(/signal is 5, expected an AbortSignal/);
  await expect(client.stream("a.p", 5 as never).result).rejects.toThrow(/args is 5/);
  await expect(client.stream("a.p", [], {}, { match: "exact" } as never).result).rejects.toThrow(
    /no option "match"; there are timeout, signal, cancelMode, buffer, overflow, disclose_me/,
  );
});

test("the timeout of a stream counts from its last step", async () => {
  const { client, peer, clock } = await joined({}, { roles });
  const stream = client.stream("a.p", [], {}, { timeout: 100 });
  await peer.next(MessageType.CALL);
  for (const step of [1, 2, 3]) {
    clock.advance(60);
    progress(peer, 1, step);
    await settle();
  }
  expect(client.session?.pending.calls).toBe(1);
  clock.advance(100);
  await expect(read(stream)).rejects.toMatchObject({ code: "timeout" });
  await peer.next(MessageType.CANCEL);
  expect(clock.pending).toBe(0);
});

test.each([["forward", 3_600_000], ["back", -3_600_000]])(
  "a clock that is set %s does not change the timeout of a stream",
  async (_way, by) => {
    const time = new FakeClock();
    let set = 0;
    const clock: Clock = { now: () => time.now() + set, timer: (milliseconds, fire) => time.timer(milliseconds, fire) };
    const { client, peer } = await joined({ clock }, { roles });
    for (const [id, before] of [[1, true], [2, false]] as const) {
      const stream = client.stream("a.p", [], {}, { timeout: 100 });
      await peer.next(MessageType.CALL);
      time.advance(60);
      if (before) set += by;
      progress(peer, id, 1);
      await settle();
      if (!before) set += by;
      time.advance(99);
      await settle();
      expect(client.session?.pending.calls).toBe(1);
      // Where the clock was set after the step, the timeout begins anew at the latest.
      time.advance(200);
      await expect(read(stream)).rejects.toMatchObject({ code: "timeout" });
      await peer.next(MessageType.CANCEL);
    }
    expect(time.pending).toBe(0);
  },
);

test("a timer that fires late does not lengthen the timeout of a stream", async () => {
  const time = new FakeClock();
  let late = 0;
  const clock: Clock = { now: () => time.now() + late, timer: (milliseconds, fire) => time.timer(milliseconds, fire) };
  const { client, peer } = await joined({ clock }, { roles });
  const stream = client.stream("a.p", [], {}, { timeout: 100 });
  await peer.next(MessageType.CALL);
  // Fifty milliseconds pass in which no timer fires, and another ten.
  time.advance(90);
  late = 50;
  progress(peer, 1, 1);
  await settle();
  late = 60;
  time.advance(10);
  await settle();
  expect(time.next).toBe(80);
  time.advance(80);
  await expect(read(stream)).rejects.toMatchObject({ code: "timeout" });
});

test("a signal, a lost session and a client without one end a stream", async () => {
  const { client, peer } = await joined({ reconnect: false }, { roles });
  const controller = new AbortController();
  const given = client.stream("a.p", [], {}, { signal: controller.signal });
  const lost = client.stream("a.p");
  await peer.next(MessageType.CALL);
  await peer.next(MessageType.CALL);
  const reason = new Error("changed my mind");
  controller.abort(reason);
  await expect(given.result).rejects.toMatchObject({ code: "aborted", cause: reason });
  await expect(client.stream("a.p", [], {}, { signal: controller.signal }).result).rejects.toMatchObject({
    code: "aborted",
    mayHaveRun: false,
  });
  peer.connection.terminate();
  await expect(read(lost)).rejects.toMatchObject({ code: "connection_lost", mayHaveRun: true });
  await expect(read(client.stream("a.p"))).rejects.toMatchObject({ mayHaveRun: false });
});

test("a stream waits for a session where that was asked for; leaving it before there is one sends nothing", async () => {
  const { client, peer, router, clock } = await joined({ offline: { ttl: 100_000, max: 5 } }, { roles });
  peer.connection.terminate();
  await settle();
  const [stays, goes] = [client.stream("a.p", [1]), client.stream("a.q")];
  await goes.return();
  await expect(goes.result).rejects.toMatchObject({ code: "aborted", mayHaveRun: false });
  clock.advance(60_000);
  const next = await router.join(8, { roles });
  expect((await next.next(MessageType.CALL)).uri).toBe("a.p");
  progress(next, 1, 1);
  next.send([MessageType.RESULT, 1, {}], [2]);
  expect(await read(stays)).toEqual([1]);
  expect((await stays.result).args).toEqual([2]);
  expect(next.unread).toBe(0);
});

test("an interim result that cannot be decoded cancels that call alone", async () => {
  const { client, peer } = await joined({}, { roles });
  const stream = client.stream("a.p");
  await peer.next(MessageType.CALL);
  const broken = {
    get args(): never {
      throw new Error("broken");
    },
  };
  peer.connection.send([MessageType.RESULT, 1, { progress: true }], broken as never);
  await expect(stream.result).rejects.toMatchObject({ code: "unserializable" });
  await peer.next(MessageType.CANCEL);
  expect(client.status).toBe("ready");
});

interface Sent {
  readonly id: number;
  readonly options: Dict;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

async function parts(peer: ScriptedPeer, count: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let n = 0; n < count; n++) {
    const { firstId: id, options, payload } = await peer.next(MessageType.CALL);
    sent.push({ id, options, args: payload.args, kwargs: payload.kwargs });
  }
  return sent;
}

test("arguments that come in parts go out as they come, under one id; what the generator returns is the last", async () => {
  const { client, peer } = await joined({}, { roles });
  const next = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const stream = client.stream(
    "a.upload",
    async function* (): AsyncGenerator<SentPart, SentPart> {
      yield ["one"];
      await next[0].promise;
      yield { args: ["two"], kwargs: { n: 2 } };
      await next[1].promise;
      return ["end"];
    }(),
    { name: "file", n: 1 },
    { disclose_me: true },
  );
  expect(await parts(peer, 1)).toEqual([{
    id: 1,
    options: { disclose_me: true, receive_progress: true, progress: true },
    args: ["one"],
    kwargs: { name: "file", n: 1 },
  }]);
  progress(peer, 1, 1);
  expect((await stream.next()).value.args).toEqual([1]);
  next[0].resolve();
  expect(await parts(peer, 1)).toEqual([{ id: 1, options: { progress: true }, args: ["two"], kwargs: { n: 2 } }]);
  const other = client.call("a.other");
  expect((await peer.next(MessageType.CALL)).firstId).toBe(2);
  next[1].resolve();
  expect(await parts(peer, 1)).toEqual([{ id: 1, options: {}, args: ["end"], kwargs: {} }]);
  peer.send([MessageType.RESULT, 2, {}], ["other"]);
  peer.send([MessageType.RESULT, 1, {}], ["done"]);
  expect([await other, (await stream.result).args]).toEqual(["other", ["done"]]);
  await settle();
  expect([peer.unread, client.session?.pending.calls]).toEqual([0, 0]);
});

test("parts of any async iterable end with an empty CALL; none at all is an ordinary call", async () => {
  const { client, peer } = await joined({}, { roles });
  const readable = new ReadableStream<SentPart>({
    start(controller) {
      controller.enqueue([1]);
      controller.close();
    },
  });
  const iterable: AsyncIterable<SentPart> = {
    [Symbol.asyncIterator]() {
      const reader = readable.getReader();
      return {
        next: () => reader.read() as Promise<IteratorResult<SentPart>>,
      };
    },
  };
  const stream = client.stream("a.p", iterable);
  expect(await parts(peer, 2)).toMatchObject([{ args: [1] }, { id: 1, options: {}, args: [], kwargs: {} }]);
  const none = client.stream("a.p", async function* () {}(), { k: 1 });
  expect(await parts(peer, 1)).toEqual([{ id: 2, options: { receive_progress: true }, args: [], kwargs: { k: 1 } }]);
  peer.send([MessageType.RESULT, 2, {}]);
  peer.send([MessageType.RESULT, 1, {}]);
  await Promise.all([stream.result, none.result]);
});

async function uploading(
  client: Client,
  peer: ScriptedPeer,
): Promise<{ readonly stream: CallStream; readonly ended: Promise<void>; readonly go: () => void }> {
  const [ended, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const stream = client.stream(
    "a.p",
    async function* () {
      try {
        yield [1];
        await go.promise;
        yield [2];
      } finally {
        ended.resolve();
      }
    }(),
  );
  await parts(peer, 1);
  return { stream, ended: ended.promise, go: () => go.resolve() };
}

test("a call that ends before all of its arguments were sent stops asking for them", async () => {
  const { client, peer } = await joined({}, { roles });
  const answered = await uploading(client, peer);
  peer.send([MessageType.RESULT, 1, {}], ["enough"]);
  expect((await answered.stream.result).args).toEqual(["enough"]);
  answered.go();
  await answered.ended;
  const left = await uploading(client, peer);
  await left.stream.return();
  await peer.next(MessageType.CANCEL);
  left.go();
  await left.ended;
  const lost = await uploading(client, peer);
  peer.connection.terminate();
  await expect(lost.stream.result).rejects.toMatchObject({ code: "connection_lost" });
  lost.go();
  await lost.ended;
  await settle();
  expect(peer.unread).toBe(0);
});

test("arguments that fail, or cannot be sent, end the call; the callee learns of it if it has begun", async () => {
  const { client, peer } = await joined({ serializers: [json] }, { roles }, json);
  const reason = new Error("disk on fire");
  const broken = client.stream(
    "a.p",
    async function* () {
      yield [1];
      throw reason;
    }(),
  );
  await parts(peer, 1);
  await peer.next(MessageType.CANCEL);
  await expect(broken.result).rejects.toMatchObject({ code: "aborted", mayHaveRun: true, cause: reason });
  let cleaned = 0;
  const sending = (part: unknown) =>
    client.stream(
      "a.p",
      async function* () {
        try {
          yield part as SentPart;
        } finally {
          cleaned += 1;
        }
      }(),
    );
  await expect(sending([() => {}]).result).rejects.toMatchObject({ code: "unserializable" });
  await expect(sending("text").result).rejects.toThrow(/a part of the arguments is "text", expected an array/);
  await expect(sending({ args: 1 }).result).rejects.toThrow(/args is 1, expected an array/);
  await settle();
  expect([cleaned, peer.unread, client.session?.pending.calls]).toEqual([3, 0, 0]);
  const call = client.call("a.p");
  expect((await peer.next(MessageType.CALL)).firstId).toBe(2);
  peer.send([MessageType.RESULT, 2, {}]);
  await call;
});

test("what goes along with the first part is encoded before that is asked for", async () => {
  const { client, peer } = await joined({ serializers: [json] }, { roles }, json);
  let asked = 0;
  const source: AsyncIterable<SentPart> = {
    [Symbol.asyncIterator]() {
      asked += 1;
      return { next: () => Promise.resolve({ value: undefined, done: true }) };
    },
  };
  const hook = (() => {}) as never;
  const refused = [client.stream("a.p", source, { hook }), client.stream("a.p", source, {}, { _hook: hook })];
  for (const { result } of refused) await expect(result).rejects.toMatchObject({ code: "unserializable" });
  await settle();
  expect([asked, peer.unread, client.session?.pending.calls]).toEqual([0, 0, 0]);
});

test("before its first part a call can be given up as any other, and close leaves none behind", async () => {
  const { client, peer, clock } = await joined({}, { roles });
  const never = () =>
    client.stream("a.p", { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }, {}, {
      timeout: 100,
    });
  const [left, late, closed] = [never(), never(), never()];
  await left.return();
  await expect(left.result).rejects.toMatchObject({ code: "aborted", mayHaveRun: false });
  expect(client.session?.pending.calls).toBe(2);
  void late;
  const gate = Promise.withResolvers<void>();
  const soon = client.stream(
    "a.p",
    async function* () {
      await gate.promise;
      yield [1];
    }(),
  );
  await soon.return();
  gate.resolve();
  await settle();
  expect([peer.unread, client.session?.pending.calls]).toEqual([0, 2]);
  const closing = client.close();
  await expect(closed.result).rejects.toMatchObject({ code: "closed", mayHaveRun: false });
  await peer.goodbye();
  await closing;
  expect([client.session?.pending.calls, clock.pending, peer.unread]).toEqual([undefined, 0, 0]);
});

test("parts are for routers that announce them", async () => {
  const { client, peer } = await joined();
  const stream = client.stream(
    "a.p",
    async function* () {
      yield [1];
    }(),
  );
  await expect(stream.result).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/"a\.p" in parts: the router does not announce progressive_call_invocations/),
  });
  expect(peer.unread).toBe(0);
});
