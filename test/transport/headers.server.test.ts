import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createClient, webSocketDialer } from "@izaber/wamp";
import type { WebSocketConstructor } from "@izaber/wamp";

test("the runtime's WebSocket sends the headers that it is given", async () => {
  const seen = Promise.withResolvers<IncomingHttpHeaders>();
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on("upgrade", (request, socket) => {
    seen.resolve(request.headers);
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const headers = { cookie: "cbtid=secret", "x-forwarded-for": "192.0.2.1" };
  const client = createClient(webSocketDialer(`ws://127.0.0.1:${port}/ws`, { headers }), { realm: "realm1" });
  await expect(client.open()).rejects.toMatchObject({ name: "ConnectError" });
  expect(await seen.promise).toMatchObject({
    ...headers,
    "sec-websocket-protocol": expect.stringContaining("wamp.2."),
  });
  await new Promise((resolve) => server.close(resolve));
});

test("one that takes none is told of", async () => {
  const Browser = class {
    constructor(_url: string, protocols: unknown) {
      if (!Array.isArray(protocols)) throw new SyntaxError("'[object Object]' is invalid");
    }
  } as unknown as WebSocketConstructor;
  const dialer = webSocketDialer("ws://127.0.0.1:1/ws", { WebSocket: Browser, headers: { cookie: "a=b" } });
  await expect(createClient(dialer, { realm: "realm1" }).open()).rejects.toMatchObject({
    code: "connection_failed",
    message: expect.stringContaining("does this WebSocket take headers?"),
  });
});
