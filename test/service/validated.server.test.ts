import { expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import type { Client } from "../../src/client/client.ts";
import { Result } from "../../src/client/result.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import type { ProcedureSchemas, StandardResult, StandardSchema } from "../../src/service/mod.ts";
import { validated } from "../../src/service/mod.ts";

function schema<Output>(validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>) {
  const made: StandardSchema<unknown, Output> = { "~standard": { version: 1, vendor: "test", validate } };
  return made;
}

const numbers = schema<number[]>((value) => {
  const issues = (value as unknown[]).flatMap((item, at) =>
    typeof item === "number" ? [] : [{ message: "expected a number", path: [at] }]
  );
  return issues.length === 0 ? { value: value as number[] } : { issues };
});

async function serve(handler: Parameters<Client["register"]>[1]) {
  const router = new Router({ realms: [openRealm("realm1")] });
  const client = await connect(router.local(), { realm: "realm1" });
  const errors: unknown[] = [];
  client.on("error", (error) => errors.push(error));
  await client.register("p", handler);
  const close = () => client.close().then(() => router.close());
  return { client, errors, [Symbol.asyncDispose]: close };
}

test("the handler gets what comes out of the validators", async () => {
  const withDefault = schema((value) => Promise.resolve({ value: { base: 10, ...(value as object) } }));
  await using service = await serve(
    validated({ args: numbers, kwargs: withDefault }, ([a = 0], { base }) => a * base),
  );
  expect(await service.client.call("p", [2])).toBe(20);
  expect(await service.client.call("p", [2], { base: 3 })).toBe(6);
});

test("what does not pass is the caller's mistake, with every path", async () => {
  let ran = false;
  await using service = await serve(validated({ args: numbers }, () => void (ran = true)));
  await expect(service.client.call("p", [1, "x", null])).rejects.toMatchObject({
    uri: "wamp.error.invalid_argument",
    args: ["args[1]: expected a number; args[2]: expected a number"],
    kwargs: {
      issues: [{ path: "args[1]", message: "expected a number" }, { path: "args[2]", message: "expected a number" }],
    },
  });
  expect([ran, service.errors]).toEqual([false, []]);
});

test.each([
  [{ message: "no" }, "kwargs: no"],
  [{ message: "no", path: ["user", "names", 0, "first"] }, "kwargs.user.names[0].first: no"],
  [{ message: "no", path: [{ key: "user" }, { key: 3 }, "4"] }, "kwargs.user[3][4]: no"],
])("the path of %j", async (issue, text) => {
  await using service = await serve(validated({ kwargs: schema(() => ({ issues: [issue] })) }, () => 1));
  await expect(service.client.call("p")).rejects.toMatchObject({ args: [text] });
});

test("results are checked, too: values, a Result, and what a generator comes to", async () => {
  const even = schema((value) =>
    typeof value === "number" && value % 2 === 0 ? { value } : { issues: [{ message: "odd", path: ["n"] }] }
  );
  const served = (handler: () => unknown, result: ProcedureSchemas["result"] = even) =>
    serve(validated({ result: result! }, handler));
  await using good = await served(() => 4);
  expect(await good.client.call("p")).toBe(4);
  await using bad = await served(() => 5);
  await expect(bad.client.call("p")).rejects.toMatchObject({
    uri: "wamp.error.invalid_argument",
    args: ["result.n: odd"],
  });
  await using stream = await served(async function* () {
    yield 1;
    return await Promise.resolve(5);
  });
  await expect(stream.client.call("p")).rejects.toMatchObject({ args: ["result.n: odd"] });
  const doubled = schema((value) => {
    const { args, kwargs } = value as Result;
    return { value: { args: [...args, ...args], kwargs } };
  });
  await using whole = await served(() => new Result([1], { a: 2 }), doubled);
  expect(await whole.client.callResult("p")).toMatchObject({ args: [1, 1], kwargs: { a: 2 } });
});

test("a validator that breaks is the callee's fault, and reported to it", async () => {
  await using service = await serve(validated({
    args: schema(() => {
      throw new TypeError("broken validator");
    }),
  }, () => 1));
  await expect(service.client.call("p")).rejects.toMatchObject({ uri: "wamp.error.runtime_error" });
  expect(service.errors).toMatchObject([{ message: "broken validator" }]);
});
