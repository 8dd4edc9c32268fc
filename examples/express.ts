/**
 * The client inside of Express: one connection for the process, shared by all requests.
 *
 * Run it beside a Nexus: `NEXUS_URL=ws://127.0.0.1:8080/ws NEXUS_USER=admin NEXUS_PASSWORD=... node examples/express.ts`
 */
import type { AddressInfo } from "node:net";
import process from "node:process";
import express, { type NextFunction, type Request, type Response } from "express";
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

const app = express();

app.get("/whoami", async (_request, response) => {
  response.json(await wamp.call("auth.whoami"));
});

app.get("/hello/:name", async (request, response) => {
  const gone = new AbortController(); // who no longer waits for the page no longer needs the call
  response.once("close", () => gone.abort());
  response.json(await wamp.call("example.hello", [request.params.name], {}, { signal: gone.signal }));
});

app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
  if (!WampError.is(error) || response.headersSent) return next(error);
  const status = error instanceof RemoteError ? 502 : error.code === "timeout" ? 504 : 503;
  response.status(status).json({ error: error instanceof RemoteError ? error.uri : error.code });
});

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

process.once("SIGTERM", () => {
  server.close(() => void wamp.drain()); // requests that run are answered first
});
