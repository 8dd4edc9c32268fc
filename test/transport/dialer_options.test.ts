import { describe, expect, test } from "vitest";
import { fetchDialer, json, webSocketDialer } from "@izaber/wamp";
import type { WebSocketConstructor } from "@izaber/wamp";
import { longPollDialer } from "@izaber/wamp/longpoll";
import { FakeClock } from "../support/fake_clock.ts";

const dialers: { readonly [name: string]: (options?: unknown) => unknown } = {
  webSocketDialer: (options) => webSocketDialer("wss://router.example/ws", options as never),
  fetchDialer: (options) => fetchDialer("wss://router.example/ws", options as never),
  longPollDialer: (options) => longPollDialer("https://router.example/lp", options as never),
};

type Wrong = readonly (readonly [options: unknown, message: string])[];

const common: Wrong = [
  [null, "options is null, expected an object such as { highWaterMark: 65_536 }"],
  [{ header: {} }, 'there is no option "header"; there are '],
  [{ headers: "cookie: a=b" }, "expected an object of texts such as"],
  [{ headers: { authorization: undefined } }, "the option headers is an object, expected an object of texts"],
  [{ headers: new Headers() }, "the option headers is a Headers, expected an object of texts"],
  [{ batched: 1 }, "the option batched is 1, expected true or false"],
  [{ highWaterMark: "1k" }, 'the option highWaterMark is "1k", expected a number above 0'],
  [{ maxMessageSize: "1k" }, 'the option maxMessageSize is "1k", expected a number above 0'],
  [{ maxMessageSize: 0 }, "the option maxMessageSize is 0"],
  [{ maxMessageSize: NaN }, "the option maxMessageSize is NaN"],
];

const own: { readonly [name: string]: Wrong } = {
  webSocketDialer: [
    [{ WebSocket: 5 }, "the option WebSocket is 5, expected a class, or what else is called with new"],
    [{ WebSocket: () => {} }, "the option WebSocket is a function, expected a class"],
    [{ websocket: class {} }, 'there is no option "websocket"; there are WebSocket, headers, batched'],
    [{ batchSeparator: "x" }, 'the option batchSeparator is "x", expected '],
  ],
  fetchDialer: [
    [{ WebSocket: class {} }, 'there is no option "WebSocket"'],
    [{ fetch: "fetch" }, 'the option fetch is "fetch", expected (url, init) => Promise<Response>'],
    [{ batchSeparator: "," }, 'the option batchSeparator is ","'],
  ],
  longPollDialer: [
    [{ fetch: {} }, "the option fetch is an object, expected (url, init) => Promise<Response>"],
    [{ credentials: true }, 'the option credentials is true, expected "omit" or "same-origin" or "include"'],
    [{ closeTimeout: -1 }, "the option closeTimeout is -1, expected a finite number of at least 0"],
  ],
};

for (const [name, wrong] of Object.entries(own)) {
  describe(name, () => {
    test.each([...wrong, ...common])("refuses %j where it is given", (options, message) => {
      expect(() => dialers[name]?.(options)).toThrow(expect.objectContaining({
        code: "invalid_argument",
        message: expect.stringContaining(`Cannot make a dialer: `),
      }));
      expect(() => dialers[name]?.(options)).toThrow(message);
    });

    test("takes what there is, and undefined for the default", () => {
      const options = { headers: { cookie: "a=b" }, batched: true, highWaterMark: 1, maxMessageSize: Infinity };
      const nothing = { headers: undefined, batched: undefined, highWaterMark: undefined, maxMessageSize: undefined };
      for (const good of [undefined, {}, options, nothing]) expect(() => dialers[name]?.(good)).not.toThrow();
    });
  });
}

test("whatever can be called with new is taken as WebSocket, and not called before it is needed", async () => {
  const called: string[] = [];
  class Socket {
    constructor(url: string) {
      called.push(url);
      throw new Error("enough");
    }
  }
  function factory(url: string): Socket {
    return new Socket(url);
  }
  const several = [Socket, Socket.bind(null), factory, new Proxy(Socket, {})] as unknown as WebSocketConstructor[];
  for (const WebSocket of several) {
    const dialer = webSocketDialer("wss://router.example/ws", { WebSocket });
    expect(called).toEqual([]);
    const request = { serializers: [json], signal: new AbortController().signal, clock: new FakeClock() };
    await expect(dialer.dial(request)).rejects.toThrow("enough");
    expect(called.splice(0)).toEqual(["wss://router.example/ws"]);
  }
});
