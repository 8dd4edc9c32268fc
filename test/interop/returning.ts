import type { IncomingMessage } from "node:http";
import { WebSocket as NodeWebSocket } from "ws";
import { connect, cookie, createClient, json, ticket, webSocketDialer } from "../../mod.ts";
import type { WebSocketConstructor } from "../../mod.ts";
import { within } from "./mailbox.ts";
import { joe } from "./our_router.ts";
import { same } from "./scenario.ts";

/** Joins by a ticket, keeps the cookie that comes with the handshake, and joins by that alone. */
export async function cookieLogin(url: string): Promise<void> {
  let kept = "";
  const keeping = webSocketWith({}, (response) => kept = response.headers["set-cookie"]?.[0]?.split(";")[0] ?? "");
  const options = { realm: "secure", serializers: [json], reconnect: false } as const;
  const first = await connect(webSocketDialer(url, { WebSocket: keeping }), {
    ...options,
    auth: [cookie(), ticket(joe.authid, joe.secret)],
  });
  same(first.details?.authid, "joe", "who joined by the ticket");
  if (kept === "") throw new Error("no cookie came with the handshake");
  await first.close();
  const second = await connect(webSocketDialer(url, { WebSocket: webSocketWith({ Cookie: kept }, () => {}) }), {
    ...options,
    auth: cookie(),
  });
  same(second.details?.authid, "joe", "who joined by the cookie");
  await second.close();
}

/** What is made on a client is there again after the router was away. */
export async function comesBack(url: string, restart: () => Promise<void>): Promise<void> {
  const client = createClient(url, { realm: "realm1", reconnect: { initialDelay: 100, maxDelay: 500 } });
  client.on("error", () => {});
  let other: Awaited<ReturnType<typeof connect>> | undefined;
  try {
    await client.open();
    const { promise: heard, resolve } = Promise.withResolvers<unknown>();
    await client.register("com.example.restored.echo", ([value]) => value);
    await client.subscribe("com.example.restored.topic", ([value]) => resolve(value));
    const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();
    client.on("ready", () => isReady());
    await restart();
    await within(ready, "the client's return");
    other = await connect(url, { realm: "realm1", reconnect: false });
    same(await other.call("com.example.restored.echo", ["again"]), "again", "a call after the return");
    await other.publish("com.example.restored.topic", ["again"], {}, { acknowledge: true });
    same(await within(heard, "an event after the return"), "again", "the event");
  } finally {
    await Promise.all([client.close(), other?.close()]);
  }
}

/** A WebSocket that sends headers, and shows the answer to its handshake. */
function webSocketWith(
  headers: Readonly<Record<string, string>>,
  upgraded: (response: IncomingMessage) => void,
): WebSocketConstructor {
  return class extends NodeWebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { headers });
      this.on("upgrade", upgraded);
    }
  } as unknown as WebSocketConstructor;
}
