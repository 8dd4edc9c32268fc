import { expect, expectTypeOf, test } from "vitest";
import { RemoteError, Result } from "@izaber/wamp";
import type { Args, CallOptions, ClientOptions, Dict, EventsOptions, PublishOptions } from "@izaber/wamp";
import type { RegisterOptions, SubscribeOptions } from "@izaber/wamp";
import type { StandardSchema } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

interface Row {
  readonly id: number;
}

test("handlers say what they take, with interfaces as with types", async () => {
  const { client, peer } = await joined();
  const rows: unknown[] = [];
  const made = [
    client.register("a.p", ([row]: [Row], { by }: { by: string }, call) => {
      expectTypeOf(call.caller_authid).toEqualTypeOf<string | undefined>();
      rows.push([row.id, by]);
    }),
    client.subscribe("a.t", ([row]: readonly [Row], _kwargs: object, event) => {
      expectTypeOf(event.args).toEqualTypeOf<readonly [Row]>();
      rows.push(row.id);
    }),
    client.subscribe("a.u", (args, kwargs, event) => {
      expectTypeOf(args).toEqualTypeOf<Args>();
      expectTypeOf(kwargs).toEqualTypeOf<Dict>();
      expectTypeOf(event.kwargs).toEqualTypeOf<Dict>();
    }),
  ];
  await peer.registered(5);
  await peer.subscribed(3);
  await peer.subscribed(4);
  await Promise.all(made);
  peer.send([MessageType.INVOCATION, 1, 5, {}], [{ id: 7 }], { by: "joe" });
  peer.send([MessageType.EVENT, 3, 20, {}], [{ id: 8 }]);
  await peer.next(MessageType.YIELD);
  await settle();
  expect(rows).toEqual([[7, "joe"], 8]);

  const events = client.events<[Row], { at: number }>("a.v");
  await peer.subscribed(6);
  peer.send([MessageType.EVENT, 6, 21, {}], [{ id: 9 }], { at: 1 });
  for await (const { args: [row], kwargs } of events) {
    expectTypeOf(row).toEqualTypeOf<Row>();
    expect([row.id, kwargs.at]).toEqual([9, 1]);
    void peer.next(MessageType.UNSUBSCRIBE).then(({ firstId }) => peer.send([MessageType.UNSUBSCRIBED, firstId]));
    break;
  }
});

test("an option may be there and undefined, and is then as if it were not there", async () => {
  const none = undefined;
  const options: Partial<ClientOptions> = { timeout: none, reconnect: { jitter: none }, offline: none, agent: none };
  const { client, peer } = await joined(options);
  const call: CallOptions = { timeout: none, signal: none, cancelMode: none, disclose_me: none };
  const publish: PublishOptions = { acknowledge: none, exclude: none, retain: true };
  const register: RegisterOptions = { match: none, invoke: none, concurrency: 2 };
  const subscribe: SubscribeOptions = { match: none, get_retained: none };
  const events: EventsOptions = { buffer: none, overflow: none, match: none };
  client.call("a.p", [], {}, call).catch(() => {});
  expect((await peer.next(MessageType.CALL)).options).toEqual({});
  void client.publish("a.t", [], {}, publish);
  expect(Object.keys((await peer.next(MessageType.PUBLISH)).options)).toEqual(["retain"]);
  void client.register("a.p", () => 1, register);
  expect(Object.keys((await peer.registered(5)).options)).toEqual(["concurrency"]);
  void client.subscribe("a.t", () => 1, subscribe);
  expect(Object.keys((await peer.subscribed(6)).options)).toEqual([]);
  client.events("a.u", events);
  expect(Object.keys((await peer.subscribed(7)).options)).toEqual([]);
});

test("options that there are not are refused by name", async () => {
  const { client } = await joined();
  const wrong = { tiemout: 5 } as never;
  const refused = { code: "invalid_argument", message: expect.stringMatching(/no option "tiemout"; there are .*"_"/) };
  await expect(client.call("a.p", [], {}, wrong)).rejects.toMatchObject(refused);
  await expect(client.publish("a.p", [], {}, wrong)).rejects.toMatchObject(refused);
  await expect(client.register("a.p", () => 1, wrong)).rejects.toMatchObject(refused);
  await expect(client.subscribe("a.p", () => 1, wrong)).rejects.toMatchObject(refused);
  await expect(client.call("a.p", [], {}, { match: "prefix" } as never)).rejects.toMatchObject({
    message: expect.stringMatching(/no option "match"; there are timeout, signal, cancelMode, disclose_me/),
  });
});

test("a handler takes what comes out of the schemas of its registration", async () => {
  const { client, peer } = await joined();
  const schema = <Output>(validate: (value: unknown) => Output): StandardSchema<unknown, Output> => ({
    "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: validate(value) }) },
  });
  const numbers = schema((value) => (value as unknown[]).map(Number));
  const base = schema((value) => ({ base: 10, ...value as { base?: number } }));
  const made = [
    client.register("a.p", ([a = 0, b = 0], { base }) => {
      expectTypeOf(a).toEqualTypeOf<number>();
      expectTypeOf(base).toEqualTypeOf<number>();
      return base + a + b;
    }, { args: numbers, kwargs: base, result: schema((value) => value) }),
    client.register("a.q", ([row]: [Row], kwargs: object) => [row.id, kwargs], {
      args: schema((value) => value as [Row]),
    }),
  ];
  // @ts-expect-error The handler takes other arguments than come out of the schema.
  const other = () => client.register("a.r", ([row]: [Row]) => row, { args: numbers });
  expect(other).toBeInstanceOf(Function);
  await peer.registered(5);
  await peer.registered(6);
  await Promise.all(made);
  peer.send([MessageType.INVOCATION, 1, 5, {}], ["1", "2"]);
  expect((await peer.next(MessageType.YIELD)).payload.args).toEqual([13]);
});

test("what is sent may be of an interface, and keyword arguments are no list", async () => {
  interface Named {
    name: string;
    note?: string | undefined;
  }
  const named: Named = { name: "x" };
  const { client, peer } = await joined();
  const called = client.call("a.p", [named], named);
  expect((await peer.next(MessageType.CALL)).payload.kwargs).toEqual({ name: "x" });
  peer.send([MessageType.RESULT, 1, {}]);
  await called;
  await client.publish("a.t", [named], named);
  expect((await peer.next(MessageType.PUBLISH)).payload.kwargs).toEqual({ name: "x" });
  const error = new RemoteError("a.error", [named], named);
  expectTypeOf(error.args).toEqualTypeOf<Args>();
  expect([error.args, error.kwargs, new Result([named], named).kwargs]).toEqual([[{ name: "x" }], named, named]);
  // @ts-expect-error A list.
  await expect(client.call("a.p", [], [1])).rejects.toMatchObject({ code: "invalid_argument" });
  // @ts-expect-error A text.
  await expect(client.call("a.p", [], "x")).rejects.toMatchObject({ code: "invalid_argument" });
});
