import type { Frame, Serializer } from "../codec/serializer.ts";
import type { Transport } from "./transport.ts";

/** What a batch adds to each of its messages, in bytes: a length before it, or a separator behind. */
const BATCH_OVERHEAD = 4;

/**
 * Gathers the frames of one turn of the event loop and writes them together.
 *
 * On Node a frame that is its own write costs a router 24 us of CPU a call, a turn's frames in one write 4 to 6 us.
 */
export class Outbox {
  readonly #transport: Transport;
  readonly #serializer: Serializer;
  readonly #batched: boolean;
  #frames: Frame[] = [];
  #bytes = 0;

  /**
   * @param transport Where the frames go, and who says when a turn ends.
   * @param serializer Whose frames these are.
   * @param batched Whether a turn's frames go as one batch.
   */
  constructor(transport: Transport, serializer: Serializer, batched: boolean) {
    this.#transport = transport;
    this.#serializer = serializer;
    this.#batched = batched;
  }

  /** Bytes that wait for the end of this turn. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a frame behind those that wait.
   *
   * @param frame The frame; it must not change afterwards.
   */
  append(frame: Frame): void {
    this.#bytes += this.#serializer.sizeOf(frame);
    if (this.#frames.push(frame) === 1) this.#transport.turn(this.flush);
  }

  /** Writes what waits, now. */
  readonly flush = (): void => {
    if (this.#frames.length === 0) return;
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    this.#transport.write(this.#batched ? this.#batches(frames) : frames);
  };

  #batches(frames: readonly Frame[]): Frame[] {
    const limit = this.#transport.batchLimit ?? Infinity;
    const batches: Frame[] = [];
    let first = 0;
    let bytes = 0;
    for (const [index, frame] of frames.entries()) {
      const size = this.#serializer.sizeOf(frame) + BATCH_OVERHEAD;
      if (index > first && bytes + size > limit) {
        batches.push(this.#serializer.joinBatch(frames.slice(first, index)));
        first = index;
        bytes = 0;
      }
      bytes += size;
    }
    batches.push(this.#serializer.joinBatch(first === 0 ? frames : frames.slice(first)));
    return batches;
  }
}
