import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions } from "node:tls";

/** One frame as it came over the wire. */
export interface RawFrame {
  opcode: number;
  data: Buffer;
}

/** What a handshake asks for. */
export interface RawRequest {
  path?: string;
  protocols?: string[];
  headers?: Record<string, string>;
  /** How a `wss://` URL is opened. */
  tls?: ConnectionOptions;
}

/** What a server answered to a handshake. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Opcodes of RFC 6455. */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A WebSocket client that shows every frame, stops reading when told and never answers by itself. */
export class RawWebSocket {
  readonly answer: RawAnswer;
  readonly socket: Socket;
  /** Resolves when the TCP connection is gone. */
  readonly gone: Promise<void>;
  #buffered: Buffer[] = [];
  #size = 0;
  #frames: RawFrame[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  private constructor(socket: Socket, answer: RawAnswer, rest: Buffer) {
    this.socket = socket;
    this.answer = answer;
    this.gone = new Promise((resolve) =>
      socket.once("close", () => {
        this.#ended = true;
        this.#wake?.();
        resolve();
      })
    );
    this.#take(rest);
    socket.on("data", (chunk) => this.#take(chunk as Buffer));
  }

  /**
   * Sends a handshake and reads the answer, whatever it is.
   *
   * @param url Where to, as `ws://HOST:PORT/...`.
   * @param request What to ask for.
   */
  static async open(
    url: string,
    { path, protocols = [], headers = {}, tls = {} }: RawRequest = {},
  ): Promise<RawWebSocket> {
    const { hostname, port, pathname, protocol } = new URL(url);
    const secure = protocol === "wss:";
    const socket: Socket = secure
      ? connectTls({ port: Number(port), host: hostname, ...tls })
      : connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? "secureConnect" : "connect", resolve);
      socket.on("error", reject); // later, a reset shows as the end of the connection
    });
    const lines = Object.entries({
      host: `${hostname}:${port}`,
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
      ...(protocols.length > 0 ? { "sec-websocket-protocol": protocols.join(", ") } : {}),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path ?? pathname} HTTP/1.1\r\n${lines.join("")}\r\n`);
    const { answer, rest } = await readAnswer(socket);
    return new RawWebSocket(socket, answer, rest);
  }

  /**
   * Sends one frame, masked.
   *
   * @param data Text or bytes.
   * @param opcode Its kind (default by the type of the data).
   */
  send(data: string | Uint8Array, opcode: number = typeof data === "string" ? opcodes.text : opcodes.binary): void {
    this.socket.write(maskedFrame(data, opcode));
  }

  /** Takes the next frame; undefined when the connection ended. */
  async next(): Promise<RawFrame | undefined> {
    while (this.#frames.length === 0 && !this.#ended) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.#frames.shift();
  }

  /** Takes the next frame as text. */
  async text(): Promise<string | undefined> {
    return (await this.next())?.data.toString();
  }

  /** Drops the connection. */
  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#buffered.push(chunk);
    this.#size += chunk.length;
    const head = this.#buffered.length === 1
      ? chunk
      : this.#buffered[0]!.length < 10
      ? this.#join()
      : this.#buffered[0]!;
    if (this.#size < frameLength(head)) return;
    const bytes = this.#join();
    let at = 0;
    for (let size = frameLength(bytes); size <= bytes.length - at; size = frameLength(bytes.subarray(at))) {
      const frame = bytes.subarray(at, at + size);
      this.#frames.push({ opcode: frame[0]! & 15, data: frame.subarray(headLength(frame)) });
      at += size;
    }
    this.#buffered = [bytes.subarray(at)];
    this.#size = bytes.length - at;
    this.#wake?.();
  }

  #join(): Buffer {
    const joined = Buffer.concat(this.#buffered);
    this.#buffered = [joined];
    return joined;
  }
}

/** Writes one masked frame. */
export function maskedFrame(data: string | Uint8Array, opcode: number): Buffer {
  const payload = Buffer.from(data as Uint8Array);
  const size = payload.length;
  const extended = size > 65535 ? 8 : size > 125 ? 2 : 0;
  const frame = Buffer.alloc(6 + extended + size);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 8 ? 127 : extended === 2 ? 126 : size);
  if (extended === 2) frame.writeUInt16BE(size, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(size), 2);
  const mask = randomBytes(4);
  mask.copy(frame, 2 + extended);
  for (let i = 0; i < size; i++) frame[6 + extended + i] = payload[i]! ^ mask[i & 3]!;
  return frame;
}

function headLength(frame: Buffer): number {
  const size = frame[1]! & 127;
  return size === 127 ? 10 : size === 126 ? 4 : 2;
}

/** The length of the frame that begins here, Infinity while that is not known yet. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < 2 || bytes.length < headLength(bytes)) return Infinity;
  const size = bytes[1]! & 127;
  if (size < 126) return 2 + size;
  return size === 126 ? 4 + bytes.readUInt16BE(2) : 10 + Number(bytes.readBigUInt64BE(2));
}

function readAnswer(socket: Socket): Promise<{ answer: RawAnswer; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const done = () => {
      socket.off("data", take).off("end", end).off("close", end);
      const split = bytes.indexOf("\r\n\r\n");
      if (split < 0) return reject(new Error("The server closed without an answer"));
      const [first = "", ...lines] = bytes.subarray(0, split).toString("latin1").split("\r\n");
      const headers = Object.fromEntries(lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }));
      const status = Number(first.split(" ")[1]);
      const rest = bytes.subarray(split + 4);
      resolve(
        status === 101
          ? { answer: { status, headers, body: "" }, rest }
          : { answer: { status, headers, body: rest.toString() }, rest: Buffer.alloc(0) },
      );
    };
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const split = bytes.indexOf("\r\n\r\n");
      if (split < 0) return;
      const head = bytes.subarray(0, split).toString("latin1");
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? "0";
      if (/^\S+ 101 /.test(head) || bytes.length >= split + 4 + Number(length)) done();
    };
    const end = () => done();
    socket.on("data", take as (chunk: Uint8Array) => void).on("end", end).on("close", end);
  });
}
