import type { Frame } from "../codec/serializer.ts";
import type { CloseInfo, TransportHandler } from "./transport.ts";

/** What a transport has to tell: frames that come before there is a handler wait for it, and the end is told once, behind them. */
export class Delivery {
  #handler: TransportHandler | undefined;
  #early: Frame[] = [];
  #ended: CloseInfo | undefined;

  /** Whether the transport is gone. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** @param handler Who is told, from now on. */
  start(handler: TransportHandler): void {
    // What comes meanwhile is appended to what is being handed over.
    for (const frame of this.#early) handler.frame(frame);
    this.#early = [];
    this.#handler = handler;
    this.#tell();
  }

  /** @param frame What came. */
  frame(frame: Frame): void {
    if (this.#handler !== undefined) this.#handler.frame(frame);
    else if (this.#ended === undefined) this.#early.push(frame);
  }

  /** Some of what was queued has been written. */
  drained(): void {
    this.#handler?.drained();
  }

  /** @param info How the transport ended; only the first time counts. */
  end(info: CloseInfo): void {
    this.#ended ??= info;
    this.#tell();
  }

  #tell(): void {
    const handler = this.#handler;
    if (this.#ended === undefined || handler === undefined) return;
    this.#handler = undefined;
    handler.closed(this.#ended);
  }
}
