import { direct } from "../codec/direct.ts";
import type { Frame, Serializer } from "../codec/serializer.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./connection.ts";
import { nextTurn } from "./next_turn.ts";
import type { CloseInfo, PeerInfo, Transport, TransportHandler } from "./transport.ts";

/** So many turns are microtasks; the one after them lets timers and sockets have theirs, which a loop of calls would keep waiting for ever. */
const TURNS_IN_A_ROW = 1000;

const peer: PeerInfo = { transport: "memory", address: "memory" };

/** One end of a pair: what is written at one comes out at the other, a turn later. */
class MemoryTransport implements Transport {
  readonly peer: PeerInfo = peer;
  #other: MemoryTransport | undefined;
  #handler: TransportHandler | undefined;
  #arrived: Frame[] = [];
  #delivering = false;
  #turns = 0;
  #ended: CloseInfo | undefined;

  static pair(): [MemoryTransport, MemoryTransport] {
    const pair: [MemoryTransport, MemoryTransport] = [new MemoryTransport(), new MemoryTransport()];
    [pair[0].#other, pair[1].#other] = [pair[1], pair[0]];
    return pair;
  }

  // A frame counts as gone when the other end's handler has taken it, which is a turn later: nothing is ever queued for long.
  readonly queuedBytes = 0;

  start(handler: TransportHandler): void {
    this.#handler = handler;
    this.#deliverSoon();
  }

  turn(flush: () => void): void {
    if (++this.#turns % TURNS_IN_A_ROW === 0) nextTurn(flush);
    else queueMicrotask(flush);
  }

  write(frames: readonly Frame[]): void {
    if (this.#other !== undefined) this.#other.#arrive(frames);
  }

  close(code?: number, reason?: string): void {
    this.#end(code, reason);
  }

  terminate(): void {
    this.#end(undefined, "terminated");
  }

  #end(code: number | undefined, reason = ""): void {
    const other = this.#other;
    if (other === undefined) return;
    this.#other = undefined;
    other.#other = undefined;
    const how = code === undefined ? { reason } : { reason, code };
    this.#ended = { local: true, ...how };
    other.#ended = { local: false, ...how };
    this.#arrived = [];
    this.#deliverSoon();
    other.#deliverSoon();
  }

  #arrive(frames: readonly Frame[]): void {
    for (const frame of frames) this.#arrived.push(frame);
    this.#deliverSoon();
  }

  #deliverSoon(): void {
    if (this.#delivering || this.#handler === undefined) return;
    this.#delivering = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#delivering = false;
    const frames = this.#arrived;
    this.#arrived = [];
    for (const frame of frames) this.#handler?.frame(frame);
    if (this.#ended !== undefined && this.#arrived.length === 0) {
      const handler = this.#handler;
      this.#handler = undefined;
      handler?.closed(this.#ended);
    }
  }
}

/**
 * Makes two connections inside one process that are each other's peer.
 *
 * @param serializer What both speak (default: values are handed over unencoded; tests pass `json`, `msgpack` or `cbor` to encode).
 * @param options Limits of both connections.
 * @returns The two ends; each delivers in a later turn, never inside the call that sends.
 */
export function memoryPair(serializer: Serializer = direct, options: ConnectionOptions = {}): [Connection, Connection] {
  const [left, right] = MemoryTransport.pair();
  return [new Connection(left, serializer, options), new Connection(right, serializer, options)];
}
