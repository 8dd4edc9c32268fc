import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { type Messages, readId, readType, ROLES, type Template, writeId } from "./frames.ts";

/** Every frame has this mask; with zeros a server would have nothing to unmask. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;

const WELCOME = 2;
const CHALLENGE = 4;
const ERROR = 8;
const SUBSCRIBED = 33;
const REGISTERED = 65;
/** So many requests wait for their answers at a time. */
const REQUESTS_AT_ONCE = 1_000;

/** A message in a masked frame, ready to be copied and patched. */
interface MaskedFrame {
  readonly bytes: Buffer;
  readonly idAt: number;
  readonly mask: Buffer;
}

/** Who logs in by ticket. */
export interface Login {
  readonly authid: string;
  readonly secret: string;
}

/** One raw WebSocket that sends prepared frames and reads nothing but type and request id of what comes. */
export class Peer {
  readonly #socket: Socket;
  readonly #messages: Messages;
  readonly #scratch: Buffer = Buffer.alloc(16);
  readonly #frames = new Map<Template, MaskedFrame>();
  #rest: Buffer = Buffer.alloc(0);
  /** Pieces of a frame of which more is to come, and how many bytes have to be there before it is worth looking again. */
  #pieces: Buffer[] = [];
  #held = 0;
  #needed = 0;
  /** Called for every chunk with the types and ids of the messages in it. */
  #take: (types: number[], ids: number[]) => void = () => {};
  #lastId = 0;

  private constructor(socket: Socket, messages: Messages) {
    this.#socket = socket;
    this.#messages = messages;
    socket.on("data", (chunk) => this.#read(chunk as Buffer));
  }

  /**
   * Connects and joins.
   *
   * @param url Where to.
   * @param messages What to say.
   * @param login Who logs in; without, it is anonymous.
   */
  static async join(url: string, messages: Messages, login?: Login): Promise<Peer> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.setNoDelay(true);
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
        `Sec-WebSocket-Protocol: ${messages.subprotocol}\r\n\r\n`,
    );
    const answer = await new Promise<Buffer>((resolve, reject) => {
      socket.once("data", (data) => resolve(data as Buffer));
      socket.once("close", () => reject(new Error("The connection was closed at its handshake")));
    });
    if (!answer.toString("latin1").startsWith("HTTP/1.1 101 ")) {
      throw new Error(`The handshake was refused: ${answer.toString("latin1").split("\r\n")[0]}`);
    }
    const peer = new Peer(socket, messages);
    if (login === undefined) await peer.#ask(messages.hello, WELCOME);
    else {
      const { authid, secret } = login;
      const realm = messages.realm;
      await peer.#ask(messages.template([1, realm, { roles: ROLES, authmethods: ["ticket"], authid }]), CHALLENGE);
      await peer.#ask(messages.template([5, secret, {}]), WELCOME);
    }
    return peer;
  }

  /**
   * Sends requests, each with an id of its own, and waits for all answers.
   *
   * @param requests REGISTER or SUBSCRIBE messages.
   * @throws When one is refused.
   */
  async request(requests: readonly Template[]): Promise<void> {
    for (let at = 0; at < requests.length; at += REQUESTS_AT_ONCE) {
      const some = requests.slice(at, at + REQUESTS_AT_ONCE);
      let missing = some.length;
      await new Promise<void>((resolve, reject) => {
        this.onMessages((types) => {
          for (const type of types) {
            if (type !== REGISTERED && type !== SUBSCRIBED) return reject(new Error(`A request got a ${type}`));
          }
          missing -= types.length;
          if (missing === 0) resolve();
        });
        for (const one of some) this.send(one, 1, () => ++this.#lastId);
      });
    }
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
    const hasId = template.idAt > 1;
    for (let i = 0; i < count; i++) {
      const at = i * size;
      frame.bytes.copy(out, at);
      if (!hasId) continue;
      writeId(this.#messages.format, scratch, 0, template.idSize, nextId(i));
      for (let j = 0; j < template.idSize; j++) out[at + frame.idAt + j] = scratch[j]! ^ frame.mask[j]!;
    }
    this.#socket.write(out);
  }

  /**
   * Sends a number of messages, each of its own kind, in one write.
   *
   * @param count How many.
   * @param next Gives each one its template, before it gets its id.
   * @param nextId Gives each one its id.
   */
  sendOf(count: number, next: (index: number) => Template, nextId: (index: number) => number): void {
    this.#socket.cork();
    for (let i = 0; i < count; i++) this.send(next(i), 1, () => nextId(i));
    this.#socket.uncork();
  }

  /** Drops the connection. */
  close(): void {
    this.#socket.destroy();
  }

  #ask(message: Template, wanted: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onMessages(([got]) => {
        if (got === wanted) resolve();
        else reject(new Error(`A message of type ${got} came instead of ${wanted}`));
      });
      this.send(message, 1, () => 0);
    });
  }

  #frameOf(template: Template): MaskedFrame {
    let frame = this.#frames.get(template);
    if (frame === undefined) this.#frames.set(template, frame = mask(template, this.#messages));
    return frame;
  }

  #read(chunk: Buffer): void {
    const bytes = this.#gather(chunk);
    if (bytes === undefined) return;
    const { format, replyIdAt, errorIdAt } = this.#messages;
    const types: number[] = [];
    const ids: number[] = [];
    let at = 0;
    this.#needed = 0;
    while (bytes.length - at >= 2) {
      let size = bytes[at + 1]!;
      let start = at + 2;
      if (size > 125) {
        start = at + (size === 126 ? 4 : 10);
        if (bytes.length < start) break;
        size = size === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      }
      if (start + size > bytes.length) {
        this.#needed = start + size - at;
        break;
      }
      const opcode = bytes[at]! & 15;
      if (opcode === 8) throw new Error(`The router closed: ${bytes.toString("latin1", start + 2, start + size)}`);
      if (opcode < 3) {
        const type = readType(format, bytes, start);
        types.push(type);
        ids.push(type < ERROR ? 0 : readId(format, bytes, start + (type === ERROR ? errorIdAt : replyIdAt)));
      }
      at = start + size;
    }
    this.#rest = bytes.subarray(at);
    if (types.length > 0) this.#take(types, ids);
  }

  /** Puts a chunk behind what is left of those before, unless the frame that they begin goes on beyond it. */
  #gather(chunk: Buffer): Buffer | undefined {
    if (this.#rest.length === 0) return chunk;
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#rest.length + this.#held < this.#needed) return undefined;
    const bytes = Buffer.concat([this.#rest, ...this.#pieces]);
    this.#pieces = [];
    this.#held = 0;
    return bytes;
  }
}

function mask({ bytes, idAt, idSize }: Template, { binary }: Messages): MaskedFrame {
  const length = bytes.length;
  const head = Buffer.alloc(length < 126 ? 2 : length < 1 << 16 ? 4 : 10);
  head[0] = binary ? 0x82 : 0x81;
  head[1] = 0x80 | (length < 126 ? length : length < 1 << 16 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const frame = Buffer.concat([head, Buffer.from(MASK), bytes]);
  const start = frame.length - length;
  for (let i = 0; i < length; i++) frame[start + i] = bytes[i]! ^ MASK[i & 3]!;
  const field = Buffer.from(Array.from({ length: idSize }, (_, i) => MASK[(idAt + i) & 3]!));
  return { bytes: frame, idAt: start + idAt, mask: field };
}
