import { connect } from "node:net";
import type { Socket } from "node:net";
import { cbor, json, msgpack } from "@izaber/wamp";
import type { Serializer } from "@izaber/wamp";
import type { WampValue } from "../../../src/wire/values.ts";
import { maskedFrame, opcodes, RawWebSocket } from "../../support/raw_websocket.ts";
import type { Arena } from "./arena.ts";

export type Bytes = string | Uint8Array;

/** Somebody who sends whatever it likes. */
export interface Peer {
  /** Sends a frame, well-formed for the transport, whatever is in it. */
  send(frame: Bytes): void | Promise<void>;
  /** Sends the beginning of a frame that says it has so many bytes, and a few of them. */
  begin(length: number): void;
  /** Takes the next message; undefined when the connection is over. */
  next(): Promise<WampValue[] | undefined>;
  /** Reads no more. */
  stopReading(): void;
  /** Says that it will send no more, and stays. */
  halfClose(): void;
  destroy(): void;
}

/** A way to the router. */
export interface Way {
  readonly name: string;
  readonly serializer: Serializer;
  open(arena: Arena): Promise<Peer>;
}

const serializers = [json, msgpack, cbor];

/** Every transport with every serializer. */
export const ways: readonly Way[] = [
  ...serializers.map((serializer): Way => ({
    name: `WebSocket, ${serializer.name}`,
    serializer,
    open: (arena) => openWebSocket(arena.web.url, serializer),
  })),
  ...serializers.map((serializer): Way => ({
    name: `RawSocket over TCP, ${serializer.name}`,
    serializer,
    open: (arena) => RawPeer.open({ port: arena.tcp.port, host: "127.0.0.1" }, serializer),
  })),
  ...serializers.map((serializer): Way => ({
    name: `RawSocket over a unix socket, ${serializer.name}`,
    serializer,
    open: (arena) => RawPeer.open({ path: arena.unix.url.slice("unix://".length) }, serializer),
  })),
  ...serializers.map((serializer): Way => ({
    name: `long-poll, ${serializer.name}`,
    serializer,
    open: (arena) => PollPeer.open(arena, serializer),
  })),
];

/** Writes any list as a message. */
export function message(serializer: Serializer, value: readonly WampValue[]): Bytes {
  return serializer.encodeValue(value).data as Bytes;
}

/** Joins, as all roles. */
export async function join(peer: Peer, serializer: Serializer): Promise<void> {
  const roles = { caller: {}, callee: {}, publisher: {}, subscriber: {} };
  await peer.send(message(serializer, [1, "realm1", { roles }]));
  const answer = await peer.next();
  if (answer?.[0] !== 2) throw new Error(`expected WELCOME, got ${JSON.stringify(answer)}`);
}

function read(serializer: Serializer, frame: Uint8Array): WampValue[] {
  const value = serializer.name === "json"
    ? JSON.parse(new TextDecoder().decode(frame))
    : serializer.decode(frame as Uint8Array<ArrayBuffer>, 0, frame.length);
  return value as WampValue[];
}

async function openWebSocket(url: string, serializer: Serializer): Promise<Peer> {
  const client = await RawWebSocket.open(url, { protocols: [serializer.subprotocol] });
  if (client.answer.status !== 101) throw new Error(`expected 101, got ${client.answer.status}`);
  return {
    send: (frame) => client.send(frame),
    begin: (length) => {
      const head = Uint8Array.of(0x82, 0xff, ...new Array(12).fill(0), 1, 2, 3);
      new DataView(head.buffer).setBigUint64(2, BigInt(length));
      client.socket.write(head);
    },
    next: async () => {
      let frame = await client.next();
      // The router may just be asking who is there.
      while (frame?.opcode === opcodes.ping) frame = await client.next();
      if (frame === undefined || frame.opcode === opcodes.close) return undefined;
      return read(serializer, new Uint8Array(frame.data));
    },
    stopReading: () => void client.socket.pause(),
    halfClose: () => void client.socket.end(maskedFrame("", 9)),
    destroy: () => client.destroy(),
  };
}

class RawPeer implements Peer {
  readonly #socket: Socket;
  readonly #serializer: Serializer;
  #bytes = Buffer.alloc(0);
  #frames: Uint8Array[] = [];
  #ended = false;
  #wake: () => void = () => {};
  #shaken = false;

  private constructor(socket: Socket, serializer: Serializer) {
    this.#socket = socket;
    this.#serializer = serializer;
    socket.on("error", () => {});
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  static async open(to: { port: number; host: string } | { path: string }, serializer: Serializer): Promise<RawPeer> {
    const socket = connect({ ...to, allowHalfOpen: true });
    const peer = new RawPeer(socket, serializer);
    const number = { json: 1, msgpack: 2, cbor: 3, direct: 0 }[serializer.name];
    socket.write(Uint8Array.of(0x7f, 0xf0 | number, 0, 0));
    while (!peer.#shaken && !peer.#ended) await new Promise<void>((resolve) => peer.#wake = resolve);
    return peer;
  }

  send(frame: Bytes): void {
    const body = Buffer.from(frame as string);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.#socket.write(Buffer.concat([head, body]));
  }

  begin(length: number): void {
    const head = Buffer.alloc(7);
    head.writeUInt32BE(Math.min(length, 0xffffff));
    this.#socket.write(head);
  }

  async next(): Promise<WampValue[] | undefined> {
    while (this.#frames.length === 0 && !this.#ended) await new Promise<void>((resolve) => this.#wake = resolve);
    const frame = this.#frames.shift();
    return frame === undefined ? undefined : read(this.#serializer, frame);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  halfClose(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (!this.#shaken && this.#bytes.length >= 4) {
      this.#shaken = true;
      this.#bytes = this.#bytes.subarray(4);
    }
    while (this.#shaken && this.#bytes.length >= 4) {
      const length = this.#bytes.readUInt32BE() & 0xffffff;
      if (this.#bytes.length < 4 + length) break;
      this.#frames.push(new Uint8Array(this.#bytes.subarray(4, 4 + length)));
      this.#bytes = this.#bytes.subarray(4 + length);
    }
    this.#wake();
  }
}

class PollPeer implements Peer {
  readonly #port: number;
  readonly #url: string;
  readonly #serializer: Serializer;
  readonly #requests = new AbortController();
  readonly #sockets: Socket[] = [];

  private constructor(port: number, url: string, serializer: Serializer) {
    this.#port = port;
    this.#url = url;
    this.#serializer = serializer;
  }

  static async open({ web: { port } }: Arena, serializer: Serializer): Promise<PollPeer> {
    const base = `http://127.0.0.1:${port}/lp`;
    const body = JSON.stringify({ protocols: [serializer.subprotocol] });
    const response = await fetch(`${base}/open`, { method: "POST", body });
    const { transport } = await response.json() as { transport: string };
    return new PollPeer(port, `${base}/${transport}`, serializer);
  }

  async send(frame: Bytes): Promise<void> {
    const { signal } = this.#requests;
    const body = frame as string | Uint8Array<ArrayBuffer>;
    await fetch(`${this.#url}/send`, { method: "POST", body, signal }).then((response) => response.text()).catch(
      () => {},
    );
  }

  begin(length: number): void {
    const socket = connect(this.#port, "127.0.0.1");
    this.#sockets.push(socket.on("error", () => {}));
    const { pathname } = new URL(this.#url);
    socket.write(`POST ${pathname}/send HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n[1,`);
  }

  async next(): Promise<WampValue[] | undefined> {
    const { signal } = this.#requests;
    for (;;) {
      const response = await fetch(`${this.#url}/receive`, { method: "POST", signal }).catch(() => undefined);
      if (response === undefined || !response.ok) return undefined;
      const body = new Uint8Array(await response.arrayBuffer());
      if (body.length > 0) return read(this.#serializer, body);
    }
  }

  stopReading(): void {}

  halfClose(): void {}

  destroy(): void {
    this.#requests.abort();
    for (const socket of this.#sockets) socket.destroy();
    fetch(`${this.#url}/close`, { method: "POST" }).then((response) => response.text()).catch(() => {});
  }
}
