import { expect, test } from "vitest";
import { createClient, RemoteError } from "@izaber/wamp";
import type { Args, Dict, ErrorClasses } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { ScriptedRouter } from "../support/scripted_router.ts";

class NotFound extends Error {
  override name = "NotFound";
}

class RowNotFound extends NotFound {
  readonly kwargs: Dict;

  constructor(message?: string, options?: { cause?: unknown; row?: number }) {
    super(message, options);
    this.kwargs = { row: options?.row ?? 0 };
  }
}

class SoldOut extends RemoteError {
  override name = "SoldOut";

  constructor(uri = "com.example.sold_out", args: Args = [], kwargs: Dict = {}, details: Dict = {}) {
    super(uri, args, kwargs, details);
  }

  get seats(): unknown {
    return this.kwargs.seats;
  }
}

class Picky extends Error {
  constructor(text?: string) {
    if (text !== "good") throw new TypeError("not good");
    super(text);
  }
}

const errors: ErrorClasses = {
  "com.example.not_found": NotFound,
  "com.example.row_not_found": RowNotFound,
  "com.example.sold_out": SoldOut,
  "com.example.picky": Picky,
};

test("a call rejects with the class that stands for the URI, which keeps everything that came", async () => {
  const { client, peer } = await joined({ errors });
  const fail = async (uri: string, args: Args = [], kwargs: Dict = {}, details: Dict = {}): Promise<unknown> => {
    const answer = client.call("a.p").catch((error) => error);
    const { firstId } = await peer.next(MessageType.CALL);
    peer.send([MessageType.ERROR, MessageType.CALL, firstId, details, uri], args, kwargs);
    return await answer;
  };
  const notFound = await fail("com.example.not_found", ["no such user", 7], { id: 7 }, { d: 1 });
  expect(notFound).toBeInstanceOf(NotFound);
  expect(notFound).toMatchObject({
    message: "no such user",
    uri: "com.example.not_found",
    args: ["no such user", 7],
    kwargs: { id: 7 },
    details: { d: 1 },
  });
  expect((notFound as Error).cause).toBeInstanceOf(RemoteError);
  expect(await fail("com.example.not_found")).toMatchObject({ name: "NotFound", message: "com.example.not_found" });
  const row = await fail("com.example.row_not_found", ["gone"], { row: 9 });
  expect(row).toBeInstanceOf(RowNotFound);
  expect(row).toMatchObject({ kwargs: { row: 9 } });
  const soldOut = await fail("com.example.sold_out", ["no seats"], { seats: 0 });
  expect(soldOut).toBeInstanceOf(SoldOut);
  expect(soldOut).toMatchObject({ code: "remote", seats: 0, message: "com.example.sold_out: no seats" });
  expect(await fail("com.example.other")).toMatchObject({ name: "RemoteError", uri: "com.example.other" });
  const picky = await fail("com.example.picky", ["bad"]);
  expect(picky).toMatchObject({ name: "RemoteError", uri: "com.example.picky", cause: { message: "not good" } });
  expect(await fail("com.example.picky", ["good"])).toBeInstanceOf(Picky);
});

test("a stream ends with the class, too", async () => {
  const { client, peer } = await joined({ errors });
  const stream = client.stream("a.p");
  await peer.next(MessageType.CALL);
  peer.send([MessageType.ERROR, MessageType.CALL, 1, {}, "com.example.not_found"]);
  await expect(stream.next()).rejects.toBeInstanceOf(NotFound);
  await expect(stream.result).rejects.toBeInstanceOf(NotFound);
});

test("a handler throws the class to send the URI, of which the closest counts; that is no error to report", async () => {
  const { client, peer } = await joined({ errors });
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  class OneMore extends NotFound {}
  const thrown: Error[] = [
    new NotFound("no such user"),
    Object.assign(new NotFound("text"), { args: [1, 2], kwargs: { id: 7 } }),
    new RowNotFound("gone", { row: 3 }),
    new OneMore("further"),
    new SoldOut(undefined, ["no seats"], { seats: 0 }),
    Object.assign(new NotFound("odd"), { args: "no list", kwargs: 5 }),
    Object.defineProperty(new NotFound("trap"), "args", {
      get() {
        throw new Error("no");
      },
    }),
  ];
  const registering = client.register("a.p", ([at]: [number]) => {
    throw thrown[at];
  });
  await peer.registered(5);
  await registering;
  const sent: unknown[] = [];
  for (let n = 0; n < thrown.length; n++) {
    peer.send([MessageType.INVOCATION, n + 1, 5, {}], [n]);
    const { uri, payload } = await peer.next(MessageType.ERROR);
    sent.push([uri, payload.args, payload.kwargs]);
  }
  expect(sent).toEqual([
    ["com.example.not_found", ["no such user"], {}],
    ["com.example.not_found", [1, 2], { id: 7 }],
    ["com.example.row_not_found", ["gone"], { row: 3 }],
    ["com.example.not_found", ["further"], {}],
    ["com.example.sold_out", ["no seats"], { seats: 0 }],
    ["com.example.not_found", ["odd"], {}],
    ["com.example.not_found", [], {}],
  ]);
  expect(reported).toEqual([]);
});

test.each([
  [{ "not a uri": NotFound }, /the option errors is a function for "not a uri", expected URIs and classes/],
  [{ "com.example.x": "NotFound" }, /the option errors is "NotFound" for "com.example.x"/],
  [5, /the option errors is 5, expected/],
])("classes that are none are refused: %j", (wrong, message) => {
  expect(() => createClient(new ScriptedRouter(), { realm: "realm1", errors: wrong as never })).toThrow(message);
});

test("RemoteError itself may stand for a URI, and stays what it is", async () => {
  const { client, peer } = await joined({ errors: { "com.example.plain": RemoteError } });
  const answer = client.call("a.p").catch((error) => error);
  const { firstId } = await peer.next(MessageType.CALL);
  peer.send([MessageType.ERROR, MessageType.CALL, firstId, {}, "com.example.plain"], ["no", 1], { k: 2 });
  const error = await answer;
  expect(error).toMatchObject({ uri: "com.example.plain", args: ["no", 1], kwargs: { k: 2 } });
  expect(error.message).toBe(new RemoteError("com.example.plain", ["no", 1]).message);
});
