import { expect, expectTypeOf, test } from "vitest";
import { createClient, kwargs, Result } from "@izaber/wamp";
import type { AnyClient, Args, CallResult, Client, Dict, Kwargs, TypedClient } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { ScriptedRouter, settle } from "../support/scripted_router.ts";

interface Row {
  readonly id: number;
}

interface Shop {
  procedures: {
    "math.add": { args: [number, number]; result: number };
    "math": { result: string };
    "rows.find": { args: [filter?: string]; kwargs: { limit?: number }; result: Row[]; progress: [Row] };
    "rows.put": { args: [Row]; kwargs: { by: string } };
    "rows.sum": { args: number[]; result: number };
  };
  topics: {
    "rows.changed": { args: [Row]; kwargs: { by?: string } };
    "rows.cleared": object;
  };
}

async function open() {
  const router = new ScriptedRouter();
  const client = createClient<Shop>(router, { realm: "realm1" });
  const opened = client.open();
  const features = { progressive_call_results: true, progressive_call_invocations: true };
  const peer = await router.join(7, { roles: { broker: {}, dealer: { features } } });
  await opened;
  return { client, peer };
}

test("calls take what the interface says, and give it", async () => {
  const { client, peer } = await open();
  const sum = client.call("math.add", [1, 2]);
  expectTypeOf(sum).toEqualTypeOf<Promise<number>>();
  const title = client.call("math");
  expectTypeOf(title).toEqualTypeOf<Promise<string>>();
  const found = client.callResult("rows.find", ["x"], { limit: 3 }, { timeout: 0 });
  expectTypeOf(found).toEqualTypeOf<Promise<CallResult<readonly [Row[], ...Args]>>>();
  const put = client.call("rows.put", [{ id: 1 }], { by: "joe" });
  expectTypeOf(put).toEqualTypeOf<Promise<undefined>>();
  const added = client.rpc.math.add(3, 4);
  expectTypeOf(added).toEqualTypeOf<Promise<number>>();
  expectTypeOf(client.rpc.math()).toEqualTypeOf<Promise<string>>();
  expectTypeOf(client.rpc.rows.find("x", kwargs({ limit: 1 }))).toEqualTypeOf<Promise<Row[]>>();
  expectTypeOf(client.rpc.rows.put).parameters.toEqualTypeOf<[Row, kwargs: Kwargs<{ by: string }>]>();
  for (let n = 0; n < 7; n++) {
    const { firstId } = await peer.next(MessageType.CALL);
    peer.send([MessageType.RESULT, firstId, {}], [firstId]);
  }
  expect(await Promise.all([sum, added])).toEqual([1, 5]);
});

test("what the interface does not say does not compile", async () => {
  const { client, peer } = await open();
  const wrong = [
    // @ts-expect-error No such procedure.
    () => client.call("math.sub", [1, 2]),
    // @ts-expect-error An argument of another type.
    () => client.call("math.add", [1, "2"]),
    // @ts-expect-error An argument is missing.
    () => client.call("math.add"),
    // @ts-expect-error Keyword arguments are missing.
    () => client.call("rows.put", [{ id: 1 }]),
    // @ts-expect-error A keyword argument of another name.
    () => client.call("rows.find", [], { limits: 1 }),
    // @ts-expect-error An argument too many.
    () => client.rpc.math.add(1, 2, 3),
    // @ts-expect-error No such procedure.
    () => client.rpc.math.sub(1, 2),
    // @ts-expect-error Another result.
    () => client.register("math.add", () => "three"),
    // @ts-expect-error No such topic.
    () => client.subscribe("math.add", () => {}),
    // @ts-expect-error Another event.
    () => client.publish("rows.changed", ["row"]),
    // @ts-expect-error An option that there is not.
    () => client.call("math", [], {}, { tiemout: 1 }),
    // @ts-expect-error Options in the place of keyword arguments, of which there are none.
    () => client.call("math.add", [1, 2], { timeout: 5000 }),
    // @ts-expect-error A number in their place.
    () => client.callResult("math.add", [1, 2], 5),
    // @ts-expect-error Keyword arguments of a method that has none.
    () => client.rpc.math.add(1, 2, kwargs({ base: 10 })),
    // @ts-expect-error Options in the place of keyword arguments, of which there are none.
    () => client.publish("rows.cleared", [], { acknowledge: true }),
  ];
  expectTypeOf(client.call<"math.add">).toBeCallableWith("math.add", [1, 2], {}, { timeout: 5000 });
  expectTypeOf(client.call<"math.add">).toBeCallableWith("math.add", [1, 2], undefined, { timeout: 5000 });
  expect(wrong).toHaveLength(15);
  expect(peer.unread).toBe(0);
});

test("handlers, events and streams have the types of the interface", async () => {
  const { client, peer } = await open();
  const rows: unknown[] = [];
  const made = [
    client.register("math.add", ([a, b], kwargs, call) => {
      expectTypeOf(a).toEqualTypeOf<number>();
      expectTypeOf(kwargs).toEqualTypeOf<Record<never, never>>();
      expectTypeOf(call.caller).toEqualTypeOf<number | undefined>();
      return a + b;
    }),
    client.register("rows.find", async function* ([filter], { limit }) {
      expectTypeOf(filter).toEqualTypeOf<string | undefined>();
      expectTypeOf(limit).toEqualTypeOf<number | undefined>();
      yield { id: 1 };
      return new Result([[]]);
    }),
    client.subscribe("rows.changed", ([row], { by }, event) => {
      expectTypeOf(row).toEqualTypeOf<Row>();
      expectTypeOf(by).toEqualTypeOf<string | undefined>();
      expectTypeOf(event.args).toEqualTypeOf<[Row]>();
      rows.push(row.id);
    }),
  ];
  await peer.registered(5);
  await peer.registered(6);
  await peer.subscribed(3);
  await Promise.all(made);
  peer.send([MessageType.INVOCATION, 1, 5, {}], [1, 2]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([3]);
  peer.send([MessageType.EVENT, 3, 20, {}], [{ id: 8 }]);
  await settle();
  expect(rows).toEqual([8]);
  void client.publish("rows.changed", [{ id: 9 }], { by: "joe" });
  void client.publish("rows.cleared");
  expect((await peer.next(MessageType.PUBLISH)).payload.args).toEqual([{ id: 9 }]);
  await peer.next(MessageType.PUBLISH);
  const events = client.events("rows.changed", { match: "exact" });
  expectTypeOf(events.next).returns.resolves.toHaveProperty("value");

  const stream = client.stream("rows.find", ["x"], {}, { buffer: 10 });
  const { firstId } = await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, firstId, { progress: true }], [{ id: 1 }]);
  peer.send([MessageType.RESULT, firstId, {}], [[{ id: 2 }]]);
  for await (const { args: [row] } of stream) {
    expectTypeOf(row).toEqualTypeOf<Row>();
    expect(row.id).toBe(1);
  }
  const { args: [all] } = await stream.result;
  expectTypeOf(all).toEqualTypeOf<Row[]>();
  expect(all).toEqual([{ id: 2 }]);
  const summed = client.stream(
    "rows.sum",
    async function* () {
      yield [1, 2];
      yield { args: [3] };
    }(),
  );
  for (let n = 0; n < 3; n++) await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, firstId + 1, {}], [6]);
  expect((await summed.result).args[0]).toBe(6);
});

test("the same client is there without the interface; without one nothing changes", async () => {
  const { client, peer } = await open();
  expectTypeOf(client).toEqualTypeOf<TypedClient<Shop>>();
  expectTypeOf(client.untyped).toEqualTypeOf<Client>();
  expect(client.untyped).toBe(client);
  expectTypeOf(client.spawnConnection).returns.resolves.toEqualTypeOf<TypedClient<Shop>>();
  const any = client.untyped.call<number>("else.where", ["x"], { y: 1 });
  expectTypeOf(any).toEqualTypeOf<Promise<number>>();
  await peer.next(MessageType.CALL);
  peer.send([MessageType.RESULT, 1, {}], [1]);
  await any;
  const untyped = createClient(new ScriptedRouter(), { realm: "realm1" });
  expectTypeOf(untyped).toEqualTypeOf<Client>();
  expectTypeOf<ReturnType<typeof createClient>>().toEqualTypeOf<Client>();
  expectTypeOf(untyped.callResult).returns.resolves.toEqualTypeOf<{
    readonly args: Args;
    readonly kwargs: Dict;
    readonly details: Dict;
  }>();
});

test("a generator yields what the interface says of progress", async () => {
  const { client, peer } = await open();
  const registering = client.register("rows.find", async function* () {
    yield { id: 1 };
    yield new Result([{ id: 2 }]);
    return [{ id: 3 }];
  });
  await peer.registered(5);
  await registering;
  peer.send([MessageType.INVOCATION, 1, 5, { receive_progress: true }]);
  const got: unknown[] = [];
  for (let step = 0; step < 3; step++) got.push((await peer.next(MessageType.YIELD)).payload.args[0]);
  expect(got).toEqual([{ id: 1 }, { id: 2 }, [{ id: 3 }]]);
  const wrong = client.register(
    "rows.find",
    // @ts-expect-error Progress has rows.
    async function* () {
      yield "row";
      return [];
    },
  );
  const any = client.register("math.add", async function* () {
    yield "anything, where the interface says nothing of it";
    return 1;
  });
  await peer.registered(6);
  await Promise.all([wrong, any]);
});

test("a client with an interface fits wherever any client does", async () => {
  const { client, peer } = await open();
  const plain: AnyClient = client.untyped;
  const typed: AnyClient = client;
  expect(typed.untyped).toBe(plain.untyped);
  const close = ({ untyped }: AnyClient) => untyped.close();
  const closed = close(client);
  await peer.goodbye();
  await closed;
  expect(client.status).toBe("closed");
});
