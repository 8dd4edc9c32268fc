import type { Acceptor, Agreed } from "./acceptor.ts";

/** An answer without an upgrade. */
export interface HttpAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The body, plain text. */
  readonly text: string;
  /** The HTTP headers. */
  readonly headers: { readonly [name: string]: string };
}

/** What a listener knows of a request. */
export interface UpgradeRequest {
  /** The request target: path and query. */
  readonly target: string;
  /** The HTTP headers, names in lower case. */
  readonly headers: { readonly [name: string]: string };
}

/**
 * Decides what to do with an HTTP request.
 *
 * @param acceptor Who decides on subprotocols.
 * @param paths The paths that are answered.
 * @param request The request.
 * @returns What was agreed on, or the answer to give instead of an upgrade; it lists the subprotocols in `x-wamp-subprotocols`.
 */
export function decide(acceptor: Acceptor, paths: readonly string[], request: UpgradeRequest): Agreed | HttpAnswer {
  const { target, headers } = request;
  const path = pathOf(target);
  if (!paths.includes(path) || !asksForWebSocket(headers)) return answerPlain(acceptor, paths, target);
  const decision = acceptor.handshake({ path, headers, protocols: itemsOf(headers["sec-websocket-protocol"]) });
  return "refused" in decision ? answer(acceptor, decision.status, decision.refused) : decision;
}

/**
 * Answers an HTTP request that asks for no WebSocket.
 *
 * @param acceptor What is served.
 * @param paths The paths that are answered.
 * @param target The request target.
 * @returns The answer: 426 on a path that is answered, otherwise 404.
 */
export function answerPlain(acceptor: Acceptor, paths: readonly string[], target: string): HttpAnswer {
  const path = pathOf(target);
  if (!paths.includes(path)) {
    return answer(acceptor, 404, `There is no WAMP router at ${path.slice(0, 100)}, but at ${paths.join(" and ")}.`);
  }
  const offered = acceptor.subprotocols.join(", ");
  return answer(acceptor, 426, `This is a WAMP router: open a WebSocket with one of the subprotocols ${offered}.`, {
    upgrade: "websocket",
    connection: "upgrade, close",
  });
}

function answer(
  acceptor: Acceptor,
  status: number,
  text: string,
  more: { readonly [name: string]: string } = {},
): HttpAnswer {
  return {
    status,
    text: `${text}\n`,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      connection: "close",
      "x-wamp-subprotocols": acceptor.subprotocols.join(", "),
      ...more,
    },
  };
}

function asksForWebSocket({ upgrade, connection }: { readonly [name: string]: string | undefined }): boolean {
  return upgrade?.toLowerCase() === "websocket" && itemsOf(connection).some((one) => one.toLowerCase() === "upgrade");
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}

function itemsOf(header: string | undefined): string[] {
  return (header ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "");
}
