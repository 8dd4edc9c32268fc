/**
 * A client library under measurement: caller and callee in one process. Its arguments: library, format, the router's URL, the realm, where packages of
 * others are. It prints its runtime, then answers each JSON command of standard input by one line.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { type Format, PROCEDURE } from "../load/frames.ts";
import type { Library } from "./library.ts";
import { nullClient } from "./null_client.ts";
import { ours } from "./ours.ts";
import { autobahn, wampy } from "./others.ts";
import { swampyerLike } from "./swampyer_like.ts";

/** Asks for calls for some time, so many at a time; or for the memory that pending calls and subscriptions take, on another router. */
export type ClientCommand =
  | { readonly do: "run"; readonly seconds: number; readonly inFlight: number }
  | { readonly do: "memory"; readonly url: string; readonly count: number };

/** What came of calls. */
export interface ClientRun {
  readonly calls: number;
  readonly seconds: number;
  /** Microseconds, all threads. */
  readonly cpu: number;
}

/** Bytes of heap. */
export interface ClientMemory {
  readonly pendingCall: number;
  readonly subscription: number;
}

const TEXT = "0123456789abcdef";
const [name, format, url, realm, folder] = process.argv.slice(2) as [string, Format, string, string, string];
const library = await libraryOf();
const callee = await library.open(url, realm);
await callee.register(PROCEDURE);
const caller = await library.open(url, realm);
const versions = process.versions as Record<string, string | undefined>;
const runtime = versions["bun"]
  ? `Bun ${versions["bun"]}`
  : versions["deno"]
  ? `Deno ${versions["deno"]}`
  : `Node ${versions["node"]}`;
console.log(JSON.stringify({ runtime }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as ClientCommand;
  console.log(JSON.stringify(command.do === "run" ? await run(command) : await memory(command)));
}
process.exit();

async function libraryOf(): Promise<Library> {
  if (name === "autobahn-js") return autobahn(folder, format);
  if (name === "wampy.js") return wampy(folder, format);
  if (name === "js-swampyer-like") return swampyerLike();
  const Socket = name.endsWith(" on ws") ? (await import("ws")).WebSocket as unknown as typeof WebSocket : WebSocket;
  return name.startsWith("null client") ? nullClient(format, Socket) : ours(format, name.endsWith("batched"), Socket);
}

async function run({ seconds, inFlight }: ClientCommand & { do: "run" }): Promise<ClientRun> {
  const before = process.cpuUsage();
  const begin = performance.now();
  const end = begin + 1000 * seconds;
  let calls = 0;
  const callInTurn = async () => {
    while (performance.now() < end) {
      await caller.call(PROCEDURE, TEXT);
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, callInTurn));
  const { user, system } = process.cpuUsage(before);
  return { calls, seconds: (performance.now() - begin) / 1000, cpu: user + system };
}

async function memory({ url, count }: ClientCommand & { do: "memory" }): Promise<ClientMemory> {
  const session = await library.open(url, realm);
  const heap = () => {
    (globalThis as { gc?: () => void }).gc?.();
    return process.memoryUsage().heapUsed;
  };
  const empty = heap();
  // Before the calls: a client may show every answer to whatever waits.
  for (let i = 0; i < count; i++) await session.subscribe?.(`com.example.topic${i}`);
  const subscribed = heap();
  const pending = Array.from({ length: count }, () => session.call(PROCEDURE, TEXT));
  for (const one of pending) void one.then(undefined, () => {});
  await new Promise((resolve) => setTimeout(resolve, 500)); // until what was sent is gone from the buffers
  const full = heap();
  const subscription = session.subscribe === undefined ? 0 : (subscribed - empty) / count;
  return { pendingCall: (full - subscribed) / pending.length, subscription };
}
