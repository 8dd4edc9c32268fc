import { WampError } from "../wire/errors.ts";
import { shownUrl } from "../wire/shown_url.ts";

/** Where a RawSocket URL leads. */
export type RawSocketTarget =
  | { readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly path: string };

const ADDRESS = /^(tcpips?|rss?):\/\/(\[[0-9a-f:.]+\]|[^[\]:/?#@]+):(\d{1,5})\/?$/i;
const PATH = /^(?:unix:\/\/|rs:\/\/unix:)(.+)$/i;

/**
 * Reads a URL of a router on RawSocket.
 *
 * @param url `tcpip://host:port` or `rs://host:port`, over TLS `tcpips://` or `rss://`; `unix://path` or `rs://unix:path`.
 * @returns Where it leads.
 * @throws {WampError} `invalid_argument` when it is of another kind.
 */
export function readRawSocketUrl(url: string): RawSocketTarget {
  const path = PATH.exec(url)?.[1];
  if (path !== undefined) return { path };
  const [, scheme = "", host = "", digits = ""] = ADDRESS.exec(url) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65535) {
    throw new WampError(
      "invalid_argument",
      `Cannot connect to ${
        typeof url === "string" ? JSON.stringify(shownUrl(url)) : String(url)
      }: expected a URL such as "tcpip://127.0.0.1:18081", "tcpips://nexus.example.com:18082" or "unix:///run/nexus.socket"`,
    );
  }
  return { host: host.replace(/^\[|\]$/g, ""), port, tls: /^(tcpips|rss)$/i.test(scheme) };
}
