import { HIGH_WATER_MARK } from "../transport/connection.ts";
import { isLimit, LARGEST_LIMIT } from "../transport/rawsocket_framing.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import { said } from "../wire/option_rules.ts";
import { defaultListenLimits } from "./admission.ts";
import type { ListenLimits } from "./admission.ts";
import type { ServerCertificate } from "./certificate.ts";
import { checkRawSocketOptions } from "./option_checks.ts";

/** Where and how to listen for RawSocket. */
export interface RawSocketListenOptions {
  /** The TCP port; 0 takes a free one (default 0). */
  readonly port?: number;
  /** The address to listen on (default `127.0.0.1`, which other machines cannot reach). */
  readonly hostname?: string;
  /** A unix socket to listen on, instead of a port (default none); one that a dead process left behind is replaced. */
  readonly path?: string;
  /** The certificate to show: the port then speaks TLS (default plain TCP). */
  readonly tls?: ServerCertificate;
  /** How many connections are taken, where it is not the default; further ones are refused with the error "maximum connection count reached". */
  readonly limits?: Partial<ListenLimits>;
  /** The largest message in bytes that is taken; a power of two from 512 to 16 MiB (default 1 MiB, as Nexus has it). */
  readonly maxMessageSize?: number;
  /** How many milliseconds a client has to say what it speaks before it is dropped (default 10,000). */
  readonly handshakeTimeout?: number;
  /** After how many milliseconds of silence a client is pinged; 0 for never (default 0: swampyer takes a ping for a message). */
  readonly pingInterval?: number;
  /** How many milliseconds a pinged client has to say anything before its connection is ended (default 30,000). */
  readonly pingTimeout?: number;
  /** How many milliseconds a client has to take what is queued and end its half of the connection before it is dropped (default 5,000). */
  readonly closeTimeout?: number;
  /** Bytes queued for one client from which on its connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock;
}

/** The options with every default in its place. */
export type RawSocketSettings = Required<Omit<RawSocketListenOptions, "path" | "tls" | "limits">> & {
  readonly path: string | undefined;
  readonly tls: ServerCertificate | undefined;
  readonly limits: ListenLimits;
};

/**
 * Puts the defaults in place.
 *
 * @param options What was asked for.
 * @returns All settings.
 * @throws {WampError} `invalid_argument` when there is no such option, its value is wrong, or a limit cannot be said in a handshake.
 */
export function rawSocketSettings(options: RawSocketListenOptions): RawSocketSettings {
  checkRawSocketOptions(options);
  const settings: RawSocketSettings = {
    port: 0,
    hostname: "127.0.0.1",
    path: undefined,
    tls: undefined,
    maxMessageSize: 1024 * 1024,
    handshakeTimeout: 10_000,
    pingInterval: 0,
    pingTimeout: 30_000,
    closeTimeout: 5_000,
    highWaterMark: HIGH_WATER_MARK,
    clock: systemClock,
    ...said(options),
    limits: { ...defaultListenLimits, ...said(options.limits) },
  };
  const { maxMessageSize } = settings;
  if (isLimit(maxMessageSize)) return settings;
  throw new WampError(
    "invalid_argument",
    `Cannot take messages up to ${maxMessageSize} bytes: RawSocket knows the powers of two from 512 to ${LARGEST_LIMIT}`,
  );
}
