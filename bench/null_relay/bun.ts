/** The null relay on Bun: its own server, a turn's frames in one write. Its arguments are the formats of callers and callee. */
import process from "node:process";
import type { BunApi, BunWebSocket } from "../../src/serve/bun_types.ts";
import type { Format } from "../load/frames.ts";
import { beMeasured } from "../measured.ts";
import { NullRelay, type RelaySocket } from "./relay.ts";

const { relay, drop } = new NullRelay(...process.argv.slice(2) as [Format, Format]);

class Outgoing implements RelaySocket {
  readonly #ws: BunWebSocket;
  #frames: (string | Uint8Array)[] = [];

  constructor(ws: BunWebSocket) {
    this.#ws = ws;
  }

  send(frame: string | Uint8Array): void {
    if (this.#frames.push(frame) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    this.#ws.cork(() => {
      for (const frame of frames) this.#ws.send(frame);
    });
  }
}

const server = (globalThis as unknown as { Bun: BunApi }).Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) =>
    server.upgrade(request, {
        data: undefined,
        headers: new Headers({ "sec-websocket-protocol": request.headers.get("sec-websocket-protocol") ?? "" }),
      })
      ? undefined
      : new Response("", { status: 400 }),
  websocket: {
    open: (ws) => ws.data = new Outgoing(ws),
    message: (ws, data) => relay(ws.data as Outgoing, data),
    drain() {},
    ping() {},
    pong() {},
    close: (ws) => drop(ws.data as Outgoing),
    maxPayloadLength: 1 << 26,
    backpressureLimit: 0,
    closeOnBackpressureLimit: false,
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
  },
});
await beMeasured(`ws://127.0.0.1:${server.port}/ws`);
