import { WampError } from "../wire/errors.ts";
import type { ListenerStatistics } from "./admission.ts";
import type { ServerCertificate } from "./certificate.ts";
import type { Settings } from "./options.ts";
import { isLoopback } from "./origins.ts";

/** A router on a server that is somebody else's. */
export interface Mount {
  /** How many connections there are, came and were refused. */
  readonly statistics: ListenerStatistics;

  /**
   * Closes every connection of the router's with code 1001, and takes no more: those that come meanwhile get 503, and its paths are the server's again
   * afterwards. The server goes on. Close the router first, so that its sessions hear of it.
   *
   * @returns When none is left.
   */
  close(): Promise<void>;
}

/** An open port. */
export interface Listener extends AsyncDisposable {
  /**
   * Shows another certificate to those who connect from now on; connections that there are go on.
   *
   * @param certificate The certificate and its key; whether clients are asked for theirs stays as it is.
   * @returns Whether that could be done: not where the port speaks no TLS, and not for WebSockets on Bun.
   * @throws {WampError} `invalid_argument` when they are no certificate and its key; the old one stays.
   */
  renew(certificate: ServerCertificate): boolean;

  /** The URL of the first path, such as `ws://127.0.0.1:8080/ws`. */
  readonly url: string;
  /** The port, also where a free one was asked for. */
  readonly port: number;
  /** How many connections there are, came and were refused. */
  readonly statistics: ListenerStatistics;

  /**
   * Stops listening, closes every connection with code 1001 and frees the port.
   *
   * @returns When nothing is left.
   */
  close(): Promise<void>;
}

/**
 * Writes the URL of a listener.
 *
 * @param settings Where it listens.
 * @param port The port it got.
 * @returns The URL of its first path.
 */
export function listenerUrl({ hostname, paths, tls }: Settings, port: number): string {
  return `${tls === undefined ? "ws" : "wss"}://${hostAndPort(hostname, port)}${paths[0] ?? "/"}`;
}

/**
 * Writes an address and a port as one text.
 *
 * @param address An IPv4 or IPv6 address or a name.
 * @param port The port.
 * @returns Both, an IPv6 address in brackets.
 */
export function hostAndPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Says why a port could not be opened.
 *
 * @param settings Where the listener was to listen.
 * @param cause What the runtime threw.
 * @returns The error to throw.
 */
export function listenError({ hostname, port }: Pick<Settings, "hostname" | "port">, cause: unknown): WampError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return new WampError(
    "listen_failed",
    `Cannot listen on ${hostAndPort(hostname, port)}: ${doubtful(code, hostname, port) ?? reasonOf(code, cause)}`,
    { cause },
  );
}

/** Bun says of a name that it does not know what it said of its failure before, often that the port is in use. */
function doubtful(code: string | undefined, hostname: string, port: number): string | undefined {
  const isName = /[^\d.]/.test(hostname) && !hostname.includes(":") && !isLoopback(hostname);
  if (code !== "EADDRINUSE" || port !== 0 && !isName) return undefined;
  return port === 0 ? reasonOf("EADDRNOTAVAIL", undefined) : "the port is in use, or this machine has no such address";
}

function reasonOf(code: string | undefined, cause: unknown): string {
  switch (code) {
    case "EADDRINUSE":
      return "the port is in use; stop what holds it or take another (0 takes a free one)";
    case "EACCES":
    case "EPERM":
      return "this user may not open that port; take one above 1023";
    case "EADDRNOTAVAIL":
    case "EINVAL": // Deno's word for it
    case "ENOTFOUND":
      return "this machine has no such address";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
