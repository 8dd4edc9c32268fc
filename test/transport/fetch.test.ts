import { describe, expect, test } from "vitest";
import { createClient, fetchDialer, json } from "@izaber/wamp";
import type { Fetch } from "@izaber/wamp";
import type { WebSocketEvent, WebSocketLike } from "@izaber/wamp";

const URL = "wss://router.example/ws";

/** What an edge worker's fetch gives: a WebSocket that delivers nothing before it is accepted. */
class UpgradedSocket implements WebSocketLike {
  binaryType = "blob";
  readonly readyState = 1;
  readonly protocol = "";
  // As on workerd.
  readonly bufferedAmount = undefined as unknown as number;
  accepted = false;
  readonly closed: unknown[] = [];
  readonly #listeners = new Map<string, (event: WebSocketEvent) => void>();

  accept(): void {
    this.accepted = true;
  }
  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!this.accepted) throw new Error("not accepted");
    const [type, id] = JSON.parse(String(data));
    const answer = type === 1
      ? [2, 7, {}]
      : type === 6
      ? [6, {}, "wamp.close.goodbye_and_out"]
      : [50, id, {}, ["answered"]];
    queueMicrotask(() => this.fire("message", { data: JSON.stringify(answer) }));
  }
  close(code?: number, reason?: string): void {
    this.closed.push([code, reason]);
    if (this.closed.length > 1) return;
    queueMicrotask(() => this.fire("close", { code: code ?? 1005, reason: reason ?? "" }));
  }
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: WebSocketEvent) => void): void {
    this.#listeners.set(type, listener);
  }
  fire(type: string, event: Partial<WebSocketEvent>): void {
    this.#listeners.get(type)?.({ type, ...event });
  }
}

/** The answer of an edge worker's fetch; a standard Response cannot be of status 101. */
function upgraded(socket: UpgradedSocket, protocol: string): Response {
  return { status: 101, headers: new Headers({ "sec-websocket-protocol": protocol }), webSocket: socket } as never;
}

function clientOf(fetch: Fetch, headers?: Record<string, string>) {
  return createClient(fetchDialer(URL, { fetch, headers }), { realm: "realm1", serializers: [json] });
}

describe("fetchDialer()", () => {
  test("asks for an upgrade with its headers, and speaks on the WebSocket that comes of it", async () => {
    const socket = new UpgradedSocket();
    const requests: { url: string; headers: Record<string, string> }[] = [];
    const fetch: Fetch = (url, { headers }) => {
      requests.push({ url, headers: Object.fromEntries(new Headers(headers)) });
      return Promise.resolve(upgraded(socket, "wamp.2.json"));
    };
    const client = clientOf(fetch, { cookie: "cbtid=secret" });
    await client.open();
    expect(await client.call("a.b")).toBe("answered");
    expect(requests).toEqual([{
      url: "https://router.example/ws",
      headers: { cookie: "cbtid=secret", upgrade: "websocket", "sec-websocket-protocol": "wamp.2.json" },
    }]);
    expect([socket.accepted, socket.binaryType, client.session?.open]).toEqual([true, "arraybuffer", true]);
    await client.close();
    expect(socket.closed[0]).toEqual([1000, ""]);
  });

  test("ends each message of batched JSON with the separator that was given", async () => {
    const socket = new UpgradedSocket();
    const sent = Promise.withResolvers<unknown>();
    socket.send = sent.resolve;
    const dialer = fetchDialer(URL, {
      fetch: () => Promise.resolve(upgraded(socket, "wamp.2.json.batched")),
      batched: true,
      batchSeparator: "\x18",
    });
    const client = createClient(dialer, { realm: "realm1", serializers: [json], reconnect: false });
    const opened = client.open().catch((error) => error);
    expect(String(await sent.promise).split("]").at(-1)).toBe("\x18");
    await client.close();
    expect(await opened).toMatchObject({ code: "closed" });
  });

  test("a close by the router is answered, and ends the session", async () => {
    const socket = new UpgradedSocket();
    const client = clientOf(() => Promise.resolve(upgraded(socket, "wamp.2.json")));
    await client.open();
    const left = new Promise((resolve) => client.on("leave", resolve));
    socket.fire("close", { code: 1001, reason: "going away" });
    expect(await left).toMatchObject({ cause: "lost", message: "going away" });
    expect(socket.closed).toEqual([[1000, ""]]);
    await client.close();
  });

  test("a server that upgrades to something else is left", async () => {
    const socket = new UpgradedSocket();
    await expect(clientOf(() => Promise.resolve(upgraded(socket, "chat"))).open()).rejects.toMatchObject({
      code: "not_wamp",
    });
    expect(socket.closed).toEqual([[1000, ""]]);
  });

  test("a server that answers without an upgrade is told of", async () => {
    const answer = () => Promise.resolve(new Response("no such page", { status: 404 }));
    await expect(clientOf(answer).open()).rejects.toMatchObject({
      code: "not_wamp",
      message: expect.stringContaining("404"),
    });
  });

  test("an answer without an upgrade is not left half read", async () => {
    const cancelled = Promise.withResolvers<string>();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => cancelled.resolve("cancelled"),
    });
    const client = clientOf(() => Promise.resolve(new Response(body, { status: 404 })));
    await expect(client.open()).rejects.toMatchObject({ code: "not_wamp" });
    expect(await cancelled.promise).toBe("cancelled");
  });

  test("the scheme may be in capitals", async () => {
    const asked: string[] = [];
    const fetch: Fetch = (url) => {
      asked.push(url);
      return Promise.resolve(upgraded(new UpgradedSocket(), "wamp.2.json"));
    };
    const client = createClient(fetchDialer("WSS://Router.example/ws", { fetch }), {
      realm: "realm1",
      serializers: [json],
    });
    await client.open();
    await client.close();
    expect(asked).toEqual([expect.stringMatching(/^https:\/\/Router.example\/ws$/i)]);
  });

  test("a request that fails says why, and one that takes too long is ended", async () => {
    const failing = () => Promise.reject(new TypeError("connect ECONNREFUSED 127.0.0.1:1"));
    await expect(clientOf(failing).open()).rejects.toMatchObject({ code: "connection_refused" });
    let ended = false;
    const hanging: Fetch = (_url, { signal }) =>
      new Promise((_, reject) =>
        signal?.addEventListener("abort", () => {
          ended = true;
          reject(signal.reason);
        })
      );
    const client = createClient(fetchDialer(URL, { fetch: hanging }), { realm: "realm1", connectTimeout: 50 });
    await expect(client.open()).rejects.toMatchObject({ code: "connect_timeout" });
    expect(ended).toBe(true);
  });

  test("only WebSocket URLs are taken", () => {
    expect(() => fetchDialer("https://router.example/ws")).toThrow("expected a URL such as");
  });
});
