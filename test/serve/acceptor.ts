import { Head } from "../../src/codec/head.ts";
import { Payload } from "../../src/codec/payload.ts";
import type { Frame, Serializer } from "../../src/codec/serializer.ts";
import type { HandshakeAnswer, HandshakeRequest } from "../../src/router/handshake.ts";
import type { Acceptor } from "../../src/serve/acceptor.ts";
import type { Connection } from "../../src/transport/connection.ts";
import type { CloseInfo } from "../../src/transport/transport.ts";
import type { WampValue } from "../../src/wire/values.ts";

/** A serializer that lets every frame through as it is: it is the first argument of a CALL. */
export const opaque: Serializer = {
  name: "json",
  subprotocol: "wamp.2.json",
  batchedSubprotocol: "wamp.2.json.batched",
  scan: (frame: Frame): Head =>
    Object.assign(new Head(opaque, frame), { type: 48, payload: Payload.of([frame as WampValue]) }),
  sizeOf: (frame: Frame): number => (frame as string | Uint8Array).length,
} as Serializer;

/** A connection as the acceptor sees it. */
export class Accepted {
  readonly connection: Connection;
  readonly closed: Promise<CloseInfo>;
  /** Whether the connection said that it is gone. */
  ended = false;
  /** Called for every frame; those that came before it was set are handed over then. */
  #onFrame: ((frame: Frame) => void) | undefined;
  #frames: Frame[] = [];
  #onDrained: (() => void) | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
    this.closed = new Promise((resolve) =>
      connection.start({
        message: (head) => {
          const frame = head.payload.args[0] as Frame;
          if (this.#onFrame === undefined) this.#frames.push(frame);
          else this.#onFrame(frame);
        },
        violation: () => connection.terminate(),
        drained: () => this.#onDrained?.(),
        closed: (info) => {
          this.ended = true;
          resolve(info);
        },
      })
    );
  }

  /** Takes frames from now on, those that came already included. */
  onFrame(take: (frame: Frame) => void): void {
    for (const frame of this.#frames.splice(0)) take(frame);
    this.#onFrame = take;
  }

  /** Takes the next frames. */
  frames(count: number): Promise<Frame[]> {
    return new Promise((resolve) => {
      const taken: Frame[] = [];
      this.onFrame((frame) => {
        if (taken.push(frame) === count) resolve(taken);
      });
    });
  }

  /** Waits until the connection says that it is writable again. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#onDrained = resolve);
  }
}

/** Accepts `wamp.2.json` and keeps what it was handed. */
export class TestAcceptor implements Acceptor {
  readonly subprotocols: readonly string[] = ["wamp.2.json", "wamp.2.msgpack"];
  readonly requests: HandshakeRequest[] = [];
  #accepted: Accepted[] = [];
  #wake: (() => void) | undefined;

  handshake(request: HandshakeRequest): HandshakeAnswer {
    this.requests.push(request);
    if (!request.protocols.includes("wamp.2.json")) return { refused: "Offer wamp.2.json.", status: 400 };
    return { subprotocol: "wamp.2.json", serializer: opaque, batched: false, headers: { "set-cookie": "cbtid=1" } };
  }

  accept(connection: Connection): void {
    this.#accepted.push(new Accepted(connection));
    this.#wake?.();
  }

  /** Takes the next connection. */
  async next(): Promise<Accepted> {
    while (this.#accepted.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.#accepted.shift()!;
  }
}
