import { HIGH_WATER_MARK, MAX_MESSAGE_SIZE } from "../transport/connection.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { said } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import { defaultListenLimits } from "./admission.ts";
import type { ListenLimits } from "./admission.ts";
import type { ServerCertificate } from "./certificate.ts";
import type { LongPollOptions } from "./long_poll_options.ts";
import { checkListenOptions, checkMountOptions } from "./option_checks.ts";
import { isLoopback, isLoopbackOrigin } from "./origins.ts";
import type { Origins } from "./origins.ts";

/** How a router is served over HTTP, on a port of its own or on a server that is there already. */
export interface MountOptions {
  /** The URL paths that are answered (default `/ws` and `/`; on a server that is there already only `/ws`). */
  readonly paths?: readonly string[];
  /**
   * The web pages that may connect, by their origin, with `*` for anything in it, or a function that is told the origin and the host that was asked
   * (default: those of the host that the request is for, and those of this machine; on a port that only this machine reaches these alone, unless there are
   * `proxies`). Programs send no origin, and always may. A page elsewhere gets 403.
   */
  readonly origins?: Origins;
  /**
   * Addresses of proxies (default none). What one of these says in `X-Real-IP`, else what stands last in `X-Forwarded-For` and is none of them, is the
   * client's address; mind that they set the one or add to the other, since a client may send both.
   */
  readonly proxies?: readonly string[];
  /** How many connections are taken, where it is not the default. */
  readonly limits?: Partial<ListenLimits>;
  /** Long-poll beside WebSocket, for clients that have only HTTP (default none); true for the defaults. */
  readonly longPoll?: boolean | LongPollOptions;
  /**
   * Whether messages are compressed for clients that offer it (default false): it saves bytes on slow lines, and costs a router most of its speed and
   * memory for each connection. On the user's `Bun.serve` and `Deno.serve` that server decides.
   */
  readonly compression?: boolean;
  /** After how many milliseconds of silence a client is pinged; 0 for never (default 30,000). */
  readonly pingInterval?: number;
  /** How many milliseconds a pinged client has to say anything before its connection is ended (default 30,000). */
  readonly pingTimeout?: number;
  /** How many milliseconds a client has to take what is queued and answer a close before it is dropped (default 5,000). */
  readonly closeTimeout?: number;
  /** Bytes queued for one client from which on its connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number;
  /** The size in bytes from which on an incoming frame ends its connection with code 1009 (default 64 MiB); on `Deno.serve` once all of it has come. */
  readonly maxMessageSize?: number;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock;
  /** Where randomness comes from (default the runtime's). */
  readonly random?: Random;
}

/** Where and how to listen. */
export interface ListenOptions extends MountOptions {
  /** The TCP port; 0 takes a free one (default 0). */
  readonly port?: number;
  /** The address to listen on (default `127.0.0.1`, which other machines cannot reach). */
  readonly hostname?: string;
  /** The certificate to show: the port then speaks TLS, `wss://` (default plain TCP). */
  readonly tls?: ServerCertificate;
  /** How many milliseconds a client has for TLS and the head of its request before it is dropped; on Bun 10 s in any case (default 10,000). */
  readonly handshakeTimeout?: number;
}

type WithoutDefault = "origins" | "tls" | "longPoll" | "limits";

/** The options of a mount with every default in its place. */
export interface MountSettings extends Required<Omit<MountOptions, WithoutDefault>> {
  /** How many connections are taken. */
  readonly limits: ListenLimits;
  /** The web pages that may connect. */
  readonly origins: Origins | undefined;
  /** Long-poll, if wanted. */
  readonly longPoll: LongPollOptions | undefined;
}

/** The options of a listener with every default in its place. */
export interface Settings extends MountSettings, Required<Omit<ListenOptions, WithoutDefault | keyof MountOptions>> {
  /** The certificate, if the port speaks TLS. */
  readonly tls: ServerCertificate | undefined;
}

/**
 * Puts the defaults in place.
 *
 * @param options What was asked for.
 * @returns All settings.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function settingsOf(options: ListenOptions): Settings {
  checkListenOptions(options);
  const settings: Settings = {
    port: 0,
    hostname: "127.0.0.1",
    tls: undefined,
    handshakeTimeout: 10_000,
    ...said(options),
    ...withDefaults(options, ["/ws", "/"]),
  };
  const { hostname, proxies, origins } = settings;
  // Its owner can point the name of any site at this machine, so that a page there and the host which is asked for agree: DNS rebinding.
  return isLoopback(hostname) && proxies.length === 0
    ? { ...settings, origins: origins ?? isLoopbackOrigin }
    : settings;
}

/**
 * Puts the defaults of a mount in place.
 *
 * @param options What was asked for.
 * @returns All settings.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function mountSettingsOf(options: MountOptions): MountSettings {
  checkMountOptions(options);
  return withDefaults(options, ["/ws"]);
}

function withDefaults(options: MountOptions, paths: readonly string[]): MountSettings {
  const { limits, longPoll, origins } = options;
  return {
    paths,
    proxies: [],
    compression: false,
    pingInterval: 30_000,
    pingTimeout: 30_000,
    closeTimeout: 5_000,
    highWaterMark: HIGH_WATER_MARK,
    maxMessageSize: MAX_MESSAGE_SIZE,
    clock: systemClock,
    random: systemRandom,
    ...said(options),
    origins,
    limits: { ...defaultListenLimits, ...said(limits) },
    longPoll: longPoll === true ? {} : longPoll === false ? undefined : longPoll,
  };
}
