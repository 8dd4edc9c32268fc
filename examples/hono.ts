/**
 * The client inside of Hono: one connection for the process, shared by all requests. On Deno it is `Deno.serve(app.fetch)`, on Bun `export default app`; on an
 * edge worker each request needs a client of its own, as in worker/worker.ts.
 *
 * Run it beside a Nexus: `NEXUS_URL=ws://127.0.0.1:8080/ws NEXUS_USER=admin NEXUS_PASSWORD=... node examples/hono.ts`
 */
import process from "node:process";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createClient, RemoteError, ticket, WampError } from "@izaber/wamp";

const { NEXUS_URL = "ws://127.0.0.1:8080/ws", NEXUS_USER = "admin", NEXUS_PASSWORD = "", PORT = "0" } = process.env;
const wamp = createClient(NEXUS_URL, {
  realm: "izaber",
  auth: ticket(NEXUS_USER, NEXUS_PASSWORD),
  prefix: "com.izaber.wamp",
  timeout: 5_000,
});
wamp.on("error", (error, { during }) => console.error(during, error));
await wamp.open({ retry: true }); // a session that is lost later comes back by itself

const app = new Hono();

app.get("/whoami", async (context) => context.json(await wamp.call("auth.whoami")));

app.get("/hello/:name", async (context) => {
  const { signal } = context.req.raw; // who no longer waits for the page no longer needs the call
  return context.json(await wamp.call("example.hello", [context.req.param("name")], {}, { signal }));
});

app.onError((error, context) => {
  if (!WampError.is(error)) throw error;
  const status = error instanceof RemoteError ? 502 : error.code === "timeout" ? 504 : 503;
  return context.json({ error: error instanceof RemoteError ? error.uri : error.code }, status);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) }, ({ port }) => {
  console.log(`Listening on http://127.0.0.1:${port}/`);
});

process.once("SIGTERM", () => {
  server.close(() => void wamp.drain()); // requests that run are answered first
});
