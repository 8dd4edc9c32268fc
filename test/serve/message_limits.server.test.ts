import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen, listenRawSocket } from "../../src/serve/mod.ts";
import type { Listener } from "../../src/serve/mod.ts";
import { RawSocketClient } from "../support/raw_socket_client.ts";
import { opcodes, RawWebSocket } from "../support/raw_websocket.ts";
import { testWhere } from "../support/test_where.ts";

const LIMIT = 4_096;
const HELLO = '[1,"realm1",{"roles":{"caller":{}}}]';
const large = `[16,1,{},"com.example.topic",["${"x".repeat(LIMIT)}"]]`;
const deep = `[16,1,{},"com.example.topic",${"[".repeat(200)}${"]".repeat(200)}]`;

let router: Router;
let listeners: Listener[];
beforeEach(async () => {
  router = new Router({ realms: [openRealm("realm1")] });
  listeners = [
    await listen(router, { maxMessageSize: LIMIT, longPoll: true }),
    await listenRawSocket(router, { maxMessageSize: LIMIT }),
  ];
});
afterEach(async () => {
  await router.close();
  for (const listener of listeners) await listener.close();
});

/** Says some texts, one after the other, and waits until what had to come of them has come. */
const transports: [string, (texts: string[]) => Promise<void>][] = [
  ["WebSocket", async (texts) => {
    const client = await RawWebSocket.open(listeners[0]!.url, { protocols: ["wamp.2.json"] });
    for (const text of texts) client.send(text);
    for (let frame = await client.next(); frame !== undefined && frame.opcode !== opcodes.close;) {
      frame = await client.next();
    }
    client.destroy();
    while (listeners[0]!.statistics.connections > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }],
  ["RawSocket", async (texts) => {
    const client = await RawSocketClient.open(listeners[1]!.url, "7ff10000");
    for (const text of texts) client.send(text);
    await client.gone;
  }],
  ["long-poll", async (texts) => {
    const base = listeners[0]!.url.replace("ws:", "http:").replace("/ws", "/lp");
    const post = (path: string, body: string) => fetch(`${base}/${path}`, { method: "POST", body });
    const { transport } = await (await post("open", '{"protocols":["wamp.2.json"]}')).json();
    for (const text of texts) await (await post(`${transport}/send`, text)).body?.cancel();
    while ((await post(`${transport}/receive`, "")).status < 400);
  }],
];

describe.each(transports)("over %s", (transport, say) => {
  // Bun's server answers a body that is too large by itself.
  testWhere(!("Bun" in globalThis && transport === "long-poll")).each([["before", []], ["after", [HELLO]]])(
    "a message that is too large is counted, %s it joined",
    async (_, first) => {
      await say([...first, large]);
      expect(router.reached()).toEqual({ messageSize: 1 });
    },
  );

  test.each([["before", []], ["after", [HELLO]]])("one that is too deep is counted, %s it joined", async (_, first) => {
    await say([...first, deep]);
    expect(router.reached()).toEqual({ depth: 1 });
    expect(router.violations).toBe(1);
  });
});
