import { agreementOf, cbor, json, msgpack, negotiate, offers } from "@izaber/wamp/codec";
import { expect, test } from "vitest";

test("the server takes the first subprotocol offered that it has", () => {
  expect(negotiate(["wamp.2.ubjson", "wamp.2.json", "wamp.2.cbor"], [cbor, json])).toEqual({
    subprotocol: "wamp.2.json",
    serializer: json,
    batched: false,
  });
  expect(negotiate(["wamp.2.msgpack.batched"], [msgpack])).toMatchObject({ serializer: msgpack, batched: true });
  expect(negotiate(["wamp.2.ubjson", "http"], [json, msgpack, cbor])).toBe(undefined);
  expect(negotiate([], [json])).toBe(undefined);
  expect(agreementOf("", [json, msgpack, cbor])).toBe(undefined);
});

test("the client offers batches of binary formats unless told otherwise, those of JSON only when told", () => {
  expect(offers([msgpack, json])).toEqual(["wamp.2.msgpack.batched", "wamp.2.msgpack", "wamp.2.json"]);
  expect(offers([msgpack, json], { batched: false })).toEqual(["wamp.2.msgpack", "wamp.2.json"]);
  expect(offers([json, cbor], { batched: true })).toEqual([
    "wamp.2.json.batched",
    "wamp.2.json",
    "wamp.2.cbor.batched",
    "wamp.2.cbor",
  ]);
});
