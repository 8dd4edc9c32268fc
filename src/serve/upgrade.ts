import type { HandshakeRequest } from "../router/handshake.ts";
import type { PeerCertificate, PeerInfo } from "../transport/transport.ts";
import type { Acceptor, Agreed } from "./acceptor.ts";
import type { ListenLimits, Place, Refusal } from "./admission.ts";
import { splitTarget } from "./door.ts";
import type { Door } from "./door.ts";
import { hostAndPort } from "./listener.ts";
import type { MountSettings } from "./options.ts";
import { mayConnect } from "./origins.ts";

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
  /** Where the connection comes from; empty and 0 where that is unknown. */
  readonly remote: { readonly address: string; readonly port: number };
  /** The client's certificate, where it showed one. */
  readonly certificate?: PeerCertificate | undefined;
}

/** A client that may come in. */
export interface Entrance {
  /** How it will speak. */
  readonly agreement: Agreed;
  /** What is known of it. */
  readonly peer: PeerInfo;
  /** Its place; whoever does not hand it on gives it back. */
  readonly place: Place;
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };

/**
 * Decides what to do with an HTTP request.
 *
 * @param door Who may come in.
 * @param settings The paths that are answered, and the origins that may connect.
 * @param request The request.
 * @returns How the client comes in, or the answer to give instead of an upgrade; it lists the subprotocols in `x-wamp-subprotocols`.
 */
export function decide(door: Door, settings: MountSettings, request: UpgradeRequest): Entrance | HttpAnswer {
  const { target, headers } = request;
  const { paths } = settings;
  if (!paths.includes(splitTarget(target).path) || !asksForWebSocket(headers)) {
    return answerPlain(door.acceptor, paths, target);
  }
  return admit(door, settings, "websocket", request, itemsOf(headers["sec-websocket-protocol"]));
}

/**
 * Decides on a client that wants to come in.
 *
 * @param door Who may come in.
 * @param settings The origins that may connect, and the proxies that are believed.
 * @param transport What it comes by.
 * @param request Its request.
 * @param protocols The subprotocols that it offers.
 * @returns How the client comes in, or the answer to give instead.
 */
export function admit(
  door: Door,
  settings: MountSettings,
  transport: "websocket" | "longpoll",
  request: UpgradeRequest,
  protocols: readonly string[],
): Entrance | HttpAnswer {
  const { target, headers, certificate } = request;
  const { acceptor, admission } = door;
  const { origin } = headers;
  if (!mayConnect(settings.origins, origin, headers.host ?? "")) {
    admission.refuse("origin");
    return answer(
      acceptor,
      403,
      `Pages of ${shown(origin)} may not connect here: the server's option "origins" says which may.`,
    );
  }
  const { address, port } = clientAddress(settings.proxies, request);
  const place = admission.admit(address);
  if (typeof place === "string") return answerFull(acceptor, place, settings.limits);
  const from = port === 0 ? address : hostAndPort(address, port);
  const { path, query } = splitTarget(target);
  const asked: Writable<HandshakeRequest> = { path, address: from, headers, protocols };
  if (query !== undefined) asked.query = query;
  const agreement = door.handshake(asked);
  if ("refused" in agreement) {
    place.release();
    return answer(acceptor, agreement.status, agreement.refused);
  }
  // Put together by assignment: to spread what is not there takes longer than all the rest.
  const { cookies } = agreement;
  const peer: Writable<PeerInfo> = { transport, path, address: from, headers };
  if (query !== undefined) peer.query = query;
  if (cookies !== undefined) peer.cookies = cookies;
  if (certificate !== undefined) peer.certificate = certificate;
  return { agreement, peer, place };
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
  const { path } = splitTarget(target);
  if (!paths.includes(path)) {
    return answer(acceptor, 404, `There is no WAMP router at ${path.slice(0, 100)}, but at ${paths.join(" and ")}.`);
  }
  const offered = acceptor.subprotocols.join(", ");
  return answer(acceptor, 426, `This is a WAMP router: open a WebSocket with one of the subprotocols ${offered}.`, {
    upgrade: "websocket",
    connection: "upgrade, close",
  });
}

function answerFull(acceptor: Acceptor, why: Refusal, limits: ListenLimits): HttpAnswer {
  const retry = { "retry-after": "60" };
  switch (why) {
    case "connections":
      return answer(acceptor, 503, `All ${limits.connections} places are taken: try again later.`, retry);
    case "connectionsPerAddress": {
      const text = `Your address has ${limits.connectionsPerAddress} connections already: close one of them.`;
      return answer(acceptor, 429, text, retry);
    }
    default: {
      const text =
        `More than ${limits.connectionsPerMinute} connections in a minute came from your address: try again later.`;
      return answer(acceptor, 429, text, retry);
    }
  }
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

function clientAddress(
  proxies: readonly string[],
  { remote, headers }: UpgradeRequest,
): { readonly address: string; readonly port: number } {
  const address = plainAddress(remote.address);
  if (!proxies.includes(address)) return { address, port: remote.port };
  // Each proxy adds at the end whom it was asked by; what stands before that is the client's own invention.
  const asked = itemsOf(headers["x-real-ip"] ?? headers["x-forwarded-for"]).map((one) =>
    plainAddress(withoutPort(one))
  );
  const said = asked.findLast((one) => !proxies.includes(one)) ?? asked[0] ?? "";
  return said === "" ? { address, port: remote.port } : { address: said.slice(0, 64), port: 0 };
}

/** A socket for both kinds of addresses writes those of the one in the form of the other. */
function plainAddress(address: string): string {
  return address.startsWith("::") ? address.replace(/^::ffff:(?=\d+\.)/i, "") : address;
}

/** Some proxies add the port, which is another for each connection, or write an IPv6 address in brackets. */
function withoutPort(address: string): string {
  const [, inBrackets, plain] = /^\[([^\]]*)\](?::\d+)?$|^([^:]+):\d+$/.exec(address) ?? [];
  return inBrackets ?? plain ?? address;
}

function shown(text = ""): string {
  return text.slice(0, 200);
}

/**
 * Tells whether a request asks for a WebSocket.
 *
 * @param headers Its HTTP headers, names in lower case.
 * @returns Whether it does.
 *
 * @see RFC 6455, section 4.2.1
 */
export function asksForWebSocket(
  { upgrade, connection }: { readonly upgrade?: string | undefined; readonly connection?: string | undefined },
): boolean {
  if (upgrade?.toLowerCase() !== "websocket") return false;
  return connection === "Upgrade" || itemsOf(connection).some((one) => one.toLowerCase() === "upgrade");
}

function itemsOf(header = ""): string[] {
  // Most name one thing.
  const items = header.includes(",") ? header.split(",").map((one) => one.trim()) : [header.trim()];
  return items.filter((one) => one !== "");
}
