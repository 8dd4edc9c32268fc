import type { Socket } from "node:net";
import {
  HandshakeError,
  PREFIX_SIZE,
  readHandshake,
  subprotocolOf,
  writeHandshake,
  writeRefusal,
} from "../transport/rawsocket_framing.ts";
import type { Handshake } from "../transport/rawsocket_framing.ts";
import { ProtocolViolation } from "../wire/errors.ts";
import type { Timer } from "../wire/clock.ts";
import type { HandshakeAnswer } from "../router/handshake.ts";
import type { Agreed } from "./acceptor.ts";
import type { RawSocketSettings } from "./rawsocket_options.ts";

/** What a client and this side agreed on. */
export interface Shaken {
  /** The serializer. */
  readonly agreement: Agreed;
  /** The largest frame in bytes that the client takes. */
  readonly peerLimit: number;
  /** What came behind the handshake. */
  readonly rest: Uint8Array<ArrayBuffer>;
}

/** A connection whose client has yet to say what it speaks. */
export class PendingHandshake {
  readonly #socket: Socket;
  readonly #decide: (subprotocol: string) => HandshakeAnswer;
  readonly #settings: RawSocketSettings;
  readonly #done: (shaken: Shaken | undefined) => void;
  readonly #deadline: Timer;
  #octets: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /**
   * @param socket The connection.
   * @param decide Asked whether a client that speaks a subprotocol may come in.
   * @param settings Its deadline and its limit.
   * @param done Called once: with what was agreed on, or with nothing when the connection has no future.
   */
  constructor(
    socket: Socket,
    decide: (subprotocol: string) => HandshakeAnswer,
    settings: RawSocketSettings,
    done: (shaken: Shaken | undefined) => void,
  ) {
    this.#socket = socket;
    this.#decide = decide;
    this.#settings = settings;
    this.#done = done;
    const { clock, handshakeTimeout } = settings;
    this.#deadline = clock.timer(handshakeTimeout, () => this.drop(), { background: true });
    socket.on("error", () => socket.destroy());
    socket.on("data", this.#onData);
    socket.on("close", this.#onClose);
  }

  /** Ends the connection. */
  drop(): void {
    this.#socket.destroy();
  }

  readonly #onClose = (): void => {
    this.#leave();
    this.#done(undefined);
  };

  readonly #onData = (bytes: Uint8Array<ArrayBuffer>): void => {
    const octets = new Uint8Array(this.#octets.length + bytes.length);
    octets.set(this.#octets);
    octets.set(bytes, this.#octets.length);
    this.#octets = octets;
    try {
      const handshake = readHandshake(octets.subarray(0, PREFIX_SIZE));
      if (handshake !== undefined) this.#answer(handshake, octets.subarray(PREFIX_SIZE));
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.drop();
    }
  };

  #answer({ serializer, limit }: Handshake, rest: Uint8Array<ArrayBuffer>): void {
    // Zero is no serializer but the mark of a refusal: whoever sends it takes this side for the client.
    if (serializer === 0) return this.drop();
    const subprotocol = subprotocolOf(serializer);
    if (subprotocol === undefined) return this.#refuse(HandshakeError.serializerUnsupported);
    const answer = this.#decide(subprotocol);
    if ("refused" in answer) {
      return this.#refuse(
        answer.status === 400 ? HandshakeError.serializerUnsupported : HandshakeError.connectionLimit,
      );
    }
    this.#leave();
    this.#socket.write(writeHandshake(this.#settings.maxMessageSize, serializer));
    this.#done({ agreement: answer, peerLimit: limit, rest });
  }

  // The deadline stays, for a client that does not end its half of the connection.
  #refuse(error: number): void {
    this.#socket.off("data", this.#onData);
    this.#socket.resume();
    this.#socket.end(writeRefusal(error));
  }

  #leave(): void {
    this.#deadline.cancel();
    this.#socket.off("data", this.#onData);
    this.#socket.off("close", this.#onClose);
  }
}
