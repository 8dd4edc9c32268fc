import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Agreed } from "./acceptor.ts";
import type { HttpAnswer } from "./upgrade.ts";

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";

/** What is answered to a request for a WebSocket that lacks what every such request has. */
export const incompleteHandshake: HttpAnswer = {
  status: 400,
  text: "This is not a complete WebSocket handshake.\n",
  headers: { "content-type": "text/plain; charset=utf-8", connection: "close", "sec-websocket-version": VERSION },
};

/**
 * Tells whether a request is a complete handshake.
 *
 * @param request The request, which asks for a WebSocket.
 * @returns Whether it is.
 *
 * @see RFC 6455, section 4.2.1
 */
export function isComplete({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers["sec-websocket-version"] === VERSION &&
    KEY.test(headers["sec-websocket-key"] ?? "");
}

/**
 * Answers a complete handshake: the connection is a WebSocket then.
 *
 * @param socket Where to.
 * @param request The request.
 * @param agreement The subprotocol that was agreed on, and other headers of the answer.
 *
 * @see RFC 6455, section 4.2.2
 */
export function answerHandshake(
  socket: Socket,
  request: IncomingMessage,
  { subprotocol, headers }: Pick<Agreed, "subprotocol" | "headers">,
): void {
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"]! + MAGIC).digest("base64");
  let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n`;
  for (const [name, value] of Object.entries(headers)) answer += `${name}: ${value}\r\n`;
  socket.write(`${answer}\r\n`);
}
