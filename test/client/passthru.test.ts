import { expect, test } from "vitest";
import { RemoteError, Result } from "@izaber/wamp";
import type { PassthruOptions, StandardSchema } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

const features = { payload_passthru_mode: true, progressive_call_results: true };
const roles = { broker: { features }, dealer: { features } };
const bytes = new Uint8Array([1, 2, 3]);
const sealed: PassthruOptions = {
  ppt_scheme: "x_own",
  ppt_serializer: "cbor",
  ppt_cipher: "aes256gcm",
  ppt_keyid: "k1",
};

test("how a payload is to be read goes out with calls and events, and the payload as it is", async () => {
  const { client, peer } = await joined({}, { roles });
  const answer = client.callResult("a.p", [bytes], { k: 1 }, sealed);
  const call = await peer.next(MessageType.CALL);
  expect([call.options, call.payload.args, call.payload.kwargs]).toEqual([sealed, [bytes], { k: 1 }]);
  peer.send([MessageType.RESULT, 1, { ...sealed }], [bytes]);
  expect(await answer).toEqual({ args: [bytes], kwargs: {}, details: sealed });
  const stream = client.stream("a.p", [bytes], {}, { ppt_scheme: "x_own", ppt_cipher: undefined });
  expect((await peer.next(MessageType.CALL)).options).toEqual({ receive_progress: true, ppt_scheme: "x_own" });
  peer.send([MessageType.ERROR, MessageType.CALL, 2, { ppt_scheme: "x_own" }, "com.example.error"], [bytes]);
  await expect(stream.result).rejects.toMatchObject({ args: [bytes], details: { ppt_scheme: "x_own" } });
  await client.publish("a.t", [bytes], {}, { ...sealed, exclude_me: false });
  expect((await peer.next(MessageType.PUBLISH)).options).toEqual({ ...sealed, exclude_me: false });
});

test("handlers and subscribers see how it is to be read, and answer in kind", async () => {
  const { client, peer } = await joined({}, { roles });
  const seen: unknown[] = [];
  const made = [
    client.register("a.p", async function* (args, _kwargs, call) {
      seen.push([call.details.ppt_scheme, call.details.ppt_keyid, args]);
      yield new Result([bytes], {}, { ppt_scheme: "x_step" });
      await call.progress([bytes], {}, { ppt_scheme: "x_hand" });
      if (call.caller === 9) throw new RemoteError("com.example.error", [bytes], {}, { ppt_scheme: "x_error" });
      return new Result([bytes], {}, sealed);
    }),
    client.subscribe("a.t", (args, _kwargs, event) => seen.push([event.details.ppt_scheme, args])),
  ];
  await peer.registered(5);
  await peer.subscribed(3);
  await Promise.all(made);
  peer.send([MessageType.EVENT, 3, 20, { ppt_scheme: "x_own" }], [bytes]);
  peer.send([MessageType.INVOCATION, 1, 5, { ...sealed, receive_progress: true }], [bytes]);
  expect((await peer.next(MessageType.YIELD)).options).toEqual({ progress: true, ppt_scheme: "x_step" });
  expect((await peer.next(MessageType.YIELD)).options).toEqual({ progress: true, ppt_scheme: "x_hand" });
  const last = await peer.next(MessageType.YIELD);
  expect([last.options, last.payload.args]).toEqual([sealed, [bytes]]);
  peer.send([MessageType.INVOCATION, 2, 5, { caller: 9 }]);
  const error = await peer.next(MessageType.ERROR);
  expect([error.options, error.uri, error.payload.args]).toEqual([
    { ppt_scheme: "x_error" },
    "com.example.error",
    [bytes],
  ]);
  expect(seen).toEqual([["x_own", [bytes]], ["x_own", "k1", [bytes]], [undefined, undefined, []]]);
});

test("a router that does not announce it is sent nothing", async () => {
  const { client, peer } = await joined();
  const reported: unknown[] = [];
  client.on("error", (error) => reported.push(error));
  const unsupported = { code: "unsupported", message: expect.stringContaining("payload_passthru_mode") };
  await expect(client.call("a.p", [bytes], {}, sealed)).rejects.toMatchObject(unsupported);
  await expect(client.publish("a.t", [bytes], {}, sealed)).rejects.toMatchObject(unsupported);
  const registering = client.register("a.p", () => new Result([bytes], {}, sealed));
  await peer.registered(5);
  await registering;
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  expect((await peer.next(MessageType.ERROR)).uri).toBe("wamp.error.runtime_error");
  await settle();
  expect([reported, peer.unread]).toMatchObject([[unsupported], 0]);
});

test.each([
  [{ ppt_cipher: "aes256gcm" }, /ppt_scheme is undefined, expected a text/],
  [{ ppt_scheme: "" }, /ppt_scheme is "", expected/],
  [{ ppt_scheme: "x_own", ppt_keyid: 7 }, /ppt_keyid is 7, expected/],
])("what says it wrongly is refused: %j", async (options, message) => {
  const { client, peer } = await joined({}, { roles });
  await expect(client.call("a.p", [], {}, options as never)).rejects.toThrow(message);
  await expect(client.publish("a.t", [], {}, options as never)).rejects.toThrow(message);
  expect(peer.unread).toBe(0);
});

test("a result that a schema has checked keeps how it is to be read", async () => {
  const { client, peer } = await joined({}, { roles });
  const anything: StandardSchema = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
  const registering = client.register("a.p", () => new Result([bytes], {}, sealed), { result: anything });
  await peer.registered(5);
  await registering;
  peer.send([MessageType.INVOCATION, 1, 5, {}]);
  const answer = await peer.next(MessageType.YIELD);
  expect([answer.options, answer.payload.args]).toEqual([sealed, [bytes]]);
});
