import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { cbor, connect, ConnectError, createClient, json, webSocketDialer } from "@izaber/wamp";
import type { WampError } from "@izaber/wamp";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";
import { WebSocketServer } from "ws";
import { systemClock } from "../../src/wire/clock.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { certificate, key } from "../support/certificate.ts";

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function listening(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function refusal(url: string, options: { connectTimeout?: number } = {}): Promise<ConnectError> {
  const error = await connect(url, { realm: "realm1", ...options }).catch((error) => error);
  expect(error).toBeInstanceOf(ConnectError);
  expect(error.url).toBe(url);
  expect(error.message).toContain(url);
  return error;
}

test("an unknown host", async () => {
  const error = await refusal("ws://no-such-host.invalid/ws");
  expect([error.code, error.message]).toEqual(["host_unknown", expect.stringContaining("check its name")]);
});

test("a port on which nothing listens", async () => {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  const error = await refusal(`ws://127.0.0.1:${port}/ws`);
  expect([error.code, error.message]).toEqual(["connection_refused", expect.stringContaining("nothing listens")]);
});

test("a certificate that is not known, and a port without TLS", async () => {
  const tls = await listening(createHttpsServer({ cert: certificate, key }));
  const plain = await listening(createHttpServer((_request, response) => response.end()));
  for (const port of [tls, plain]) {
    const error = await refusal(`wss://127.0.0.1:${port}/ws`);
    expect([error.code, error.message]).toEqual(["tls_failed", expect.stringContaining("certificate")]);
  }
});

test("a web server that is no router", async () => {
  const port = await listening(createHttpServer((_request, response) => response.end("hello")));
  const error = await refusal(`ws://127.0.0.1:${port}/ws`);
  expect([error.code, error.message]).toEqual(["not_wamp", expect.stringContaining("HTTP 200")]);
});

test("a server of another protocol", async () => {
  const port = await listening(
    createTcpServer((socket) => socket.on("error", () => {}).end("SSH-2.0-Example_1.0\r\n")),
  );
  const error = await refusal(`ws://127.0.0.1:${port}/ws`);
  expect([error.code, error.message]).toEqual(["not_wamp", expect.stringContaining("does not speak HTTP")]);
});

test("a WebSocket server that agrees on no subprotocol", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => false });
  await new Promise((resolve) => server.once("listening", resolve));
  closing.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const error = await refusal(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`);
  expect(error.code).toBe("not_wamp");
});

test("a router without a serializer of ours, and one at another path", async () => {
  const router = new Router({ realms: [openRealm("realm1")], serializers: [cbor] });
  const listener = await listen(router);
  try {
    const error = await connect(listener.url, { realm: "realm1", serializers: [json] }).catch((error) => error);
    expect([error.code, error.message]).toEqual([
      "no_common_serializer",
      expect.stringMatching(/wamp\.2\.json.*wamp\.2\.cbor/),
    ]);
    const elsewhere = await refusal(listener.url.replace(/\/ws$/, "/elsewhere"));
    expect([elsewhere.code, elsewhere.message]).toEqual(["not_wamp", expect.stringMatching(/404.*\/ws/)]);
  } finally {
    await router.close();
    await listener.close();
  }
});

describe("a server that speaks WAMP elsewhere and answers", () => {
  const headers = { "x-wamp-subprotocols": "wamp.2.json" };
  const { signal } = new AbortController();

  test("with a body without end", async () => {
    const port = await listening(createHttpServer((_request, response) => {
      response.writeHead(503, headers);
      const more = () => {
        while (!response.destroyed && response.write("busy ".repeat(10_000)));
      };
      response.on("drain", more);
      more();
    }));
    const error = await webSocketDialer(`ws://127.0.0.1:${port}/ws`).dial({
      serializers: [json],
      signal,
      clock: new FakeClock(),
    })
      .catch((error) => error);
    expect([error.code, error.message]).toEqual(["not_wamp", expect.stringMatching(/HTTP 503, "(busy ){40}"/)]);
  });

  test("with a body that does not come", async () => {
    const port = await listening(createHttpServer((_request, response) => {
      response.writeHead(503, headers).flushHeaders();
    }));
    const clock = new FakeClock();
    const { fetch } = globalThis;
    const answered = new Promise<void>((resolve) => {
      globalThis.fetch = async (...args: Parameters<typeof fetch>) => {
        const answer = await fetch(...args);
        setTimeout(resolve);
        return answer;
      };
    });
    try {
      const refused = webSocketDialer(`ws://127.0.0.1:${port}/ws`).dial({ serializers: [json], signal, clock })
        .catch((error) => error);
      await answered;
      clock.advance(2_000);
      const error = await refused;
      expect([error.code, error.message]).toEqual(["not_wamp", expect.stringContaining("HTTP 503")]);
      expect(clock.pending).toBe(0);
    } finally {
      globalThis.fetch = fetch;
    }
  });
});

test("a server that says nothing", async () => {
  const port = await listening(createTcpServer(() => {}));
  const error = await refusal(`ws://127.0.0.1:${port}/ws`, { connectTimeout: 300 });
  expect([error.code, error.message]).toEqual(["connect_timeout", expect.stringContaining("300 ms")]);
});

test("a server that hangs up at once", async () => {
  const port = await listening(createTcpServer((socket) => socket.destroy()));
  const error = await refusal(`ws://127.0.0.1:${port}/ws`);
  expect(error.code).toBe("connection_failed");
});

test("secrets in a URL are in no error, nor in what caused it", async () => {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  const web = await listening(createHttpServer((_request, response) => response.end("hello")));
  const wrongProtocol = `http://joe:hunter2@127.0.0.1:${port}/ws?token=abc123`;
  for (
    const url of [
      `ws://joe:hunter2@127.0.0.1:${port}/ws?token=abc123`,
      `wss://127.0.0.1:${web}/ws?token=abc123`,
      `ws://joe:hunter2@127.0.0.1:${web}/ws?token=abc123`,
      `ws://no-such-host.invalid/ws?token=abc123`,
      wrongProtocol,
    ]
  ) {
    const error: ConnectError = await connect(url, { realm: "realm1" }).catch((error) => error);
    let text = "";
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      text += `${cause.message} ${cause.stack} ${JSON.stringify(cause)} `;
    }
    expect(text, url).not.toMatch(/hunter2|abc123/);
    expect(error.message).toContain(new URL(url).host);
  }
});

test("no further request is made when none is wanted", async () => {
  let asked = 0;
  const port = await listening(createHttpServer((request, response) => {
    if (request.headers.upgrade === undefined) asked += 1;
    response.end();
  }));
  const { signal } = new AbortController();
  const dialer = webSocketDialer(`ws://127.0.0.1:${port}/ws`);
  for (const [explain, requests] of [[false, 0], [true, 1]] as const) {
    const before = asked;
    await expect(dialer.dial({ serializers: [json], signal, clock: systemClock, explain })).rejects.toThrow();
    expect(asked - before).toBe(requests);
  }
});

test("where nothing listens, each attempt in a row says so", async () => {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  const codes: string[] = [];
  const final = ({ code }: WampError, failures: number) => codes.push(code) > 0 && failures === 4;
  const client = createClient(`ws://127.0.0.1:${port}/ws`, { realm: "realm1", reconnect: { initialDelay: 1, final } });
  await expect(client.open({ retry: true })).rejects.toMatchObject({ code: "connection_refused" });
  expect(codes).toEqual(Array(4).fill("connection_refused"));
});
