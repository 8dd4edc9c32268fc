import type { Serializer } from "../codec/serializer.ts";
import { ConnectError } from "../wire/errors.ts";
import type { ErrorCode } from "../wire/errors.ts";
import { HandshakeError, readHandshake, serializerNumber } from "./rawsocket_framing.ts";
import type { Handshake } from "./rawsocket_framing.ts";

/**
 * Reads a router's answer to a handshake.
 *
 * @param url What was dialled.
 * @param octets What came of it so far.
 * @param serializer What was asked for.
 * @returns The largest message in bytes that the router takes; undefined as long as the answer is not complete.
 * @throws {ConnectError} When the router refuses, or answers something else.
 */
export function readAnswer(url: string, octets: Uint8Array, serializer: Serializer): number | undefined {
  let answer: Handshake | undefined;
  try {
    answer = readHandshake(octets.subarray(0, 4));
  } catch (cause) {
    const message =
      `No WAMP router on RawSocket at ${url}: what listens there says something else; check host and port`;
    throw new ConnectError("not_wamp", message, { url, cause });
  }
  if (answer === undefined) return undefined;
  if (answer.serializer === 0) throw refused(url, answer.error, serializer);
  if (answer.serializer !== serializerNumber(serializer.subprotocol)) {
    const message =
      `No WAMP router at ${url}: asked for ${serializer.name}, it agreed to serializer ${answer.serializer}; it is broken`;
    throw new ConnectError("not_wamp", message, { url });
  }
  return answer.limit;
}

function refused(url: string, error: number, { name }: Serializer): ConnectError {
  const [code, why] = reasons[error] ?? ["refused", `it refuses the connection with error ${error}`];
  return new ConnectError(code, `Cannot connect to ${url}: ${why.replace("SERIALIZER", name)}`, { url });
}

const reasons: { readonly [error: number]: readonly [ErrorCode, string] } = {
  [HandshakeError.serializerUnsupported]: [
    "no_common_serializer",
    "it does not speak SERIALIZER; put another first in the option serializers",
  ],
  [HandshakeError.lengthUnacceptable]: [
    "length_unacceptable",
    "it does not agree to the largest message size; give another as option maxMessageSize",
  ],
  [HandshakeError.reservedBits]: ["not_wamp", "it claims that reserved bits were used, which they were not"],
  [HandshakeError.connectionLimit]: ["connection_limit", "it takes no more connections; try again later"],
};

/**
 * Says what a connection that ended without an answer means.
 *
 * @param url What was dialled.
 * @returns The error to reject with.
 */
export function noAnswer(url: string): ConnectError {
  const message =
    `Cannot connect to ${url}: the connection was closed without an answer; what listens there does not speak RawSocket, or not this serializer`;
  return new ConnectError("not_wamp", message, { url });
}

/**
 * Says why a socket could not be opened.
 *
 * @param url What was dialled.
 * @param cause What the runtime said.
 * @returns The error to reject with.
 */
export function failedSocket(url: string, cause: Error): ConnectError {
  const name = "code" in cause ? String(cause.code) : "";
  const [code, why] = failures.find(([, , pattern]) => pattern.test(name) || pattern.test(cause.message)) ??
    ["connection_failed", "the connection failed"] as const;
  const detail = cause.message === "" ? name : cause.message;
  return new ConnectError(code, `Cannot connect to ${url}: ${why}${detail === "" ? "" : ` (${detail})`}`, {
    url,
    cause,
  });
}

const failures: readonly (readonly [ErrorCode, string, RegExp])[] = [
  ["host_unknown", "the host is not known; check its name, and the network", /ENOTFOUND|EAI_AGAIN|getaddrinfo/],
  [
    "connection_refused",
    "nothing listens there; check the address, and whether the router is running",
    /ECONNREFUSED|ENOENT|ENOTSOCK/,
  ],
  [
    "tls_failed",
    "TLS failed; check that the port speaks TLS, and that the certificate is valid for the host and known here",
    /TLS|SSL|CERT|UNABLE_TO_|EPROTO|InvalidContentType|certificate|SELF_SIGNED/i,
  ],
];
