import { Buffer } from "node:buffer";
import { STATUS_CODES } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { concatBytes } from "../transport/concat.ts";
import type { Acceptor } from "./acceptor.ts";
import { peerCertificate } from "./certificate.ts";
import type { TlsSocketLike } from "./certificate.ts";
import { CompressedTransport } from "./compressed_transport.ts";
import { CompressedUpgrades } from "./compressed_upgrades.ts";
import { Door, splitTarget, targetOf } from "./door.ts";
import { FrameWriter } from "./frame_writer.ts";
import type { Guest } from "./guest_connection.ts";
import { LongPoll } from "./long_poll.ts";
import type { PollAnswer, PollRequest } from "./long_poll.ts";
import { longPollSettings } from "./long_poll_options.ts";
import { NodeTransport } from "./node_transport.ts";
import type { Shared } from "./node_transport.ts";
import type { MountSettings } from "./options.ts";
import { decide } from "./upgrade.ts";
import type { Entrance, HttpAnswer, UpgradeRequest } from "./upgrade.ts";
import { Vigil } from "./vigil.ts";
import { answerHandshake, incompleteHandshake, isComplete } from "./websocket_handshake.ts";

/** A router on a server of `node:http` or `node:https`: takes over upgraded connections, and answers the requests of long-poll. */
export class NodeMount {
  /** Who may come in. */
  readonly door: Door;
  readonly #settings: MountSettings;
  readonly #longPoll: LongPoll | undefined;
  readonly #shared: Shared;
  readonly #compressed: CompressedUpgrades | undefined;
  /** What was last to be answered on a connection; what it was asked before is answered by then, too. */
  readonly #answers = new WeakMap<Socket, ServerResponse>();
  readonly #left = (transport: Guest): void => this.door.left(transport);

  /**
   * @param acceptor What is served.
   * @param settings How.
   */
  constructor(acceptor: Acceptor, settings: MountSettings) {
    this.door = new Door(acceptor, settings);
    this.#settings = settings;
    const { longPoll, compression, maxMessageSize } = settings;
    if (longPoll !== undefined) this.#longPoll = new LongPoll(this.door, settings, longPollSettings(longPoll));
    if (compression) this.#compressed = new CompressedUpgrades(maxMessageSize);
    this.#shared = {
      writer: new FrameWriter(),
      // On Deno a vigil doubles the CPU time of a lone call (61 and 127 us) and saves a fourth of its wait.
      vigil: "Deno" in globalThis ? undefined : new Vigil(),
      left: this.#left,
    };
  }

  /** The paths of its WebSockets. */
  get paths(): readonly string[] {
    return this.#settings.paths;
  }

  /**
   * Tells whether a WebSocket's path is one of the router's.
   *
   * @param request The request.
   * @returns Whether it is; none is once the mount is closed.
   */
  owns(request: IncomingMessage): boolean {
    return !this.door.closed && this.#settings.paths.includes(splitTarget(targetOf(request.url ?? "/")).path);
  }

  /**
   * Takes a request for a WebSocket, or refuses it.
   *
   * @param request The request.
   * @param socket Its connection.
   * @param head What came behind it.
   */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // That answer would come into the midst of the WebSocket's frames.
    if (this.#answers.get(socket)?.writableFinished === false) return void socket.destroy();
    const entrance = decide(this.door, this.#settings, upgradeRequest(request, socket));
    if ("status" in entrance) return refuse(socket, entrance);
    const { agreement: { serializer, batched }, place } = entrance;
    if (!isComplete(request)) {
      place.release();
      return refuse(socket, incompleteHandshake);
    }
    const transport = this.#open(request, socket, head, entrance);
    if (transport === undefined) return place.release();
    const { maxMessageSize } = this.#settings;
    // A socket tells of its draining only after its own mark was passed, which therefore must not be above the connection's.
    const highWaterMark = Math.max(this.#settings.highWaterMark, socket.writableHighWaterMark);
    this.door.enter(transport, place, serializer, { batched, highWaterMark, maxMessageSize });
  }

  /**
   * Answers a request, if it is one of long-poll.
   *
   * @param request The request.
   * @param response Its answer.
   * @returns Whether it is; otherwise nothing was done with it.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const longPoll = this.#longPoll;
    if (longPoll === undefined || !longPoll.owns(targetOf(request.url ?? "/"))) return false;
    this.#answers.set(request.socket, response);
    longPoll.answer(pollRequest(request, response)).then(
      (answer) => respond(response, answer),
      (error) => response.destroy(error),
    );
    return true;
  }

  /**
   * Closes every connection.
   *
   * @returns When they are gone.
   */
  async close(): Promise<void> {
    await this.door.close();
    this.#compressed?.close();
  }

  /** Makes a WebSocket of a connection, unless the client is gone. */
  #open(request: IncomingMessage, socket: Socket, head: Buffer, { agreement, peer }: Entrance): Guest | undefined {
    if (!socket.readable || !socket.writable) return void socket.destroy();
    if (this.#compressed?.offeredBy(request)) {
      const ws = this.#compressed.answer(request, socket, head, agreement);
      if (ws === undefined) return undefined;
      return new CompressedTransport(ws, socket, peer, this.#settings, this.#left);
    }
    answerHandshake(socket, request, agreement);
    // A server that is there already may have set both otherwise.
    socket.setTimeout(0);
    socket.setNoDelay(true);
    if (head.length > 0) socket.unshift(head);
    return new NodeTransport(socket, this.#shared, peer, this.#settings);
  }
}

/**
 * Answers a request.
 *
 * @param response Where to.
 * @param answer The answer.
 */
export function respond(response: ServerResponse, { status, headers, body, sending }: PollAnswer): void {
  if (sending !== undefined) {
    const { dropped, over } = sending;
    if (dropped.aborted || response.destroyed) {
      response.destroy();
      return over(false);
    }
    dropped.addEventListener("abort", () => response.destroy());
    // Deno calls a response finished whose client is gone, but says so by this event of one that has left alone.
    response.once("finish", () => over(true));
    response.once("close", () => over(false));
  }
  response.writeHead(status, headers).end(body);
}

function upgradeRequest({ url = "/", headers }: IncomingMessage, socket: Socket): UpgradeRequest {
  // Alone of all headers this one is kept as a list; it has no place in a request, but may come.
  const cookies = headers["set-cookie"];
  if (cookies !== undefined) headers = { ...headers, "set-cookie": cookies.join(", ") as never };
  return {
    target: targetOf(url),
    headers: headers as Record<string, string>,
    remote: { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 },
    certificate: peerCertificate(socket as TlsSocketLike),
  };
}

function pollRequest(request: IncomingMessage, response: ServerResponse): PollRequest {
  return {
    ...upgradeRequest(request, request.socket),
    method: request.method ?? "GET",
    body: (limit) => request.readableEnded ? Promise.resolve("read") : readBody(request, limit),
    onGone: (leave) => response.once("close", leave),
  };
}

function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array<ArrayBuffer> | "large" | "gone"> {
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    let size = 0;
    request.on("data", (piece: Uint8Array) => {
      size += piece.length;
      if (size <= limit) return pieces.push(piece);
      pieces.length = 0;
      // What is still to come is not read: the answer closes the connection.
      request.pause();
      resolve("large");
    });
    request.once("end", () => {
      resolve(concatBytes(pieces));
    });
    request.once("close", () => resolve("gone"));
    request.once("error", () => resolve("gone"));
  });
}

/**
 * Answers a request for an upgrade without one.
 *
 * @param socket The connection; it is closed.
 * @param answer The answer.
 */
export function refuse(socket: Duplex, { status, text, headers }: HttpAnswer): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.on("error", () => socket.destroy());
  // A client that does not end its half of the connection is not waited for.
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`);
}
