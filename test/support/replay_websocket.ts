import { Buffer } from "node:buffer";
import { opcodes, RawWebSocket } from "./raw_websocket.ts";
import type { RecordedStep } from "./recording.ts";
import type { ReplayListener, ReplayOptions, ReplayPeer } from "./replay.ts";

/** Plays on WebSockets, as the recording was made: with its subprotocols, to a listener's URL. */
export function openOverWebSocket(url: string): ReplayOptions["open"] {
  return async (step, listener) => {
    const socket = await RawWebSocket.open(url, {
      protocols: [...step.subprotocols ?? []],
      ...(step.cookie ? { headers: { cookie: `cbtid=${step.cookie}` } } : {}),
    });
    const { status, headers } = socket.answer;
    const chosen = headers["sec-websocket-protocol"] ?? null;
    if (status !== step.result?.status || chosen !== (step.result.subprotocol ?? null)) {
      socket.destroy();
      throw new Error(
        `the handshake was answered ${status} ${chosen}, the recorded one ${JSON.stringify(step.result)}`,
      );
    }
    return new WebSocketPeer(socket, listener);
  };
}

class WebSocketPeer implements ReplayPeer {
  readonly #socket: RawWebSocket;
  readonly #listener: ReplayListener;
  #pong: (() => void) | undefined;
  #ended = false;

  readonly setCookie: string | undefined;

  constructor(socket: RawWebSocket, listener: ReplayListener) {
    this.setCookie = socket.answer.headers["set-cookie"];
    this.#socket = socket;
    this.#listener = listener;
    void this.#read();
  }

  send(step: RecordedStep, text: string): void {
    if (step.ping !== undefined) this.#socket.send(step.ping, opcodes.ping);
    else if (step.binary === true) this.#socket.send(Uint8Array.from(Buffer.from(text, "hex")));
    else this.#socket.send(text);
  }

  close(code: number | undefined): void {
    if (this.#ended) return;
    const payload = code === undefined ? new Uint8Array() : new Uint8Array([code >> 8, code & 255]);
    this.#socket.send(payload, opcodes.close);
  }

  /** What the server sent before it answers a ping has come before the answer. */
  async settle(): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#pong = resolve;
      this.#socket.send("settle", opcodes.ping);
    });
  }

  async #read(): Promise<void> {
    let code: number | undefined;
    for (let frame = await this.#socket.next(); frame !== undefined; frame = await this.#socket.next()) {
      if (frame.opcode === opcodes.text) this.#listener.message(frame.data.toString());
      else if (frame.opcode === opcodes.ping) this.#socket.send(frame.data, opcodes.pong);
      else if (frame.opcode === opcodes.pong) this.#pong?.();
      else if (frame.opcode === opcodes.close) {
        if (frame.data.length >= 2) code = frame.data.readUInt16BE(0);
        this.close(code);
        break;
      }
    }
    this.#ended = true;
    this.#pong?.();
    this.#listener.closed({ local: false, reason: "", ...(code === undefined ? {} : { code }) });
    this.#socket.destroy();
  }
}
