import type { Acceptor, Agreement } from "./acceptor.ts";

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
export function decide(
  acceptor: Acceptor,
  paths: readonly string[],
  { target, headers }: UpgradeRequest,
): Agreement | HttpAnswer {
  const path = pathOf(target);
  const offered = acceptor.subprotocols.join(", ");
  const answer = (status: number, text: string, more: { readonly [name: string]: string } = {}): HttpAnswer => ({
    status,
    text: `${text}\n`,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      connection: "close",
      "x-wamp-subprotocols": offered,
      ...more,
    },
  });
  if (!paths.includes(path)) {
    return answer(404, `There is no WAMP router at ${path.slice(0, 100)}, but at ${paths.join(" and ")}.`);
  }
  if (headers["upgrade"]?.toLowerCase() !== "websocket") {
    return answer(426, `This is a WAMP router: open a WebSocket with one of the subprotocols ${offered}.`, {
      upgrade: "websocket",
      connection: "upgrade, close",
    });
  }
  const decision = acceptor.handshake({ path, headers, protocols: protocolsOf(headers["sec-websocket-protocol"]) });
  return "refused" in decision ? answer(decision.status, decision.refused) : decision;
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}

function protocolsOf(header: string | undefined): string[] {
  return (header ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "");
}
