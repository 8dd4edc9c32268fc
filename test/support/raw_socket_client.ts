import { connect } from "node:net";
import type { Socket } from "node:net";

/** A RawSocket client that writes whatever a test wants. */
export class RawSocketClient {
  readonly socket: Socket;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  #received: Uint8Array = new Uint8Array(0);
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Uint8Array) => {
      this.#received = Uint8Array.of(...this.#received, ...bytes);
      this.#wake();
    });
    socket.on("error", () => {});
    this.gone = new Promise((resolve) =>
      socket.on("close", () => {
        this.#ended = true;
        this.#wake();
        resolve();
      })
    );
  }

  /** Connects to a listener's URL and says something; nothing is read of it yet. */
  static async open(url: string, handshake?: string): Promise<RawSocketClient> {
    const socket = connect(
      url.startsWith("unix://") ? { path: url.slice(7) } : { host: "127.0.0.1", port: Number(url.split(":").at(-1)) },
    );
    const client = new RawSocketClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    if (handshake !== undefined) socket.write(Buffer.from(handshake, "hex"));
    return client;
  }

  /** Takes bytes, in hexadecimal; fewer when the connection ends before. */
  async take(count: number): Promise<string> {
    while (this.#received.length < count && !this.#ended) await new Promise<void>((resolve) => this.#wake = resolve);
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return Buffer.from(taken).toString("hex");
  }

  /** Takes a frame: its first octet and what it carries, as text; undefined when the connection ends before. */
  async frame(): Promise<{ kind: number; text: string } | undefined> {
    const prefix = Buffer.from(await this.take(4), "hex");
    if (prefix.length < 4) return undefined;
    const text = Buffer.from(await this.take(prefix.readUIntBE(1, 3)), "hex").toString();
    return { kind: prefix[0]!, text };
  }

  /** Writes a frame. */
  send(text: string | Uint8Array, kind = 0): void {
    const body = Buffer.from(text as string);
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(body.length);
    prefix[0] = kind;
    this.socket.write(Buffer.concat([prefix, body]));
  }

  destroy(): void {
    this.socket.destroy();
  }
}
