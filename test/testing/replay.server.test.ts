import { expect, test } from "vitest";
import { connect } from "../../mod.ts";
import type { Client, Dialer } from "../../mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { captureWire, replayClient, replayRouter, WireLog } from "../../src/testing/mod.ts";
import type { WireEntry } from "../../src/testing/mod.ts";

async function session(wamp: Client): Promise<unknown> {
  await wamp.register("com.example.add", ([a, b]: [number, number]) => a + b);
  const heard = Promise.withResolvers<unknown>();
  await wamp.subscribe("com.example.news", ([text]) => heard.resolve(text));
  await wamp.publish("com.example.news", ["it rains"], {}, { exclude_me: false, acknowledge: true });
  const sum = await wamp.call("com.example.add", [1, 2]);
  const refused = await wamp.call("com.example.none").catch((error) => error.uri);
  return [sum, await heard.promise, refused];
}

async function recorded(): Promise<{ readonly log: WireLog; readonly result: unknown }> {
  const router = new Router({ realms: [openRealm("realm1")] });
  const dialer = captureWire(router.local());
  const wamp = await connect(dialer, { realm: "realm1" });
  const result = await session(wamp);
  await wamp.close();
  await router.close();
  return { log: dialer.wire, result };
}

test("a recording is a router to a client that says the same", async () => {
  const { log, result } = await recorded();
  const router = replayRouter(WireLog.parse(log.toString()));
  const wamp = await connect(router, { realm: "realm1", reconnect: false });
  expect(await session(wamp)).toEqual(result);
  await wamp.close();
  expect(router.differences).toEqual([]);
  expect(router.remaining).toBe(0);
});

test("a client that says something else is told in what", async () => {
  const { log } = await recorded();
  const router = replayRouter(log);
  const wamp = await connect(router, { realm: "realm1", reconnect: false });
  await expect(wamp.register("com.example.other", () => 1)).rejects.toMatchObject({ code: "closed" });
  await wamp.close();
  expect(router.differences).toEqual([
    expect.stringMatching(
      /^recorded 0 > REGISTER 1 {} "com.example.add"\n +got 0 > REGISTER 1 {} "com.example.other"$/,
    ),
  ]);
});

test("a recording is a client to a router, whose drawn ids may be others", async () => {
  const { log } = await recorded();
  const router = new Router({ realms: [openRealm("realm1")] });
  expect(await replayClient(log, router.local())).toEqual([]);
  const changed = log.entries.map((entry): WireEntry => {
    const text = JSON.stringify(entry.message);
    return text.startsWith("[50,") ? { ...entry, message: [50, entry.message[1], {}, [4]] } : entry;
  });
  expect(await replayClient(new WireLog(changed), router.local())).toEqual([
    expect.stringMatching(/^recorded 0 < RESULT 4 {} \[4\]\n +got 0 < RESULT 4 {} \[3\]$/),
  ]);
  await router.close();
});

test("a line that is none is named", () => {
  expect(() => WireLog.parse("0 > [1]\nnonsense\n")).toThrow('Cannot read line 2 of a wire log: "nonsense"');
});

test("whatever values passed, the text of a log can be read again", () => {
  const values = [
    "a\u2028b\u2029c\n\r\0\ud83d\ude00",

    new Uint8Array([0, 255]),
    [{ "__proto__": null }],
    -0.5,
  ];
  const entry: WireEntry = { connection: 0, direction: "out", message: [16, 1, {}, "com.example.news", values] };
  const [read] = WireLog.parse(new WireLog([entry]).toString()).entries;
  expect(read).toEqual(entry);
});

test("numbers that JSON has no word for do not keep a log from being written and compared", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const say = async (dialer: Dialer) => {
    const wamp = await connect(dialer, { realm: "realm1", reconnect: false });
    await wamp.publish("com.example.news", [[NaN, Infinity, 2n ** 80n]], {}, { acknowledge: true });
    await wamp.close();
  };
  const dialer = captureWire(router.local());
  await say(dialer);
  expect(dialer.wire.shown()).toContain("[[null,null,1.2089258196146292e+24]]");
  const replayed = replayRouter(WireLog.parse(dialer.wire.toString()));
  await say(replayed);
  expect(replayed.differences).toEqual([]);
  await router.close();
});

test("a connection on which nothing passed is no part of a recording", async () => {
  const { log } = await recorded();
  const later = new WireLog(log.entries.map((entry) => ({ ...entry, connection: 4_000_000_000 })));
  const router = new Router({ realms: [openRealm("realm1")] });
  expect(await replayClient(WireLog.parse(later.toString()), router.local())).toEqual([]);
  await router.close();
  const replayed = replayRouter(later);
  const wamp = await connect(replayed, { realm: "realm1", reconnect: false });
  await session(wamp);
  await wamp.close();
  expect([replayed.differences, replayed.remaining]).toEqual([[], 0]);
});
