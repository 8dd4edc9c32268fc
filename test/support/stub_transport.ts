import type { Frame } from "../../src/codec/serializer.ts";
import type { PeerInfo, Transport, TransportHandler } from "../../src/transport/transport.ts";

/** A transport whose turns, queue and incoming frames a test decides on. */
export class StubTransport implements Transport {
  readonly peer: PeerInfo = { transport: "memory", address: "test" };
  readonly written: Frame[][] = [];
  /** What was asked of it besides writing. */
  readonly asked: string[] = [];
  queuedBytes = 0;
  /** Whether what is written stays queued. */
  keep = false;
  handler: TransportHandler | undefined;
  declare readonly batchLimit?: number;
  #flush: () => void = () => {};

  /** @param batchLimit How large batches should be (default the outbox's). */
  constructor(batchLimit?: number) {
    if (batchLimit !== undefined) this.batchLimit = batchLimit;
  }

  start(handler: TransportHandler): void {
    this.handler = handler;
  }

  turn(flush: () => void): void {
    this.#flush = flush;
  }

  /** Ends the turn. */
  endTurn(): void {
    this.#flush();
  }

  write(frames: readonly Frame[]): void {
    this.written.push([...frames]);
    if (this.keep) { for (const frame of frames) this.queuedBytes += (frame as string | Uint8Array).length; }
  }

  pause(): void {
    this.asked.push("pause");
  }

  resume(): void {
    this.asked.push("resume");
  }

  close(): void {
    this.asked.push("close");
  }

  terminate(): void {
    this.asked.push("terminate");
  }
}
