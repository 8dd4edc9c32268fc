import { expect, test } from "vitest";
import { createClient, json } from "@izaber/wamp";
import type { ClientOptions } from "@izaber/wamp";
import { ScriptedRouter } from "../support/scripted_router.ts";

const serializers = 'expected at least one serializer, such as [json] from "@izaber/wamp/codec"';

test.each([
  [{ offline: { max: 5 } }, "the option offline.ttl is undefined, expected a finite number of at least 0"],
  [{ offline: { ttl: 5 } }, "the option offline.max is undefined, expected a finite number of at least 0"],
  [{ offline: {} }, "the option offline.ttl is undefined"],
  [{ serializers: [] }, `the option serializers is an array, ${serializers}`],
  [{ serializers: json }, serializers],
  [{ serializers: ["json"] }, serializers],
  [{ serializers: [json, undefined] }, serializers],
  [{ serializers: [null] }, serializers],
  [{ serializers: [{}] }, serializers],
])("a client refuses %j where it is given", (options, message) => {
  const make = () => createClient(new ScriptedRouter(), { realm: "realm1", ...options as Partial<ClientOptions> });
  expect(make).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  expect(make).toThrow(message);
});

test("what may be left out may be undefined", () => {
  const options = { offline: undefined, serializers: undefined };
  expect(createClient(new ScriptedRouter(), { realm: "realm1", ...options }).status).toBe("idle");
});
