import type { Frame } from "../../src/codec/mod.ts";
import type { CloseInfo, PeerInfo, Transport, TransportHandler } from "../../src/transport/transport.ts";
import { settled } from "./peer.ts";

/** A socket whose other side reads when the test says so. */
export class Socket implements Transport {
  readonly peer: PeerInfo = { transport: "websocket", address: "test" };
  readonly written: unknown[][] = [];
  queuedBytes = 0;
  stuck = false;
  paused = false;
  pauses = 0;
  terminated = false;
  ended: CloseInfo | undefined;
  #handler: TransportHandler | undefined;

  start(handler: TransportHandler): void {
    this.#handler = handler;
  }

  turn(flush: () => void): void {
    queueMicrotask(flush);
  }

  write(frames: readonly Frame[]): void {
    for (const frame of frames) {
      this.written.push(JSON.parse(frame as string));
      if (this.stuck) this.queuedBytes += (frame as string).length;
    }
  }

  pause(): void {
    this.pauses++;
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(code = 1000, reason = ""): void {
    this.ended = { local: true, code, reason };
    if (!this.stuck) queueMicrotask(() => this.#handler?.closed(this.ended!));
  }

  terminate(): void {
    this.terminated = true;
    this.#handler?.closed({ local: true, reason: "terminated" });
  }

  receive(message: unknown): void {
    this.receiveText(JSON.stringify(message));
  }

  receiveText(text: string): void {
    this.#handler!.frame(text);
  }

  /** Reads what waits, and goes on not reading more. */
  readSome(): void {
    this.queuedBytes = 0;
    this.#handler!.drained();
  }

  drain(): void {
    this.queuedBytes = 0;
    this.stuck = false;
    this.#handler!.drained();
  }

  /** What was written since the last look. */
  async said(): Promise<unknown[][]> {
    await settled();
    return this.written.splice(0);
  }

  /** What was written of one message type since the last look. */
  async saidOf(type: number): Promise<unknown[][]> {
    return (await this.said()).filter((message) => message[0] === type);
  }
}
