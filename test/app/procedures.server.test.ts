import { expect, test } from "vitest";
import { connect } from "../../mod.ts";
import { createApp, ProcedureRoutes, RemoteError, Result } from "../../src/app/mod.ts";
import type { StandardSchema } from "../../src/client/standard_schema.ts";
import { served } from "./served.ts";

test("what a handler returns becomes args, kwargs or one argument, by its kind", async () => {
  const rpc = new ProcedureRoutes()
    .route("com.example.scalar", () => 7)
    .route("com.example.list", () => [1, 2])
    .route("com.example.dict", () => ({ a: 1 }))
    .route("com.example.both", () => new Result([1], { a: 2 }))
    .route("com.example.nothing", () => {})
    .route("com.example.null", () => null);
  await using app = await served({}, rpc);
  const result = async (uri: string) => {
    const { args, kwargs } = await app.client.callResult(`com.example.${uri}`);
    return [args, kwargs];
  };
  expect(await result("scalar")).toEqual([[7], {}]);
  expect(await result("list")).toEqual([[1, 2], {}]);
  expect(await result("dict")).toEqual([[], { a: 1 }]);
  expect(await result("both")).toEqual([[1], { a: 2 }]);
  expect(await result("nothing")).toEqual([[], {}]);
  expect(await result("null")).toEqual([[null], {}]);
});

test("an error is the same whether returned, yielded or thrown; any other is a runtime error, and reported", async () => {
  const sold = () => new RemoteError("com.example.sold_out", ["no seats"], { show: 7 });
  const rpc = new ProcedureRoutes()
    .route("com.example.returned", sold)
    .route("com.example.thrown", () => {
      throw sold();
    })
    .route("com.example.yielded", async function* () {
      yield sold();
    })
    .route("com.example.unnamed", () => new RemoteError(undefined, ["anything"]))
    .route("com.example.bug", () => {
      throw new TypeError("a bug");
    });
  await using app = await served({}, rpc);
  for (const how of ["returned", "thrown", "yielded"]) {
    await expect(app.client.call(`com.example.${how}`)).rejects.toMatchObject({
      uri: "com.example.sold_out",
      args: ["no seats"],
      kwargs: { show: 7 },
    });
  }
  await expect(app.client.call("com.example.unnamed")).rejects.toMatchObject({
    uri: "wamp.error.runtime_error",
    args: ["anything"],
  });
  await expect(app.client.call("com.example.bug")).rejects.toMatchObject({ uri: "wamp.error.runtime_error" });
  expect(app.takeErrors()).toEqual([expect.objectContaining({ message: "a bug" })]);
});

test("a complete URI goes before the longest beginning, that before expressions, whose groups become arguments", async () => {
  const seen = (name: string) => (args: readonly unknown[], kwargs: object) =>
    new Result([name, ...args], { ...kwargs });
  const rpc = new ProcedureRoutes()
    .route(/math\.(\w+)\.(\d+)/, seen("groups"))
    .route(/users\.(?<user>\w+)\.(?<what>\w+)/, seen("named"))
    .route("files", seen("short"), { match: "prefix" })
    .route("files.big", seen("long"), { match: "prefix" })
    .route("files.big.one", seen("exact"));
  await using app = await served({}, rpc);
  const result = async (uri: string, ...args: unknown[]) => {
    const { args: got, kwargs } = await app.client.callResult(uri, args);
    return [...got, kwargs];
  };
  expect(await result("files.big.one", 1)).toEqual(["exact", 1, {}]);
  expect(await result("files.big.two", 1)).toEqual(["long", 1, {}]);
  expect(await result("files.small")).toEqual(["short", {}]);
  expect(await result("math.add.12", 5)).toEqual(["groups", "add", "12", 5, {}]);
  expect(await result("users.ann.mail")).toEqual(["named", { user: "ann", what: "mail" }]);
  await expect(app.client.call("math.add.12.more")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
});

test("parameters are taken by position, by keyword, from defaults, from factories, and from the app", async () => {
  let calls = 0;
  const rpc = new ProcedureRoutes().route("com.example.order", (args) => new Result(args), {
    params: ["item", "database", { name: "count", default: 1 }, { name: "number", factory: () => ++calls }],
  });
  await using app = await served({}, rpc);
  app.app.provide("database", ({ session }) => `database of ${session.authrole}`);
  const order = async (...sent: [unknown[], object?]) =>
    (await app.client.callResult("com.example.order", ...sent as [unknown[]])).args;
  expect(await order(["tea"])).toEqual(["tea", "database of client", 1, 1]);
  expect(await order(["tea", 2, 9])).toEqual(["tea", "database of client", 2, 9]);
  expect(await order([], { count: 3, item: "milk" })).toEqual(["milk", "database of client", 3, 2]);
});

test("a group that matched nothing leaves its parameter to the default", async () => {
  const params = [{ name: "page", default: "first" }];
  const rpc = new ProcedureRoutes()
    .route(/pages\.all(?<page>\d+)?/, (args) => new Result(args), { params })
    .route(/books\.all(\d+)?/, (args) => new Result(args), { params });
  await using app = await served({}, rpc);
  for (const uri of ["pages.all", "books.all"]) {
    expect(await app.client.call(uri)).toBe("first");
    expect(await app.client.call(`${uri}2`)).toBe("2");
  }
});

test("what a named group holds takes the position of no other parameter", async () => {
  const rpc = new ProcedureRoutes()
    .route(/shop\.(?<id>\d+)/, (args) => new Result(args), { params: ["id", "qty", { name: "unit", default: "kg" }] })
    .route(/late\.at(?<id>\d+)?/, (args) => new Result(args), { params: ["qty", { name: "id", default: "none" }] })
    .route(/other\.(?<what>\d+)/, (args) => new Result(args), { params: ["id"] });
  await using app = await served({}, rpc);
  const call = async (...sent: [string, unknown[]?, object?]) =>
    (await app.client.callResult(...sent as [string, unknown[]])).args;
  expect(await call("shop.5", [3])).toEqual(["5", 3, "kg"]);
  expect(await call("shop.5", [3, "lb"])).toEqual(["5", 3, "lb"]);
  expect(await call("shop.5", [], { qty: 3 })).toEqual(["5", 3, "kg"]);
  expect(await call("shop.5", [3], { id: "other", unit: "lb" })).toEqual(["5", 3, "lb"]);
  expect(await call("late.at", [3])).toEqual([3, "none"]);
  expect(await call("late.at7", [3])).toEqual([3, "7"]);
  await expect(call("shop.5")).rejects.toThrow('the argument "qty" is missing; there are qty, unit');
  await expect(call("shop.5", [3], { qty: 3 })).rejects.toThrow('the argument "qty" is given twice');
  await expect(call("shop.5", [1, 2, 3])).rejects.toThrow("3 positional arguments, but at most 2 are taken: qty, unit");
  await expect(call("shop.5", [1], { no: 3 })).rejects.toThrow('there is no parameter "no"; there are qty, unit');
  await expect(call("other.5")).rejects.toThrow('there is no parameter "what"; there are id');
});

test("of several factories that fail each failure stays with its call", async () => {
  const rpc = new ProcedureRoutes().route("com.example.order", () => 1, {
    params: [
      { name: "first", factory: () => Promise.reject(new Error("first")) },
      {
        name: "second",
        factory: () => {
          throw new Error("second");
        },
      },
    ],
  });
  await using app = await served({}, rpc);
  await expect(app.client.call("com.example.order")).rejects.toMatchObject({ uri: "wamp.error.runtime_error" });
  expect(app.takeErrors()).toHaveLength(1);
});

test("names that mean something to JavaScript are names like any other", async () => {
  const rpc = new ProcedureRoutes()
    .route("com.example.take", (args) => new Result(args), {
      params: ["__proto__", { name: "constructor", default: 1 }, { name: "toString", default: 2 }],
    })
    .route("com.example.free", (_args, kwargs) => new Result([Object.hasOwn(kwargs, "__proto__")], kwargs));
  await using app = await served({}, rpc);
  const kwargs = JSON.parse('{"__proto__": "p"}');
  expect((await app.client.callResult("com.example.take", [], kwargs)).args).toEqual(["p", 1, 2]);
  expect(await app.client.call("com.example.free", [], kwargs)).toBe(true);
  await expect(app.client.call("com.example.take", [])).rejects.toThrow('the argument "__proto__" is missing');
});

test("the flags of an expression hold, and it is always held against the whole URI", async () => {
  const rpc = new ProcedureRoutes().route(/com\.example\.(a|b)/giy, ([letter]) => letter);
  await using app = await served({}, rpc);
  for (let time = 0; time < 2; time++) expect(await app.client.call("COM.example.B")).toBe("B");
  for (const uri of ["com.example.ab", "xcom.example.a", "com.example.a.b"]) {
    await expect(app.client.call(uri)).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
  }
});

test.each<[string, unknown[], { [name: string]: unknown }]>([
  ['the argument "item" is missing', [], {}],
  ['the argument "item" is given twice', ["tea"], { item: "milk" }],
  ['there is no parameter "sugar"', ["tea"], { sugar: 2 }],
  ['there is no parameter "database"', ["tea"], { database: "mine" }],
  ["3 positional arguments, but at most 2", ["tea", 2, 3], {}],
])("arguments that do not fit are refused, and the text says: %s", async (text, args, kwargs) => {
  const rpc = new ProcedureRoutes().route("com.example.order", () => 1, {
    params: ["item", "database", { name: "count", default: 1 }],
  });
  await using app = await served({}, rpc);
  app.app.provide("database", () => "ours");
  const refused = await app.client.call("com.example.order", args, kwargs).catch((error) => error);
  expect(refused).toMatchObject({ uri: "wamp.error.invalid_argument" });
  expect(refused.message).toContain(text);
});

test("a schema checks and converts the arguments, and its refusal names the path", async () => {
  const numbers: StandardSchema<unknown, number[]> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        const wrong = (value as unknown[]).findIndex((item) => Number.isNaN(Number(item)));
        return wrong < 0
          ? { value: (value as unknown[]).map(Number) }
          : { issues: [{ message: "expected a number", path: [wrong] }] };
      },
    },
  };
  const rpc = new ProcedureRoutes().route("com.example.add", ([a, b]: [number, number]) => a + b, {
    params: ["a", { name: "b", default: 1 }],
    schemas: { args: numbers },
  });
  await using app = await served({}, rpc);
  expect(await app.client.call("com.example.add", ["1"], { b: "2" })).toBe(3);
  await expect(app.client.call("com.example.add", [1, "x"])).rejects.toMatchObject({
    uri: "wamp.error.invalid_argument",
    message: expect.stringContaining("args[1]: expected a number"),
  });
});

test("what a generator yields is progress for who asks for it; others see only the end", async () => {
  const rpc = new ProcedureRoutes().route("com.example.count", async function* (_args, _kwargs, call) {
    yield 1;
    await call.progress([2]);
    yield { three: 3 };
    return ["end"];
  });
  await using app = await served({}, rpc);
  const steps: unknown[] = [];
  const stream = app.client.stream("com.example.count");
  for await (const { args, kwargs } of stream) steps.push([args, kwargs]);
  expect(steps).toEqual([[[1], {}], [[2], {}], [[], { three: 3 }]]);
  expect((await stream.result).args).toEqual(["end"]);
  expect(await app.client.call("com.example.count")).toBe("end");
});

test("a call that is given up aborts its signal, and a generator runs its finally", async () => {
  const started = Promise.withResolvers<void>();
  const cleaned = Promise.withResolvers<void>();
  const rpc = new ProcedureRoutes().route("com.example.forever", async function* (_args, _kwargs, { signal }) {
    try {
      started.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield 1;
    } finally {
      cleaned.resolve();
    }
  });
  await using app = await served({}, rpc);
  const giveUp = new AbortController();
  const call = app.client.call("com.example.forever", [], {}, { signal: giveUp.signal });
  await started.promise;
  giveUp.abort();
  await expect(call).rejects.toMatchObject({ code: "aborted" });
  await cleaned.promise;
});

test("sets are written apart and added together; the same route twice is refused, and adds nothing", async () => {
  const first = new ProcedureRoutes().route("com.example.a", () => "a");
  const second = new ProcedureRoutes().route("com.example.b", () => "b").route(/x(.)/, () => "x");
  const third = new ProcedureRoutes().route("com.example.c", () => "c").route("com.example.a", () => "another");
  await using app = await served({}, first);
  app.app.add(second);
  expect(await app.client.call("com.example.b")).toBe("b");
  expect(() => app.app.add(third)).toThrow("com.example.a: there is one already");
  expect(() => app.app.add(new ProcedureRoutes().route(/x(.)/, () => 1))).toThrow("there is one already");
  await expect(app.client.call("com.example.c")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
});

test("what is no route is refused when it is written", () => {
  const rpc = new ProcedureRoutes();
  expect(() => rpc.route("com..example", () => 1)).toThrow("expected a URI");
  expect(() => rpc.route("com.example", "handler" as never)).toThrow("the handler is no function");
  expect(() => rpc.route("com.example", () => 1, { match: "wildcard" as never })).toThrow('match is "wildcard"');
  expect(() => rpc.route("com.example", () => 1, { params: ["a", "a"] })).toThrow("one of its own");
  expect(rpc.table.size).toBe(0);
});

test("clients may neither register nor publish, nor use what belongs to the router", async () => {
  await using app = await served({}, new ProcedureRoutes());
  const { client } = app;
  await expect(client.register("com.example.mine", () => 1)).rejects.toMatchObject({
    uri: "wamp.error.not_authorized",
  });
  await expect(client.publish("com.example.topic", [], {}, { acknowledge: true }))
    .rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  await expect(client.call("wamp.session.kill_all")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
  await expect(client.subscribe("wamp.session.on_join", () => {})).rejects.toMatchObject({
    uri: "wamp.error.not_authorized",
  });
});

test("an app of its own realm does not see that of another, on one router", async () => {
  const { serveApps } = await import("../../src/app/mod.ts");
  const named = (realm: string) =>
    createApp({ realm }).add(
      new ProcedureRoutes().route("com.example.where", (_args, _kwargs, { session }) => session.realm),
    );
  const [one, two] = [named("one"), named("two")];
  const router = serveApps([one, two]);
  const clients = await Promise.all(
    ["one", "two"].map((realm) => connect(router.local(), { realm, reconnect: false })),
  );
  expect(await Promise.all(clients.map((client) => client.call("com.example.where")))).toEqual(["one", "two"]);
  expect([...one.sessions].map(({ realm }) => realm)).toEqual(["one"]);
  expect(() => serveApps([one])).toThrow("twice");
  await one.close();
  expect([...one.sessions]).toEqual([]);
  expect(await clients[1]!.call("com.example.where")).toBe("two");
  await Promise.all(clients.map((client) => client.close()));
  await two.close();
  await router.close();
});
