import type { PeerCertificate } from "../transport/transport.ts";

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
 */
export function tlsSettings({ cert, key, ca, clientCertificate }: ServerCertificate): TlsSettings {
  return {
    cert,
    key,
    ...ca !== undefined && { ca },
    requestCert: clientCertificate !== undefined,
    rejectUnauthorized: clientCertificate === "require",
  };
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
