import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { Server as WebSocketServerOf } from "ws";
import type { Agreed } from "./acceptor.ts";
import { CompressedWebSocket } from "./compressed_transport.ts";

/** Below so many bytes a message is not worth compressing. */
const COMPRESSED_FROM = 1024;

/**
 * Takes over connections whose messages are to be compressed, by `ws`.
 *
 * @see RFC 7692
 */
export class CompressedUpgrades {
  readonly #webSockets: WebSocketServerOf<typeof CompressedWebSocket>;
  /** Whose handshake is being answered. */
  #answering: Agreed | undefined;

  /** @param maxMessageSize The size in bytes that a message may have when it is unpacked. */
  constructor(maxMessageSize: number) {
    this.#webSockets = new WebSocketServer({
      noServer: true,
      WebSocket: CompressedWebSocket,
      clientTracking: false,
      // It would answer each, and drop a client of which 60 pings wait: 61 that come together are no fault.
      autoPong: false,
      // A compressor that remembers what it has seen would hold a third of a megabyte for each connection.
      perMessageDeflate: { threshold: COMPRESSED_FROM, serverNoContextTakeover: true, clientNoContextTakeover: true },
      maxPayload: maxMessageSize,
      handleProtocols: () => this.#answering?.subprotocol ?? false,
    });
    this.#webSockets.on("headers", (lines) => {
      for (const [name, value] of Object.entries(this.#answering?.headers ?? {})) lines.push(`${name}: ${value}`);
    });
  }

  /**
   * Tells whether a client offers to compress.
   *
   * @param request Its request.
   * @returns Whether it does.
   */
  offeredBy({ headers }: IncomingMessage): boolean {
    const offers = (headers["sec-websocket-extensions"] ?? "").split(/[,;]/);
    return offers.some((one) => one.trim() === "permessage-deflate");
  }

  /**
   * Answers a handshake.
   *
   * @param request The request.
   * @param socket Its connection.
   * @param head What came behind it.
   * @param agreement How the client will speak.
   * @returns The WebSocket; undefined when the request was refused.
   */
  answer(request: IncomingMessage, socket: Socket, head: Buffer, agreement: Agreed): CompressedWebSocket | undefined {
    let opened: CompressedWebSocket | undefined;
    this.#answering = agreement;
    // `ws` answers before this returns.
    this.#webSockets.handleUpgrade(request, socket, head, (ws) => opened = ws);
    this.#answering = undefined;
    return opened;
  }

  /** Takes no more. */
  close(): void {
    this.#webSockets.close();
  }
}
