import { expect, test } from "vitest";
import { cbor, connect, json, msgpack } from "@izaber/wamp";
import type { LeaveInfo } from "@izaber/wamp";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";
import { ErrorUri } from "@izaber/wamp/wire";

test("a call that is larger than the router takes says so, and so does the end of its session", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const listener = await listen(router, { maxMessageSize: 10_000 });
  const wamp = await connect(listener.url, { realm: "realm1", reconnect: { initialDelay: 1 } });
  const left = new Promise<LeaveInfo>((resolve) => wamp.on("leave", resolve));
  const text = "a message is larger than the router takes; send less, or raise its maxMessageSize";
  await expect(wamp.call("com.example.take", ["x".repeat(20_000)])).rejects.toMatchObject({
    code: "connection_lost",
    message: expect.stringContaining(`The connection was lost with code 1009 (${text}`),
  });
  expect(await left).toMatchObject({ cause: "lost", message: expect.stringContaining(text) });
  await wamp.close();
  await listener.close();
  await router.close();
});

test.each([json, msgpack, cbor])(
  "more lists than a message may have are refused before they are sent, and the session lives on; $name",
  async (serializer) => {
    const router = new Router({ realms: [openRealm("realm1")] });
    const listener = await listen(router);
    await using wamp = await connect(listener.url, { realm: "realm1", serializers: [serializer] });
    const left: LeaveInfo[] = [];
    wamp.on("leave", (info) => void left.push(info));
    const errors: unknown[] = [];
    wamp.on("error", (error) => void errors.push(error));
    const lists = Array(1_000_000).fill([]);
    const refused = { code: "payload_size_exceeded" };
    await wamp.register("com.example.lists", () => lists);
    await wamp.register("com.example.parts", async (_args, _kwargs, call) => {
      await call.progress(lists);
    });
    await wamp.register("com.example.echo", ([text]: [string]) => text);

    await expect(wamp.call("com.example.echo", lists)).rejects.toMatchObject(refused);
    await expect(wamp.call("com.example.echo", [], { lists })).rejects.toMatchObject(refused);
    await expect(wamp.publish("com.example.topic", lists)).rejects.toMatchObject(refused);
    await expect(wamp.publish("com.example.topic", lists, {}, { acknowledge: true })).rejects.toMatchObject(refused);
    for (const uri of ["com.example.lists", "com.example.parts"]) {
      const call = wamp.stream(uri);
      await expect(call.result).rejects.toMatchObject({ code: "remote", uri: ErrorUri.payloadSizeExceeded });
    }
    expect(errors).toMatchObject([refused, refused]);
    expect(await wamp.call("com.example.echo", ["hello"])).toBe("hello");
    expect(left).toEqual([]);
    await wamp.close();
    await listener.close();
    await router.close();
  },
);

test("what a session of the router's own process sends in numbers that another cannot be told is refused to it", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const listener = await listen(router);
  await using local = await connect(router.local(), { realm: "realm1" });
  await using remote = await connect(listener.url, { realm: "realm1" });
  const left: LeaveInfo[] = [];
  remote.on("leave", (info) => void left.push(info));
  const lists = Array(1_000_000).fill([]);
  await remote.register("com.example.echo", ([text]: [string]) => text);
  await local.register("com.example.lists", () => lists);
  const refused = { code: "remote", uri: ErrorUri.payloadSizeExceeded };
  await expect(local.call("com.example.echo", lists)).rejects.toMatchObject(refused);
  await expect(remote.call("com.example.lists")).rejects.toMatchObject(refused);
  expect(await local.call("com.example.echo", ["hello"])).toBe("hello");
  expect(left).toEqual([]);
  await remote.close();
  await local.close();
  await listener.close();
  await router.close();
});
