/** The null relay on Node and Deno: `ws`, a turn's frames in one write. Its arguments are the formats of callers and callee. */
import type { AddressInfo, Socket } from "node:net";
import process from "node:process";
import { type WebSocket, WebSocketServer } from "ws";
import type { Format } from "../load/frames.ts";
import { beMeasured } from "../measured.ts";
import { NullRelay, type RelaySocket } from "./relay.ts";

const { relay, drop } = new NullRelay(...process.argv.slice(2) as [Format, Format]);

class Outgoing implements RelaySocket {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  #frames: (string | Uint8Array)[] = [];

  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    this.#socket = socket;
  }

  send(frame: string | Uint8Array): void {
    if (this.#frames.push(frame) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    this.#socket.cork();
    for (const frame of frames) this.#ws.send(frame, { binary: typeof frame !== "string" });
    this.#socket.uncork();
  }
}

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (ws, { socket }) => {
  socket.setNoDelay(true);
  const outgoing = new Outgoing(ws, socket);
  ws.on("message", (data, binary) => relay(outgoing, binary ? data as unknown as Uint8Array : data.toString()));
  ws.on("close", () => drop(outgoing));
});
await new Promise((resolve) => server.once("listening", resolve));
await beMeasured(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`);
