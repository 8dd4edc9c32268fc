/**
 * A small game lobby: a web server, a WAMP server on the same port, and a page that uses the client.
 *
 * Run it with `node examples/lobby/server.ts`, and open what it says in two windows.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createApp } from "@izaber/wamp/app";
import { mountNode } from "@izaber/wamp/serve";
import { leave, rpc, topics } from "./lobby.ts";

const app = createApp({ realm: "lobby", onError: (error) => console.error(error) }).add(rpc, topics);
app.onClose(leave);

// The page imports the client as the package has it, module by module: no bundler is needed.
const files = new URL("../../dist/", import.meta.url);
const server = createServer(async ({ url = "/" }, response) => {
  const isModule = /^\/wamp\/[\w/]+\.js$/.test(url);
  if (!isModule && url !== "/") return void response.writeHead(404).end();
  const file = isModule ? new URL(url.slice("/wamp/".length), files) : new URL("page.html", import.meta.url);
  try {
    const text = await readFile(fileURLToPath(file));
    response.writeHead(200, { "content-type": isModule ? "text/javascript" : "text/html; charset=utf-8" }).end(text);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise<void>((resolve) => server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", resolve));
const mount = mountNode(app.router, server, { paths: ["/ws"] });
console.log(`The lobby is open at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

process.once("SIGTERM", async () => {
  await app.close();
  await mount.close();
  server.close();
  server.closeAllConnections();
});
