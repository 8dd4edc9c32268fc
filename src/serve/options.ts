import { HIGH_WATER_MARK, MAX_MESSAGE_SIZE } from "../transport/connection.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";

/** Where and how to listen. */
export interface ListenOptions {
  /** The TCP port; 0 takes a free one (default 0). */
  readonly port?: number;
  /** The address to listen on (default `127.0.0.1`, which other machines cannot reach). */
  readonly hostname?: string;
  /** The URL paths that are answered (default `/ws` and `/`). */
  readonly paths?: readonly string[];
  /** After how many milliseconds of silence a client is pinged; 0 for never (default 30,000). */
  readonly pingInterval?: number;
  /** How many milliseconds a pinged client has to say anything before its connection is ended (default 30,000). */
  readonly pingTimeout?: number;
  /** How many milliseconds a client has to take what is queued and answer a close before it is dropped (default 5,000). */
  readonly closeTimeout?: number;
  /** Bytes queued for one client from which on its connection is not writable (default 1 MiB). */
  readonly highWaterMark?: number;
  /** The size in bytes from which on an incoming frame ends its connection with code 1009 (default 64 MiB). */
  readonly maxMessageSize?: number;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock;
}

/** The options with every default in its place. */
export type Settings = Required<ListenOptions>;

/**
 * Puts the defaults in place.
 *
 * @param options What was asked for.
 * @returns All settings.
 */
export function settingsOf(options: ListenOptions): Settings {
  return {
    port: 0,
    hostname: "127.0.0.1",
    paths: ["/ws", "/"],
    pingInterval: 30_000,
    pingTimeout: 30_000,
    closeTimeout: 5_000,
    highWaterMark: HIGH_WATER_MARK,
    maxMessageSize: MAX_MESSAGE_SIZE,
    clock: systemClock,
    ...options,
  };
}
