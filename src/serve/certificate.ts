import { createPrivateKey, X509Certificate } from "node:crypto";
import type { PeerCertificate } from "../transport/transport.ts";
import { WampError } from "../wire/errors.ts";

/** A certificate and its key, and whether clients are to show one, too. */
export interface ServerCertificate {
  /** The certificate, and those that lead to it, PEM. */
  readonly cert: string;
  /** Its key, PEM. */
  readonly key: string;
  /** The authorities that sign the certificates of clients, PEM (default those that the runtime knows). */
  readonly ca?: string;
  /**
   * Whether clients are asked for a certificate (default not): `"request"` also takes a client without one, and only one that was verified is handed to
   * the router; `"require"` takes no other client.
   */
  readonly clientCertificate?: "request" | "require";
}

/** The same in the words of `node:tls`, which Bun's server shares. */
export interface TlsSettings {
  /** The certificate, PEM. */
  readonly cert: string;
  /** Its key, PEM. */
  readonly key: string;
  /** The authorities of clients, PEM. */
  readonly ca?: string;
  /** Whether clients are asked for a certificate. */
  readonly requestCert: boolean;
  /** Whether a client without a good one is turned away. */
  readonly rejectUnauthorized: boolean;
}

/**
 * Says it in the words of `node:tls`.
 *
 * @param certificate The certificate.
 * @returns The settings.
 * @throws {WampError} `invalid_argument` when they are no certificate and its key.
 */
export function tlsSettings({ cert, key, ca, clientCertificate }: ServerCertificate): TlsSettings {
  check(cert, key);
  return {
    cert,
    key,
    ...ca !== undefined && { ca },
    requestCert: clientCertificate !== undefined,
    rejectUnauthorized: clientCertificate === "require",
  };
}

/** What of a TLS server of `node:tls` or `node:https` is used here. */
interface TlsServerLike {
  setSecureContext?(certificate: { readonly cert: string; readonly key: string; readonly ca?: string }): void;
}

/**
 * Gives a server another certificate.
 *
 * @param server The server; one without TLS has no such thing.
 * @param certificate The certificate.
 * @returns Whether the server could take it.
 * @throws {WampError} `invalid_argument` when they are no certificate and its key; the server keeps the old one.
 */
export function renewCertificate(server: object, { cert, key, ca }: ServerCertificate): boolean {
  const tls: TlsServerLike = server;
  if (tls.setSecureContext === undefined) return false;
  check(cert, key);
  tls.setSecureContext({ cert, key, ...ca !== undefined && { ca } });
  return true;
}

/** What of a TLS socket of `node:tls` is used here. */
export interface TlsSocketLike {
  /** Whether the client's certificate was verified. */
  readonly authorized?: boolean;
  /** Tells of the client's certificate. */
  getPeerCertificate?(): {
    readonly subject?: object;
    readonly issuer?: object;
    readonly subjectaltname?: string | undefined;
    readonly fingerprint256?: string;
  };
}

/**
 * Reads the certificate that a client has shown.
 *
 * @param socket The connection.
 * @returns The certificate; undefined where there is none that was verified, or the runtime does not show it.
 */
export function peerCertificate(socket: TlsSocketLike): PeerCertificate | undefined {
  if (socket.authorized !== true) return undefined;
  const shown = socket.getPeerCertificate?.();
  if (shown?.fingerprint256 === undefined) return undefined;
  return {
    subject: attributes(shown.subject),
    issuer: attributes(shown.issuer),
    names: namesOf(shown.subjectaltname ?? ""),
    fingerprint: shown.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

// Runtimes say so in different words, or only to those who connect.
function check(cert: string, key: string): void {
  let fit: boolean;
  try {
    fit = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new WampError(
      "invalid_argument",
      `Cannot speak TLS with this certificate and key: ${why}; give both as PEM`,
      { cause },
    );
  }
  if (!fit) {
    throw new WampError(
      "invalid_argument",
      "Cannot speak TLS: the key is not that of the certificate; give the one that it was made for",
    );
  }
}

function attributes(name: object = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(name).map(([key, value]) => [key, [value].flat().join("+")]));
}

/** What could be taken for a separator is quoted, as in JSON. */
function namesOf(text: string): string[] {
  const names = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return names.map((name) => name.trim().replace(/"(?:[^"\\]|\\.)*"$/, unquoted)).filter((name) => name !== "");
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
