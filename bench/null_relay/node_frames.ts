/** The null relay on Node with the reader and the writer of frames that our listener has. Its arguments are the formats of callers and callee. */
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import process from "node:process";
import { FrameReader } from "../../src/serve/frame_reader.ts";
import { FrameWriter } from "../../src/serve/frame_writer.ts";
import { answerHandshake } from "../../src/serve/websocket_handshake.ts";
import { type Format, messagesOf } from "../load/frames.ts";
import { beMeasured } from "../measured.ts";
import { NullRelay, type RelaySocket } from "./relay.ts";

const [format, calleeFormat] = process.argv.slice(2) as [Format, Format];
const { relay, drop } = new NullRelay(format, calleeFormat);
const { subprotocol } = messagesOf(format, "", "");
const writer = new FrameWriter();
const nothing = () => {};

class Outgoing implements RelaySocket {
  readonly #socket: Socket;
  #frames: (string | Uint8Array<ArrayBuffer>)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(frame: string | Uint8Array): void {
    if (this.#frames.push(frame as string | Uint8Array<ArrayBuffer>) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    writer.write(this.#socket, frames);
  }
}

const server = createServer();
server.on("upgrade", (request, duplex) => {
  const socket = duplex as Socket;
  const outgoing = new Outgoing(socket);
  const message = (data: string | Uint8Array) => relay(outgoing, data);
  const reader = new FrameReader({ message, pinged: nothing, concluded: nothing, failed: nothing }, 2 ** 30);
  answerHandshake(socket, request, { subprotocol, headers: {} });
  socket.on("data", (chunk) => reader.read(chunk as Buffer));
  socket.on("error", nothing);
  socket.on("end", () => socket.destroy());
  socket.on("close", () => drop(outgoing));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
await beMeasured(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`);
