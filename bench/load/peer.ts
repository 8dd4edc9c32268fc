import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { type Messages, readId, readType, type Template, writeId } from "./frames.ts";

/** Every frame has this mask; with zeros a server would have nothing to unmask. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;

/** A message in a masked frame, ready to be copied and patched. */
interface MaskedFrame {
  readonly bytes: Buffer;
  readonly idAt: number;
  readonly mask: Buffer;
}

/** One raw WebSocket that sends prepared frames and reads nothing but type and request id of what comes. */
export class Peer {
  readonly #socket: Socket;
  readonly #messages: Messages;
  readonly #scratch: Buffer;
  readonly #frames = new Map<Template, MaskedFrame>();
  #rest: Buffer = Buffer.alloc(0);
  /** Called for every chunk with the types and ids of the messages in it. */
  #take: (types: number[], ids: number[]) => void = () => {};
  #registerId = 0;

  private constructor(socket: Socket, messages: Messages) {
    this.#socket = socket;
    this.#messages = messages;
    this.#scratch = Buffer.alloc(messages.idSize);
    socket.on("data", (chunk) => this.#read(chunk as Buffer));
  }

  /**
   * Connects and joins.
   *
   * @param url Where to.
   * @param messages What to say.
   */
  static async join(url: string, messages: Messages): Promise<Peer> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.setNoDelay(true);
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
        `Sec-WebSocket-Protocol: ${messages.subprotocol}\r\n\r\n`,
    );
    const answer = await new Promise<Buffer>((resolve) => socket.once("data", (data) => resolve(data as Buffer)));
    if (!answer.toString("latin1").startsWith("HTTP/1.1 101 ")) {
      throw new Error(`The handshake was refused: ${answer.toString("latin1").split("\r\n")[0]}`);
    }
    const peer = new Peer(socket, messages);
    peer.send(messages.hello, 1, () => 0);
    await peer.expect(2);
    return peer;
  }

  /** Registers the procedure. */
  async register(): Promise<void> {
    this.send(this.#messages.register, 1, () => ++this.#registerId);
    await this.expect(65);
  }

  /**
   * Says who takes what comes.
   *
   * @param take Called once a chunk with the types and ids of the messages in it.
   */
  onMessages(take: (types: number[], ids: number[]) => void): void {
    this.#take = take;
  }

  /**
   * Sends a number of messages in one write.
   *
   * @param template The message.
   * @param count How many.
   * @param nextId Gives each one its id.
   */
  send(template: Template, count: number, nextId: (index: number) => number): void {
    const frame = this.#frameOf(template);
    const size = frame.bytes.length;
    const out = Buffer.allocUnsafe(size * count);
    const scratch = this.#scratch;
    const hasId = template !== this.#messages.hello;
    for (let i = 0; i < count; i++) {
      const at = i * size;
      frame.bytes.copy(out, at);
      if (!hasId) continue;
      writeId(this.#messages.format, scratch, 0, nextId(i));
      for (let j = 0; j < scratch.length; j++) out[at + frame.idAt + j] = scratch[j]! ^ frame.mask[j]!;
    }
    this.#socket.write(out);
  }

  /** Drops the connection. */
  close(): void {
    this.#socket.destroy();
  }

  /** Waits for a message of a type and throws at any other. */
  expect(type: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onMessages(([got]) => {
        if (got === type) resolve();
        else reject(new Error(`A message of type ${got} came instead of ${type}`));
      });
    });
  }

  #frameOf(template: Template): MaskedFrame {
    let frame = this.#frames.get(template);
    if (frame === undefined) this.#frames.set(template, frame = mask(template, this.#messages));
    return frame;
  }

  #read(chunk: Buffer): void {
    const { format, replyIdAt } = this.#messages;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const types: number[] = [];
    const ids: number[] = [];
    let at = 0;
    while (bytes.length - at >= 2) {
      let size = bytes[at + 1]!;
      let start = at + 2;
      if (size === 126) {
        if (bytes.length - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        start = at + 4;
      } else if (size === 127) throw new Error("A frame that long is not part of this load");
      if (start + size > bytes.length) break;
      const opcode = bytes[at]! & 15;
      if (opcode === 8) throw new Error(`The router closed: ${bytes.toString("latin1", start + 2, start + size)}`);
      if (opcode < 3) {
        const type = readType(format, bytes, start);
        types.push(type);
        ids.push(type < 8 ? 0 : readId(format, bytes, start + replyIdAt));
      }
      at = start + size;
    }
    this.#rest = bytes.subarray(at);
    if (types.length > 0) this.#take(types, ids);
  }
}

function mask({ bytes, idAt }: Template, { binary, idSize }: Messages): MaskedFrame {
  const head = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  const frame = Buffer.from([binary ? 0x82 : 0x81, 0x80 | head[0]!, ...head.slice(1), ...MASK, ...bytes]);
  const start = frame.length - bytes.length;
  for (let i = 0; i < bytes.length; i++) frame[start + i] = bytes[i]! ^ MASK[i & 3]!;
  const field = Buffer.from(Array.from({ length: idSize }, (_, i) => MASK[(idAt + i) & 3]!));
  return { bytes: frame, idAt: start + idAt, mask: field };
}
