import { expect, test } from "vitest";
import { json, RemoteError, Result } from "@izaber/wamp";
import type { Client, Invocation, ProcedureHandler, WampError } from "@izaber/wamp";
import type { Head } from "../../src/codec/head.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import type { Args, Dict } from "../../src/wire/values.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";
import { joined } from "../support/scripted_client.ts";

async function serve(client: Client, peer: ScriptedPeer, handler: ProcedureHandler): Promise<void> {
  const registered = client.register("com.example.p", handler);
  await peer.registered(5);
  await registered;
}

function invoke(peer: ScriptedPeer, id: number, args: Args = [], kwargs: Dict = {}, details: Dict = {}): void {
  peer.send([MessageType.INVOCATION, id, 5, details], args, kwargs);
}

async function answer(handler: ProcedureHandler): Promise<Head> {
  const { client, peer } = await joined();
  await serve(client, peer, handler);
  invoke(peer, 1, [1, 2], { n: 3 });
  return await peer.next(MessageType.YIELD);
}

test("what a handler returns becomes the YIELD: one value, nothing, or a Result", async () => {
  const cases: [ProcedureHandler, Args, Dict][] = [
    [() => "text", ["text"], {}],
    [() => undefined, [], {}],
    [() => null, [null], {}],
    [() => [1, 2], [[1, 2]], {}],
    [() => ({ a: 1 }), [{ a: 1 }], {}],
    [() => new Result([1, 2], { k: 3 }), [1, 2], { k: 3 }],
    [async () => await Promise.resolve("later"), ["later"], {}],
    [([a, b]: [number, number], { n }: { n: number }) => a + b + n, [6], {}],
  ];
  for (const [handler, args, kwargs] of cases) {
    const head = await answer(handler);
    expect([head.payload.args, head.payload.kwargs]).toEqual([args, kwargs]);
  }
});

test("a handler learns who calls what, as far as the router says", async () => {
  const { client, peer } = await joined();
  const seen = Promise.withResolvers<Invocation>();
  const registered = client.register("com.example.", (_args, _kwargs, call) => seen.resolve(call), { match: "prefix" });
  const head = await peer.registered(5);
  expect(head.options).toEqual({ match: "prefix" });
  await registered;
  const details = { caller: 11, caller_authid: "joe", caller_authrole: "frontend", procedure: "com.example.there" };
  invoke(peer, 1, [], {}, details);
  const call = await seen.promise;
  expect(call).toMatchObject({ request: 1, registration: 5, ...details, details, receiveProgress: false });
  expect(call.session).toBe(client.session);
});

test("a RemoteError goes out as it is; any other error as runtime_error, and is reported", async () => {
  const { client, peer } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error, context) => reported.push([(error as Error).message, context]));
  const throws: unknown[] = [
    new RemoteError("com.example.error", ["sold out"], { seat: 1 }),
    new TypeError("broken"),
  ];
  await serve(client, peer, ([index]: [number]) => {
    throw throws[index];
  });
  invoke(peer, 1, [0]);
  const remote = await peer.next(MessageType.ERROR);
  expect([remote.requestType, remote.firstId, remote.uri]).toEqual([MessageType.INVOCATION, 1, "com.example.error"]);
  expect([remote.payload.args, remote.payload.kwargs]).toEqual([["sold out"], { seat: 1 }]);
  expect(reported).toEqual([]);
  invoke(peer, 2, [1]);
  const local = await peer.next(MessageType.ERROR);
  expect([local.uri, local.payload.args]).toEqual(["wamp.error.runtime_error", ["broken"]]);
  expect(reported).toEqual([["broken", { during: "procedure", uri: "com.example.p" }]]);
});

test("what is thrown and cannot even be looked at is answered with an ERROR and reported, and nothing goes on running", async () => {
  const { client, peer } = await joined({ errors: { "com.example.bound": class Bound extends Error {} } });
  const reported: unknown[] = [];
  client.on("error", (error, context) => reported.push([error instanceof Error, context]));
  const fails = (): never => {
    throw new Error("a trap");
  };
  const things: (() => unknown)[] = [
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    () => new Proxy({}, { getPrototypeOf: fails }),
    () => new Proxy(new Error("a proxy"), { get: fails, has: fails }),
    () => Object.defineProperty(new RemoteError("com.example.error"), "name", { get: fails }),
    () => Object.defineProperty(new RemoteError("com.example.error"), "uri", { get: fails }),
    () => Object.defineProperty(new RemoteError("com.example.error"), "args", { get: fails }),
  ];
  const unreadable = new Proxy({}, { has: (_target, name) => name === Symbol.asyncIterator && fails() });
  await serve(client, peer, ([index, how]: [number, string]) => {
    const thing = things[index]?.();
    // deno-lint-ignore require-yield
    const generate = async function* () {
      throw thing;
    };
    if (how === "generator") return generate();
    if (how === "return") return Promise.resolve(unreadable);
    if (how === "promise") return Promise.reject(thing);
    throw thing;
  });
  let id = 0;
  for (const how of ["throw", "promise", "generator"]) {
    for (const index of things.keys()) {
      invoke(peer, ++id, [index, how]);
      const head = await peer.next(MessageType.ERROR);
      const uri = index === 5 ? "com.example.error" : "wamp.error.runtime_error";
      expect([head.firstId, head.uri, typeof head.payload.args[0]]).toEqual([id, uri, "string"]);
    }
  }
  const context = { during: "procedure", uri: "com.example.p" };
  expect(reported).toEqual(Array(3 * things.length).fill([true, context]));
  invoke(peer, ++id, [0, "return"]);
  expect((await peer.next(MessageType.ERROR)).payload.args).toEqual(["a trap"]);
  expect(client.session?.pending).toMatchObject({ invocations: 0 });
});

test("a result that cannot be sent becomes an ERROR of that invocation", async () => {
  const { client, peer } = await joined({ serializers: [json] }, {}, json);
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  await serve(client, peer, ([kind]: [string]) => {
    if (kind === "error") throw new RemoteError("com.example.error", [(() => {}) as never]);
    return kind === "function" ? () => {} : kind === "result" ? new Result("no" as never) : "good";
  });
  invoke(peer, 1, ["function"]);
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.runtime_error");
  invoke(peer, 2, ["result"]);
  expect((await peer.next(MessageType.ERROR)).payload.args[0]).toContain("expected an array");
  invoke(peer, 3, ["error"]);
  expect((await peer.next(MessageType.ERROR)).uri).toBe("com.example.error");
  invoke(peer, 4, ["good"]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["good"]);
  expect(reported).toHaveLength(3);
});

test("an async generator streams if the caller wants it, and ends with what it returns", async () => {
  const { client, peer } = await joined();
  await serve(client, peer, async function* (_args, _kwargs, call) {
    yield 1;
    await call.progress(["by hand"], { k: 1 });
    yield new Result([2], { k: 2 });
    return "end";
  });
  invoke(peer, 1, [], {}, { receive_progress: true });
  const got: unknown[] = [];
  for (let n = 0; n < 4; n++) {
    const head = await peer.next(MessageType.YIELD);
    got.push([head.options.progress === true, head.payload.args, head.payload.kwargs]);
  }
  expect(got).toEqual([
    [true, [1], {}],
    [true, ["by hand"], { k: 1 }],
    [true, [2], { k: 2 }],
    [false, ["end"], {}],
  ]);
  invoke(peer, 2);
  const only = await peer.next(MessageType.YIELD);
  expect([only.firstId, only.options, only.payload.args]).toEqual([2, {}, ["end"]]);
});

test("what gives its values one after another streams as a generator does", async () => {
  const { client, peer } = await joined();
  let ended = 0;
  class Steps {
    async *[Symbol.asyncIterator]() {
      try {
        yield 1;
        yield 2;
      } finally {
        ended += 1;
      }
      return "end";
    }
  }
  await serve(
    client,
    peer,
    (([how]: [string]) => {
      if (how === "class") return new Steps();
      if (how === "promise") return Promise.resolve(new Steps());
      // As few as an iterator may have: no return().
      let n = 0;
      return { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: ++n, done: n === 3 }) }) };
    }) as never,
  );
  for (const [how, last] of [["class", "end"], ["promise", "end"], ["bare", 3]] as const) {
    invoke(peer, 1, [how], {}, { receive_progress: true });
    const got: unknown[] = [];
    for (let n = 0; n < 3; n++) {
      const head = await peer.next(MessageType.YIELD);
      got.push([head.options.progress === true, ...head.payload.args]);
    }
    expect(got).toEqual([[true, 1], [true, 2], [false, last]]);
  }
  expect(ended).toBe(2);
  invoke(peer, 4, ["class"]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["end"]);
});

test("a generator that yields what cannot be sent is ended, its finally included", async () => {
  const { client, peer } = await joined({ serializers: [json] }, {}, json);
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  let ended = false;
  await serve(client, peer, async function* () {
    try {
      yield () => {};
      yield await Promise.resolve("never");
    } finally {
      ended = true;
    }
  });
  invoke(peer, 1, [], {}, { receive_progress: true });
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.runtime_error");
  expect([ended, reported]).toMatchObject([true, [{ code: "unserializable" }]]);
});

test("INTERRUPT aborts the signal; killnowait wants no answer, kill does", async () => {
  const { client, peer } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  const begun: Invocation[] = [];
  await serve(client, peer, (_args, _kwargs, call) => {
    begun.push(call);
    return new Promise((_, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason)));
  });
  invoke(peer, 1);
  invoke(peer, 2);
  await settle();
  peer.send([MessageType.INTERRUPT, 99, { mode: "kill" }]);
  peer.send([MessageType.INTERRUPT, 1, { mode: "killnowait" }]);
  peer.send([MessageType.INTERRUPT, 2, { mode: "kill" }]);
  const head = await peer.next(MessageType.ERROR);
  expect([head.firstId, head.uri]).toEqual([2, "wamp.error.canceled"]);
  await settle();
  expect(peer.unread).toBe(0);
  expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  expect(reported).toEqual([]);
  expect(client.session?.pending.invocations).toBe(0);
});

test("an interrupted generator is ended, its finally included", async () => {
  const { client, peer } = await joined();
  let cleaned = 0;
  const step = Promise.withResolvers<void>();
  await serve(client, peer, async function* () {
    try {
      yield 1;
      await step.promise;
      yield 2;
      yield 3;
    } finally {
      cleaned += 1;
    }
  });
  invoke(peer, 1, [], {}, { receive_progress: true });
  await peer.next(MessageType.YIELD);
  peer.send([MessageType.INTERRUPT, 1, { mode: "kill" }]);
  await settle();
  step.resolve();
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.canceled");
  expect(cleaned).toBe(1);
});

test("a lost session aborts what runs, and its late answer reaches nobody", async () => {
  const { client, peer, router, clock } = await joined();
  const gate = Promise.withResolvers<string>();
  let signal: AbortSignal | undefined;
  await serve(client, peer, (_args, _kwargs, call) => {
    signal = call.signal;
    return gate.promise;
  });
  invoke(peer, 1);
  await settle();
  peer.connection.terminate();
  await settle();
  expect(signal?.aborted).toBe(true);
  clock.advance(60_000);
  const next = await router.join(8);
  await next.registered(6);
  gate.resolve("late");
  await settle();
  expect(next.unread).toBe(0);
});

test("after unregister no call is taken; one that crosses is answered with unavailable", async () => {
  const { client, peer } = await joined();
  let served = 0;
  const registering = client.register("com.example.p", () => ++served);
  await peer.registered(5);
  const registration = await registering;
  expect([registration.id, registration.active]).toEqual([5, true]);
  const leaving = registration.unregister();
  const request = await peer.next(MessageType.UNREGISTER);
  expect(registration.active).toBe(false);
  invoke(peer, 1);
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.unavailable");
  peer.send([MessageType.UNREGISTERED, request.firstId]);
  await leaving;
  await registration.unregister();
  expect([served, peer.unread]).toEqual([0, 0]);
});

test("a registration that the router takes away becomes inactive, and says so", async () => {
  const { client, peer, router, clock } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  const registering = client.register("com.example.p", () => 1);
  await peer.registered(5);
  const registration = await registering;
  peer.send([MessageType.UNREGISTERED, 0, { registration: 5, reason: "wamp.error.unregistered" }]);
  await settle();
  expect(registration.active).toBe(false);
  expect(reported).toMatchObject([{ code: "revoked", message: expect.stringContaining("com.example.p") }]);
  peer.connection.terminate();
  await settle();
  clock.advance(60_000);
  const next = await router.join(8);
  await settle();
  expect([client.status, next.unread]).toEqual(["ready", 0]);
});

test("whatever a handler throws is answered with an ERROR that can be sent", async () => {
  const unhandled: unknown[] = [];
  const { client, peer } = await joined();
  client.on("error", (error) => unhandled.push(error));
  const thrown: unknown[] = [
    Object.create(null),
    Object.assign(new Error(), { message: { not: "text" } }),
    Symbol("symbol"),
    undefined,
    new Error("half \ud800 a character"),
    Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("no");
      },
    }),
    new RemoteError("not a URI", ["why"]),
    new RemoteError("com.example.error", 5 as never),
  ];
  let next = 0;
  for (const later of [false, true]) {
    next = 0;
    const uri = `a.p${later}`;
    const registering = client.register(uri, () => {
      const error = thrown[next++];
      if (later) return Promise.reject(error);
      throw error;
    });
    const id = later ? 6 : 5;
    await peer.registered(id);
    const registration = await registering;
    const answers: unknown[] = [];
    for (let n = 0; n < thrown.length; n++) {
      peer.send([MessageType.INVOCATION, n + (later ? 101 : 1), id, {}]);
      const { uri, payload } = await peer.next(MessageType.ERROR);
      answers.push([uri, typeof payload.args[0]]);
    }
    expect(answers).toEqual([
      ...Array(7).fill(["wamp.error.runtime_error", "string"]),
      ["com.example.error", "string"],
    ]);
    expect(client.session?.pending.invocations).toBe(0);
    expect(registration.active).toBe(true);
  }
  expect(unhandled).toHaveLength(16);
});

test("a handler reads the arguments part by part, the first included, and answers meanwhile", async () => {
  const { client, peer } = await joined();
  await serve(client, peer, async function* (args, _kwargs, call) {
    yield ["begun with", args[0]];
    let sum = 0;
    for await (const part of call.input) {
      sum += part.args[0] as number;
      yield new Result([sum], part.kwargs);
    }
    return sum;
  });
  const more = { progress: true, receive_progress: true, caller: 9 };
  invoke(peer, 1, [1], {}, more);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([["begun with", 1]]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([1]);
  invoke(peer, 1, [2], { k: 2 }, more);
  const second = await peer.next(MessageType.YIELD);
  expect([second.payload.args, second.payload.kwargs]).toEqual([[3], { k: 2 }]);
  invoke(peer, 1, [3], {}, {});
  expect((await peer.next(MessageType.YIELD)).options).toEqual({ progress: true });
  const last = await peer.next(MessageType.YIELD);
  expect([last.options, last.payload.args]).toEqual([{}, [6]]);
  expect(client.session?.pending.invocations).toBe(0);
});

test("an ordinary call is one part; an empty last part is only the end", async () => {
  const { client, peer } = await joined();
  await serve(client, peer, async (_args, _kwargs, call) => {
    const parts: unknown[] = [];
    for await (const { args, kwargs } of call.input) parts.push([args, kwargs]);
    return parts;
  });
  invoke(peer, 1, [1], { k: 1 });
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([[[[1], { k: 1 }]]]);
  invoke(peer, 2);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([[[[], {}]]]);
  invoke(peer, 3, [1], {}, { progress: true });
  invoke(peer, 3, [], {}, { progress: true });
  invoke(peer, 3);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([[[[1], {}], [[], {}]]]);
});

test("what comes of an invocation that has been answered is for nobody", async () => {
  const { client, peer } = await joined();
  let begun = 0;
  await serve(client, peer, ([value]) => {
    begun += 1;
    if (value === "fail") throw new RemoteError("com.example.error");
    return value;
  });
  invoke(peer, 1, ["enough"], {}, { progress: true });
  await peer.next(MessageType.YIELD);
  invoke(peer, 1, ["more"], {}, { progress: true });
  invoke(peer, 1, ["last"]);
  invoke(peer, 2, ["fail"], {}, { progress: true });
  await peer.next(MessageType.ERROR);
  invoke(peer, 2, ["more"], {}, { progress: true });
  await settle();
  expect([begun, peer.unread]).toEqual([2, 0]);
  // One that is over altogether is not remembered.
  invoke(peer, 1, ["another"]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["another"]);
  peer.send([MessageType.INVOCATION, 7, 99, { progress: true }], [1]);
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.unavailable");
  peer.send([MessageType.INVOCATION, 7, 99, {}], [2]);
  await settle();
  expect(peer.unread).toBe(0);
});

test("a handler that waits for more learns that the caller gave up, or that the session is lost", async () => {
  const { client, peer } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  const ended: unknown[] = [];
  await serve(client, peer, async (_args, _kwargs, call) => {
    try {
      for await (const _ of call.input);
    } catch (error) {
      ended.push(error === call.signal.reason);
      throw error;
    }
  });
  invoke(peer, 1, [1], {}, { progress: true });
  invoke(peer, 2, [1], {}, { progress: true });
  await settle();
  peer.send([MessageType.INTERRUPT, 1, { mode: "kill" }]);
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.canceled");
  peer.connection.terminate();
  await settle();
  expect([ended, reported.filter((error) => (error as Error).name === "RemoteError")]).toEqual([[true, true], []]);
});

test("a handler that reads no more of its input drops the rest of it", async () => {
  const { client, peer } = await joined();
  await serve(client, peer, async (_args, _kwargs, call) => {
    for await (const { args } of call.input) if (args[0] === 2) break;
    const after: unknown[] = [];
    for await (const part of call.input) after.push(part);
    return after;
  });
  invoke(peer, 1, [1], {}, { progress: true });
  invoke(peer, 1, [2], {}, { progress: true });
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([[]]);
  invoke(peer, 1, [3], {}, { progress: true });
  invoke(peer, 1, []);
  await settle();
  expect(peer.unread).toBe(0);
});

test("one part alone may be larger than what is kept of many", async () => {
  const { client, peer } = await joined({ serializers: [json] }, {}, json);
  await serve(client, peer, async (_args, _kwargs, call) => {
    const lengths: number[] = [];
    for await (const { args } of call.input) lengths.push(String(args[0]).length);
    return lengths;
  });
  invoke(peer, 1, ["x".repeat(17_000_000)], {}, { progress: true });
  await settle();
  invoke(peer, 1, ["y"]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([[17_000_000, 1]]);
});

test("what a handler does not read is bounded; more of it ends that call alone", async () => {
  const { client, peer } = await joined({ serializers: [json] }, {}, json);
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  let signal: AbortSignal | undefined;
  const outcomes: string[] = [];
  const gate = Promise.withResolvers<void>();
  await serve(client, peer, async (_args, _kwargs, call) => {
    signal = call.signal;
    await gate.promise;
    try {
      for await (const _ of call.input);
      outcomes.push("read");
    } catch (error) {
      outcomes.push((error as WampError).code);
      throw error;
    }
  });
  const chunk = "x".repeat(5_000_000);
  for (const last of [false, true]) {
    const id = last ? 2 : 1;
    for (let n = 0; n < 3; n++) invoke(peer, id, [chunk], {}, { progress: true });
    invoke(peer, id, [chunk], {}, { progress: !last });
    const refused = await peer.next(MessageType.ERROR);
    expect([refused.firstId, refused.uri]).toEqual([id, "wamp.error.unavailable"]);
    expect(signal?.aborted).toBe(true);
  }
  invoke(peer, 1, [chunk], {}, { progress: true });
  gate.resolve();
  await settle();
  // Neither handler takes what it got for all of it.
  expect([outcomes, peer.unread, client.session?.pending.invocations, reported]).toEqual([
    ["overflow", "overflow"],
    0,
    0,
    [],
  ]);
});
