import type { CodecCore, Header, Tape } from "./core.ts";
import { Tag } from "./core.ts";
import { fault } from "./fault.ts";
import * as Fault from "./fault_code.ts";
import type { Grammar } from "./grammar.ts";
import { MessageHeader, scanMessage } from "./scan_message.ts";
import { TapeWriter } from "./tape_writer.ts";

/** The TypeScript half of the codec: what both formats have in common. */
export abstract class TwinCore implements CodecCore {
  abstract readonly format: "msgpack" | "cbor";
  readonly backend = "typescript";
  readonly uris: readonly string[] = [];
  /** Where values are written. */
  protected readonly tape: TapeWriter = new TapeWriter();
  readonly #grammar: Grammar;
  readonly #maxDepth: number;
  readonly #header = new MessageHeader();
  readonly #floats = new DataView(new ArrayBuffer(8));

  /**
   * @param grammar The format.
   * @param maxDepth How many levels of lists, dictionaries and tags a message may have.
   */
  constructor(grammar: Grammar, maxDepth: number) {
    this.#grammar = grammar;
    this.#maxDepth = maxDepth;
  }

  scan(bytes: Uint8Array, start: number, end: number): Header {
    scanMessage(this.#grammar, bytes, start, end, this.#maxDepth, this.#header);
    return this.#header;
  }

  /** One call a message is as good as one for all: there is no border to cross. */
  scanBatch(): Header {
    this.#header.count = 0;
    return this.#header;
  }

  decode(bytes: Uint8Array, start: number, end: number): Tape {
    const { tape } = this;
    tape.reset();
    const last = this.value(bytes, start, end, this.#maxDepth);
    if (last < 0) tape.fail(last);
    else if (last !== end) tape.fail(fault(Fault.trailing, last));
    return tape;
  }

  /** Writes one value to the tape; returns where it ends, or a packed fault. */
  protected abstract value(bytes: Uint8Array, at: number, end: number, levels: number): number;

  /** Writes a text or binary. */
  protected span(tag: number, at: number, length: number, end: number): number {
    if (at + length > end) return fault(Fault.truncated, end);
    this.tape.push(tag, length, at);
    return at + length;
  }

  /** Writes a list or dictionary, which begins at `head`, and its elements, which begin at `at`. */
  protected items(
    tag: number,
    bytes: Uint8Array,
    head: number,
    at: number,
    end: number,
    count: number,
    levels: number,
  ): number {
    const values = tag === Tag.dict ? count * 2 : count;
    if (levels <= 0) return fault(Fault.tooDeep, head);
    if (values > end - at) return fault(Fault.tooMany, head);
    this.tape.push(tag, count);
    for (let left = values; left > 0; left--) {
      at = this.value(bytes, at, end, levels - 1);
      if (at < 0) return at;
    }
    return at;
  }

  /** Reads a float of 4 or 8 bytes. */
  protected float(bytes: Uint8Array, at: number, size: number): number {
    const floats = this.#floats;
    for (let index = 0; index < size; index++) floats.setUint8(index, bytes[at + index] as number);
    return size === 4 ? floats.getFloat32(0) : floats.getFloat64(0);
  }
}
