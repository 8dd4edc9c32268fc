import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, inject, test } from "vitest";
import { connect } from "../../mod.ts";
import { createApp, ProcedureRoutes } from "../../src/app/mod.ts";
import type { App } from "../../src/app/mod.ts";
import { mountBun, mountDeno, mountNode } from "../../src/serve/mod.ts";
import type { BunServer, Mount } from "../../src/serve/mod.ts";

/** A web server of the runtime's, with a route of its own, and an app on a path. */
interface WebServer {
  readonly port: number;
  readonly mount: Mount;
  stop(): unknown;
}

const options = { paths: ["/game"] };

const servers: { readonly [name: string]: (app: App) => WebServer | Promise<WebServer> } = {
  async "node:http"(app) {
    const server = createServer((_request, response) => void response.end("mine"));
    const mount = mountNode(app.router, server, options);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      port: (server.address() as AddressInfo).port,
      mount,
      stop: () => (server.close(), server.closeAllConnections()),
    };
  },
  "Deno.serve"(app) {
    const mount = mountDeno(app.router, options);
    const server = (globalThis as unknown as { Deno: DenoApi }).Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request, info) => mount.handle(request, info) ?? new Response("mine"),
    );
    return { port: server.addr.port, mount, stop: () => server.shutdown() };
  },
  "Bun.serve"(app) {
    const mount = mountBun(app.router, options);
    const server = (globalThis as unknown as { Bun: { serve(options: object): BunServer } }).Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request: Request, server: BunServer) {
        const answer = mount.fetch(request, server);
        return answer === null ? new Response("mine") : answer;
      },
      websocket: mount.websocket,
    });
    return { port: server.port, mount, stop: () => server.stop(true) };
  },
};

interface DenoApi {
  serve(
    options: object,
    handler: (request: Request, info: object) => Response | Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void> };
}

const ways = inject("runtime") === "bun"
  ? ["Bun.serve"]
  : inject("runtime") === "deno"
  ? ["Deno.serve", "node:http"]
  : ["node:http"];

test.each(ways)(
  "on %s an app has a path beside the server's own routes, and sees how its clients come",
  async (way) => {
    const app = createApp({
      realm: "realm1",
      authenticators: [({ peer }) => peer.query === "player=ann" ? { authid: "ann" } : undefined],
    }).add(
      new ProcedureRoutes().route("com.example.where", (_args, _kwargs, { session }) => {
        const { path, query, headers } = session.transport;
        return { authid: session.authid, path, query, hasHeaders: headers?.["upgrade"]?.toLowerCase() === "websocket" };
      }),
    );
    const server = await servers[way]!(app);
    const url = `ws://127.0.0.1:${server.port}/game`;
    const client = await connect(`${url}?player=ann`, { realm: "realm1", reconnect: false });
    expect((await client.callResult("com.example.where")).kwargs).toEqual({
      authid: "ann",
      path: "/game",
      query: "player=ann",
      hasHeaders: true,
    });
    await expect(connect(url, { realm: "realm1", reconnect: false })).rejects.toMatchObject({
      code: "authentication_failed",
    });
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe("mine");
    await client.close();
    await app.close();
    await server.mount.close();
    await server.stop();
  },
);
