import { expect, expectTypeOf, inject, test } from "vitest";
import { CallError, connect, RemoteError, Result } from "@izaber/wamp";
import type {
  CallOptions,
  CallResult,
  Client,
  ClientOptions,
  EventDetails,
  InvocationDetails,
  PublishOptions,
  Trace,
  TracedOperation,
  WampValue,
} from "@izaber/wamp";
import { createClient as createLite } from "@izaber/wamp/lite";
import { MessageType } from "../../src/wire/message_type.ts";
import type { Dict } from "../../src/wire/values.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

/** What was traced: each operation, when it began and how it ended. */
function tracing(): { readonly trace: Trace; readonly log: string[]; readonly operations: TracedOperation[] } {
  const log: string[] = [];
  const operations: TracedOperation[] = [];
  const trace: Trace = async (operation, proceed) => {
    const name = `${operation.kind} ${operation.uri}`;
    operations.push(operation);
    log.push(`${name} begins`);
    try {
      const value = await proceed();
      log.push(`${name} gives ${JSON.stringify(value)}`);
    } catch (error) {
      log.push(`${name} fails: ${(error as { code?: string }).code ?? (error as Error).message}`);
      throw error;
    }
  };
  return { trace, log, operations };
}

const traced = (trace: Trace, options: Partial<ClientOptions> = {}): Promise<ScriptedClient> =>
  joined({ trace, ...options });

async function serving(client: Client, peer: ScriptedPeer, handler: () => unknown): Promise<void> {
  const made = [client.register("a.p", handler), client.subscribe("a.t", handler)];
  await peer.registered(5);
  await peer.subscribed(3);
  await Promise.all(made);
}

function result(peer: ScriptedPeer, request: number, value: WampValue, details: Dict = {}): void {
  peer.send([MessageType.RESULT, request, details], [value]);
}

test("call, callResult, rpc and stream are calls that end as they do, on a client and on a session", async () => {
  const { trace, log } = tracing();
  const { client, peer } = await traced(trace, { prefix: "com" });
  const { session } = client;
  const made: (() => Promise<unknown>)[] = [
    () => client.call("a", [1]),
    () => client.callResult(client.absolute("com.a")),
    () => client.rpc["a"]!(1),
    () => client.stream("a").result,
    () => session!.call("a"),
    () => session!.callResult("a"),
    () => session!.stream("a").result,
  ];
  for (const make of made) {
    const ended = make();
    expect(log.splice(0)).toEqual(["call com.a begins"]);
    const { firstId } = await peer.next(MessageType.CALL);
    result(peer, firstId, "x");
    const value = await ended;
    expect(log.splice(0)).toEqual([`call com.a gives ${JSON.stringify(value)}`]);
    expect(value === "x" || (value as CallResult).args[0] === "x").toBe(true);
  }
  const refused = client.call("a");
  peer.send([MessageType.ERROR, MessageType.CALL, (await peer.next(MessageType.CALL)).firstId, {}, "com.error"], [
    "no",
  ]);
  await expect(refused).rejects.toMatchObject({ code: "remote", uri: "com.error" });
  expect(log).toEqual(["call com.a begins", "call com.a fails: remote"]);
});

test("a publication ends when it is sent, or acknowledged where that was asked for", async () => {
  const { trace, log } = tracing();
  const { client, peer } = await traced(trace);
  expect(await client.publish("a.t")).toBe(undefined);
  expect(log.splice(0)).toEqual(["publish a.t begins", "publish a.t gives undefined"]);
  const published = client.session!.publish("a.t", [], {}, { acknowledge: true });
  await peer.next(MessageType.PUBLISH);
  const { firstId } = await peer.next(MessageType.PUBLISH);
  expect(log.splice(0)).toEqual(["publish a.t begins"]);
  peer.send([MessageType.PUBLISHED, firstId, 77]);
  expect(await published).toBe(77);
  expect(log).toEqual(["publish a.t gives 77"]);
});

test("what is put among the attributes before it goes, goes along, over what the options say", async () => {
  const seen: Dict[] = [];
  const { client, peer } = await traced(async ({ attributes }, proceed) => {
    seen.push({ ...attributes });
    attributes._traceparent = "00-1";
    const done = proceed();
    attributes._late = 1;
    await done;
  });
  const calls = [client.call("a.p"), client.call("a.p", [], {}, { _traceparent: "mine", _own: 1, disclose_me: true })];
  expect((await peer.next(MessageType.CALL)).options).toEqual({ _traceparent: "00-1" });
  expect((await peer.next(MessageType.CALL)).options).toEqual({ _traceparent: "00-1", _own: 1, disclose_me: true });
  const stream = client.stream("a.p", [], {}, { _own: 2 });
  expect((await peer.next(MessageType.CALL)).options).toMatchObject({ _traceparent: "00-1", _own: 2 });
  for (const id of [1, 2, 3]) result(peer, id, null);
  await Promise.all([...calls, stream.result]);
  await client.publish("a.t", [], {}, { retain: true });
  expect((await peer.next(MessageType.PUBLISH)).options).toEqual({ _traceparent: "00-1", retain: true });
  expect(seen.splice(0)).toEqual([{}, { _traceparent: "mine", _own: 1 }, { _own: 2 }, {}]);
  // Of what comes they are the program's to change as well, and go nowhere.
  await serving(client, peer, () => 1);
  peer.send([MessageType.EVENT, 3, 20, {}]);
  peer.send([MessageType.INVOCATION, 1, 5, { _own: 3 }]);
  expect((await peer.next(MessageType.YIELD)).options).toEqual({});
  expect(seen).toEqual([{}, { _own: 3 }]);
});

test("an attribute whose name does not begin with _ is refused, and so is whatever options were wrong before", async () => {
  const { client, peer } = await traced(async ({ attributes, uri }, proceed) => {
    if (uri === "a.wrong") (attributes as Dict as { traceparent: string }).traceparent = "00-1";
    else attributes._traceparent = "00-1";
    await proceed();
  });
  await expect(client.call("a.wrong")).rejects.toThrow('there is no option "traceparent"');
  for (const wrong of [[], 5, "x"]) {
    await expect(client.call("a.p", [], {}, wrong as never)).rejects.toThrow("expected a plain object");
    await expect(client.publish("a.p", [], {}, wrong as never)).rejects.toThrow("expected a plain object");
  }
  expect(peer.unread).toBe(0);
});

test("a URI that is none is refused as ever, and traced by nobody", async () => {
  const { trace, log } = tracing();
  const { client } = await traced(trace);
  for (const refused of [client.call("a b"), client.publish("a..b"), client.stream(5 as never).result]) {
    await expect(refused).rejects.toMatchObject({ code: "invalid_argument" });
  }
  expect(log).toEqual([]);
});

test("handlers of procedures and topics run inside, with what came, until they have finished", async () => {
  const { trace, log, operations } = tracing();
  const { client, peer } = await traced(trace);
  const gates: PromiseWithResolvers<unknown>[] = [];
  await serving(client, peer, () => {
    const gate = Promise.withResolvers<unknown>();
    gates.push(gate);
    return gate.promise;
  });
  peer.send([MessageType.INVOCATION, 1, 5, { _traceparent: "00-1", caller: 9, progress: false }], [1]);
  peer.send([MessageType.EVENT, 3, 20, { _traceparent: "00-2", topic: "a.t" }], [2]);
  await settle();
  expect(log.splice(0)).toEqual(["invocation a.p begins", "event a.t begins"]);
  expect(operations.map(({ attributes }) => attributes)).toEqual([{ _traceparent: "00-1" }, { _traceparent: "00-2" }]);
  const [invocation, event] = operations;
  if (invocation?.kind !== "invocation" || event?.kind !== "event") throw new Error("unexpected");
  expect(invocation.invocation).toMatchObject({ request: 1, registration: 5, caller: 9, session: client.session });
  expect(event.event).toMatchObject({ subscription: 3, publication: 20, args: [2] });
  expect(peer.unread).toBe(0);
  for (const gate of gates) gate.resolve("done");
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["done"]);
  await settle();
  expect(log.toSorted()).toEqual(['event a.t gives "done"', 'invocation a.p gives "done"']);
});

test("draining waits for the handler of an event that is traced", async () => {
  const gate = Promise.withResolvers<void>();
  const { client, peer } = await traced((_operation, proceed) => proceed());
  const made = client.subscribe("a.t", () => gate.promise);
  await peer.subscribed(3);
  await made;
  peer.send([MessageType.EVENT, 3, 20, {}]);
  await settle();
  const drained = client.drain();
  await peer.next(MessageType.UNSUBSCRIBE).then(({ firstId }) => peer.send([MessageType.UNSUBSCRIBED, firstId]));
  await settle();
  expect(peer.unread).toBe(0);
  gate.resolve();
  await peer.goodbye();
  await drained;
});

test("handlers that fail do so inside, and are answered and reported as ever", async () => {
  const { trace, log } = tracing();
  const { client, peer } = await traced(trace);
  const reported: unknown[] = [];
  client.on("error", (error, { during, uri }) => reported.push([(error as Error).message, during, uri]));
  await serving(client, peer, () => {
    throw new TypeError("broken");
  });
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  peer.send([MessageType.EVENT, 3, 20, {}]);
  const error = await peer.next(MessageType.ERROR);
  expect([error.uri, error.payload.args]).toEqual(["wamp.error.runtime_error", ["broken"]]);
  await settle();
  const failed = log.filter((line) => line.includes("fails")).toSorted();
  expect(failed).toEqual(["event a.t fails: broken", "invocation a.p fails: broken"]);
  expect(reported).toHaveLength(2);
  expect(reported).toEqual(expect.arrayContaining([["broken", "procedure", "a.p"], ["broken", "event", "a.t"]]));
});

test("an async generator runs inside to its end, and its progress goes out meanwhile", async () => {
  const { trace, log } = tracing();
  const { client, peer } = await traced(trace);
  const gate = Promise.withResolvers<void>();
  await serving(client, peer, async function* () {
    log.push("runs");
    yield new Result([1], {}, { _step: 1 });
    await gate.promise;
    return new Result([2], {}, { _last: true });
  });
  peer.send([MessageType.INVOCATION, 1, 5, { receive_progress: true }]);
  expect((await peer.next(MessageType.YIELD)).options).toEqual({ progress: true, _step: 1 });
  expect(log).toEqual(["invocation a.p begins", "runs"]);
  gate.resolve();
  expect((await peer.next(MessageType.YIELD)).options).toEqual({ _last: true });
  expect(log.at(-1)).toMatch("invocation a.p gives");
});

test("several handlers of one topic are traced each, and those of a session as those of a client", async () => {
  const { trace, log } = tracing();
  const { client, peer } = await traced(trace);
  const got: string[] = [];
  const { session } = client;
  const made = [
    client.subscribe("a.t", () => got.push("client")),
    session!.subscribe("a.t", () => got.push("session")),
    session!.register("a.p", () => "session"),
  ];
  await peer.subscribed(3);
  await peer.registered(5);
  await Promise.all(made);
  peer.send([MessageType.EVENT, 3, 20, {}]);
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual(["session"]);
  expect(got.toSorted()).toEqual(["client", "session"]);
  expect(log.filter((line) => line.endsWith("begins"))).toEqual([
    "event a.t begins",
    "event a.t begins",
    "invocation a.p begins",
  ]);
});

test("what a join listener makes and calls on its session is traced, and again in the next session", async () => {
  const { trace, log } = tracing();
  const { client, router, clock } = scripted({ trace });
  client.on("join", async (session) => {
    await session.call("a.p");
  });
  void client.open();
  for (let time = 0; time < 2; time++) {
    const ready = Promise.withResolvers<unknown>();
    const forget = client.on("ready", ready.resolve);
    const peer = await router.join();
    result(peer, (await peer.next(MessageType.CALL)).firstId, 1);
    await ready.promise;
    forget();
    expect(log.splice(0)).toEqual(["call a.p begins", "call a.p gives 1"]);
    peer.connection.terminate();
    await settle();
    clock.advance(60_000);
  }
});

test("what is refused since there is no session is traced, and so is what waits for one", async () => {
  const { trace, log } = tracing();
  const { client } = scripted({ trace });
  await expect(client.call("a.p")).rejects.toBeInstanceOf(CallError);
  await expect(client.stream("a.p").result).rejects.toMatchObject({ code: "not_connected" });
  await expect(client.publish("a.t")).rejects.toMatchObject({ code: "not_connected" });
  expect(log.splice(0)).toEqual([
    "call a.p begins",
    "call a.p fails: not_connected",
    "call a.p begins",
    "call a.p fails: not_connected",
    "publish a.t begins",
    "publish a.t fails: not_connected",
  ]);

  const own: Trace = async (operation, proceed) => {
    operation.attributes._traceparent = "00-1";
    await trace(operation, proceed);
  };
  const offline = { ttl: 10_000, max: 10 };
  const waiting = scripted({ trace: own, offline, timeout: 5_000, prefix: "com" });
  const opened = waiting.client.open();
  const asked: Promise<unknown>[] = [
    waiting.client.call("a.p", [], {}, { _own: 1 }),
    waiting.client.callResult("a.p"),
    waiting.client.stream("a.p").result,
    waiting.client.publish("a.t", [], {}, { retain: true }),
  ];
  expect(log.splice(0)).toEqual([
    "call com.a.p begins",
    "call com.a.p begins",
    "call com.a.p begins",
    "publish com.a.t begins",
  ]);
  await settle();
  waiting.clock.advance(1_000);
  const peer = await waiting.router.join(7, { roles: { broker: {}, dealer: { features: { call_timeout: true } } } });
  const sent = [];
  for (const type of [MessageType.CALL, MessageType.CALL, MessageType.CALL, MessageType.PUBLISH]) {
    const head = await peer.next(type);
    sent.push(head.options);
    if (type === MessageType.CALL) result(peer, head.firstId, "x");
  }
  expect(sent).toEqual([
    { _own: 1, _traceparent: "00-1", timeout: 4_000 },
    { _traceparent: "00-1", timeout: 4_000 },
    // Its time is from one step to the next.
    { _traceparent: "00-1", timeout: 5_000 },
    { retain: true, _traceparent: "00-1" },
  ]);
  await Promise.all([opened, ...asked]);
  expect(log.filter((line) => line.endsWith("begins"))).toEqual([]);
  expect(log).toHaveLength(4);
});

test("a sign of life that the client asks for by itself is not traced", async () => {
  const { trace, log } = tracing();
  const { client, peer } = await joined({ trace, liveness: {} });
  client.reconnect();
  result(peer, (await peer.next(MessageType.CALL)).firstId, 1);
  await settle();
  expect([log, client.status]).toEqual([[], "ready"]);
});

test.each<[string, Trace]>([
  ["throws", () => {
    throw new Error("mine");
  }],
  ["rejects", () => Promise.reject(new Error("mine"))],
  ["throws when it has proceeded", (_operation, proceed) => {
    void proceed();
    throw new Error("mine");
  }],
])("one that %s fails what it traces", async (name, trace) => {
  const { client, peer } = await traced(trace);
  const reported: unknown[] = [];
  client.on("error", (error, { during }) => reported.push([(error as Error).message, during]));
  const ran: unknown[] = [];
  await serving(client, peer, () => ran.push(1));
  const proceeds = name.includes("proceeded");
  await expect(client.call("a.p")).rejects.toThrow("mine");
  await expect(client.publish("a.t")).rejects.toThrow("mine");
  if (proceeds) {
    // Nobody hears of it any more, which is no uncaught error.
    peer.send([MessageType.ERROR, MessageType.CALL, (await peer.next(MessageType.CALL)).firstId, {}, "a.error"]);
    await peer.next(MessageType.PUBLISH);
  }
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  expect((await peer.next(MessageType.ERROR)).payload.args).toEqual(["mine"]);
  peer.send([MessageType.EVENT, 3, 20, {}]);
  await settle();
  expect(reported).toEqual([["mine", "procedure"], ["mine", "event"]]);
  expect(ran).toHaveLength(proceeds ? 2 : 0);
  expect(peer.unread).toBe(0);
});

test("one that does not proceed is told so, and nothing is done, then or later", async () => {
  const late: (() => Promise<unknown>)[] = [];
  const { client, peer } = await traced((_operation, proceed) => void late.push(proceed));
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push((error as Error).message));
  const ran: unknown[] = [];
  await serving(client, peer, () => ran.push(1));
  const text = (uri: string) =>
    `Cannot trace "${uri}": the option trace has to call proceed() before it waits for anything`;
  await expect(client.call("a.p")).rejects.toMatchObject({ code: "invalid_argument", message: text("a.p") });
  await expect(client.publish("a.t")).rejects.toMatchObject({ code: "invalid_argument", message: text("a.t") });
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  expect((await peer.next(MessageType.ERROR)).payload.args).toEqual([text("a.p")]);
  peer.send([MessageType.EVENT, 3, 20, {}]);
  await settle();
  expect(reported).toEqual([text("a.p"), text("a.t")]);
  expect(late).toHaveLength(4);
  for (const proceed of late) await expect(proceed()).rejects.toMatchObject({ code: "invalid_argument" });
  await settle();
  expect([ran, peer.unread]).toEqual([[], 0]);
});

test("one that proceeds twice, waits for nothing or gives something else changes nothing", async () => {
  const { client, peer } = await traced((_operation, proceed) => {
    void proceed();
    void proceed();
    return Promise.resolve("something else");
  });
  const called = client.call("a.p");
  result(peer, (await peer.next(MessageType.CALL)).firstId, "x");
  expect(await called).toBe("x");
  const refused = client.call("a.p");
  peer.send([MessageType.ERROR, MessageType.CALL, (await peer.next(MessageType.CALL)).firstId, {}, "a.error"]);
  await expect(refused).rejects.toBeInstanceOf(RemoteError);
  let ran = 0;
  await serving(client, peer, () => ++ran);
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([1]);
  expect([ran, peer.unread]).toEqual([1, 0]);
});

test("the operation ends no sooner than what traces it", async () => {
  const gate = Promise.withResolvers<void>();
  const { client, peer } = await traced(async (_operation, proceed) => {
    await proceed().catch(() => {});
    await gate.promise;
  });
  let ended = false;
  const called = client.call("a.p").finally(() => ended = true);
  peer.send([MessageType.ERROR, MessageType.CALL, (await peer.next(MessageType.CALL)).firstId, {}, "a.error"]);
  await settle();
  expect(ended).toBe(false);
  gate.resolve();
  await expect(called).rejects.toMatchObject({ uri: "a.error" });
});

test("it has to be a function; ./lite takes it, too, and a second client has it as the first", async () => {
  expect(() => scripted({ trace: "yes" as never })).toThrow("trace");
  const { trace, log } = tracing();
  const { router } = scripted();
  const lite = createLite(router, { realm: "realm1", trace });
  await expect(lite.call("a.p")).rejects.toMatchObject({ code: "not_connected" });
  expect(log.splice(0)).toEqual(["call a.p begins", "call a.p fails: not_connected"]);
  const { client, router: other, peer } = await traced(trace);
  const spawned = client.spawnConnection();
  const second = await other.join();
  await (await spawned).publish("a.t");
  await second.next(MessageType.PUBLISH);
  expect([log[0], peer.unread]).toEqual(["publish a.t begins", 0]);
});

test("over a router the context of a trace goes from caller to callee and from publisher to subscriber", async () => {
  const uri = `com.example.traced.${crypto.randomUUID()}`;
  const { trace, log } = tracing();
  const sending: Trace = async (operation, proceed) => {
    if (operation.kind === "call" || operation.kind === "publish") operation.attributes._traceparent = "00-1";
    await trace(operation, proceed);
  };
  const options = { realm: "realm1", trace: sending };
  await using caller = await connect(inject("routerUrl"), options);
  await using callee = await connect(inject("routerUrl"), options);
  const heard = Promise.withResolvers<WampValue>();
  await callee.register(uri, (_args, _kwargs, call) => {
    if (call.details._fail === true) throw new RemoteError("com.example.error", [], {}, { _why: "asked" });
    return new Result([call.details._traceparent], {}, { _answer: 1 });
  });
  await callee.subscribe(uri, (_args, _kwargs, event) => heard.resolve(event.details._traceparent));
  const { args, details } = await caller.callResult(uri, [], {}, { _x: [1] });
  expect([args, details._answer]).toEqual([["00-1"], 1]);
  await expect(caller.call(uri, [], {}, { _fail: true })).rejects.toMatchObject({ details: { _why: "asked" } });
  await caller.publish(uri, [], {}, { acknowledge: true });
  expect(await heard.promise).toBe("00-1");
  expect(log.filter((line) => line.endsWith("begins")).map((line) => line.split(" ")[0])).toEqual(
    ["call", "invocation", "call", "invocation", "publish", "event"],
  );
});

test("attributes of a program's own are written and read without a cast", () => {
  const call: CallOptions = { timeout: 1, _traceparent: "00-1", _more: { deep: [1] } };
  const publish: PublishOptions = { retain: true, _traceparent: "00-1" };
  const result = new Result([1], {}, { _traceparent: "00-1" });
  expectTypeOf(call._traceparent).toEqualTypeOf<WampValue>();
  expectTypeOf(publish._traceparent).toEqualTypeOf<WampValue>();
  expectTypeOf(result.options._traceparent).toEqualTypeOf<WampValue>();
  expectTypeOf<InvocationDetails["_traceparent"]>().toEqualTypeOf<WampValue>();
  expectTypeOf<EventDetails["_traceparent"]>().toEqualTypeOf<WampValue>();
  expectTypeOf<CallResult["details"]["_traceparent"]>().toEqualTypeOf<WampValue>();
  expectTypeOf<TracedOperation["attributes"]["_traceparent"]>().toEqualTypeOf<WampValue>();
  // @ts-expect-error: a name of WAMP's is not for programs
  const wrong: CallOptions = { traceparent: "00-1" };
  expect(wrong).toEqual({ traceparent: "00-1" });
});
