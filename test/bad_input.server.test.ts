import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connect, json, ticket, WampError } from "@izaber/wamp";
import type { Client, ClientOptions, RegisterOptions } from "@izaber/wamp";
import { createApp } from "@izaber/wamp/app";
import { initialize } from "@izaber/wamp/izaber";
import { createNexus, memoryStore } from "@izaber/wamp/nexusd";
import { memoryCookies, openRealm, Router, ticketAuthenticator } from "@izaber/wamp/router";
import type { RealmOptions, RouterOptions } from "@izaber/wamp/router";
import { cbor } from "@izaber/wamp/codec";
import { listen } from "@izaber/wamp/serve";
import { root } from "./run/alias.ts";
import { certificate, key } from "./support/certificate.ts";

const nexusUrl = inject("nexusUrl");
let folder: string;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wamp-bad-input-"));
});

afterAll(async () => {
  for (const close of closing) await close();
  await rm(folder, { recursive: true, force: true });
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function silentPort(): Promise<number> {
  const server = createTcpServer((socket) => closing.push(() => socket.destroy()));
  return await portOf(server);
}

async function cborOnly(): Promise<string> {
  const router = new Router({ realms: [openRealm("realm1")], serializers: [cbor] });
  const listener = await listen(router);
  closing.push(() => router.close(), () => listener.close());
  return listener.url;
}

async function tryUrl(url: string, options: Partial<ClientOptions> = {}): Promise<unknown> {
  return await connect(url, { realm: "realm1", ...options });
}

async function tryFile(text: string | undefined): Promise<unknown> {
  const config = join(folder, "izaber.yaml");
  await rm(config, { force: true });
  if (text !== undefined) await writeFile(config, text);
  return await initialize({ config });
}

async function tryCall(args: unknown, kwargs?: unknown): Promise<unknown> {
  await using client = await connect(inject("routerUrl"), { realm: "realm1" });
  return await client.call("com.example.add", args as never, kwargs as never);
}

async function tryRegister(options: RegisterOptions): Promise<unknown> {
  await using client = await connect(inject("routerUrl"), { realm: "realm1" });
  return await client.register("com.example.add", () => 1, options);
}

const circle: unknown[] = [];
circle.push(circle);

/** How each row of the table comes about. */
const situations: { readonly [row: string]: () => Promise<unknown> } = {
  "no izaber.yaml": () => tryFile(undefined),
  "an izaber.yaml that is not YAML": () => tryFile("default: [\n"),
  "an izaber.yaml that lacks a key": () => tryFile("default: { wamp: { connection: { username: ann } } }\n"),
  "an izaber.yaml that lacks the environment": () => tryFile("live: {}\n"),
  "an unknown host": () => tryUrl("ws://no-such-host.invalid/ws"),
  "a port on which nothing listens": async () => await tryUrl(`ws://127.0.0.1:${await closedPort()}/ws`),
  "a certificate that is not trusted": async () =>
    await tryUrl(`wss://127.0.0.1:${await portOf(createHttpsServer({ cert: certificate, key }))}/ws`),
  "`wss:` to a port without TLS": async () => await tryUrl(nexusUrl.replace("ws:", "wss:")),
  "a web server that is no router": async () =>
    await tryUrl(`ws://127.0.0.1:${await portOf(createHttpServer((_, response) => response.end("hello")))}/ws`),
  "a router at another path": () => tryUrl(nexusUrl.replace(/ws$/, "elsewhere")),
  "no serializer in common": async () => await tryUrl(await cborOnly(), { serializers: [json] }),
  "a server that does not answer": async () =>
    await tryUrl(`ws://127.0.0.1:${await silentPort()}/ws`, { connectTimeout: 200 }),
  "a realm that is not there": () => tryUrl(nexusUrl, { realm: "izaba", auth: ticket("USERNAME", "PASSWORD") }),
  "a wrong password": () => tryUrl(nexusUrl, { realm: "izaber", auth: ticket("USERNAME", "pasword") }),
  "arguments that are no list": () => tryCall(5),
  "keyword arguments that are no object": () => tryCall([1], [2]),
  "an argument that is a function": () => tryCall([() => 1]),
  "an argument that contains itself": () => tryCall([circle]),
  "more lists than a message may have": () => tryCall(Array(1_000_000).fill([])),
  "an option with a wrong value": () => tryRegister({ concurrency: 0 }),
  "a URL from a variable that is not set": () => tryUrl(undefined as never),
  "a secret from a variable that is not set": async () =>
    await tryUrl(nexusUrl, { auth: ticket("USERNAME", undefined as never) }),
  "an option of a router that there is not": () => tryRouter({ relms: [] } as never),
  "a realm whose name is none": () => tryRouter({ realms: [openRealm("a b")] }),
  "a port that there cannot be": async () => await listen(new Router({ realms: [] }), { port: 99_999 }),
  "a seed of a Nexus that was not parsed": () => createNexus({ store: memoryStore(), seed: "realm: plant" as never }),
  "an app without a realm": async () => await createApp({} as never).close(),
  "a name that no cookie can have": async () =>
    await tryRouter({ realms: [], cookies: memoryCookies({ name: "my id" }) }),
  "an authorizer that answers no decision, to `onError`": () =>
    told({ authorizer: { authorize: () => undefined as never } }, (ann) => ann.call("com.example.add")),
  "an authenticator that fails, to `onError`": () =>
    told({ authenticators: [ticketAuthenticator(() => Promise.reject(new Error("the database is away")))] }),
  "an event of the router's own process with a function in it, to `onError`": () =>
    told({}, async (ann, router) => {
      const listener = await listen(router);
      const remote = await connect(listener.url, { realm: "realm1", auth: ticket("remote", "") });
      await remote.subscribe("com.example.topic", () => {});
      await ann.publish("com.example.topic", [() => 1], {}, { acknowledge: true });
      await remote.close();
      await listener.close();
    }),
};

async function tryRouter(options: RouterOptions): Promise<unknown> {
  return await new Router(options).close();
}

/** Rejects with what the owner of a router is told when `ann` does something. */
async function told(
  realm: Partial<RealmOptions>,
  act: (ann: Client, router: Router) => unknown = () => {},
): Promise<unknown> {
  const errors: unknown[] = [];
  const anybody = ticketAuthenticator(({ authid = "" }) => ({
    next: "accept",
    principal: { authid, authrole: "user", authprovider: "test" },
  }));
  const router = new Router({
    realms: [{ name: "realm1", authenticators: [anybody], ...realm }],
    onError: (error) => errors.push(error),
  });
  try {
    const ann = await connect(router.local(), { realm: "realm1", auth: ticket("ann", "secret"), reconnect: false });
    await act(ann, router);
    await ann.close();
  } catch {
    // What the client is told says less.
  }
  await router.close();
  throw errors[0];
}

async function readTable(): Promise<{ row: string; code: string; message: string }[]> {
  const [text = ""] = (await readFile(join(root, "docs", "errors.md"), "utf8")).split("\n## ");
  const lines = text.split("\n").filter((line) => line.startsWith("| ")).slice(2);
  return lines.map((line) => {
    const [row = "", code = "", message = ""] = line.slice(1, -1).split(" | ").map((cell) => cell.trim());
    return { row, code: code.slice(1, -1), message };
  });
}

const table = await readTable();

/** In the table `...` stands for what differs from case to case. */
function pattern(message: string): RegExp {
  const parts = message.split("...").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}

test("the table has every situation, and no other", () => {
  expect(table.map(({ row }) => row)).toEqual(Object.keys(situations));
});

describe("in reality, as in the table", () => {
  test.each(table)("$row is $code", async ({ row, code, message }) => {
    const error = await situations[row]!().then(() => undefined, (error) => error);
    expect(error).toBeInstanceOf(WampError);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(pattern(message));
  });
});

test("the first ten kinds of mistake are told apart by code", () => {
  const codes = [
    "no izaber.yaml",
    "an izaber.yaml that is not YAML",
    "an izaber.yaml that lacks a key",
    "an unknown host",
    "a port on which nothing listens",
    "a certificate that is not trusted",
    "a web server that is no router",
    "no serializer in common",
    "a realm that is not there",
    "a wrong password",
  ].map((row) => table.find((entry) => entry.row === row)!.code);
  expect(new Set(codes).size).toBe(codes.length);
});
