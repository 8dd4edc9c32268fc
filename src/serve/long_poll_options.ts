import { said } from "../wire/option_rules.ts";

/** How long-poll is served. */
export interface LongPollOptions {
  /** The base path, without a `/` at its end; sessions are opened at `/open` below it (default `/lp`). */
  readonly path?: string;
  /** How many milliseconds a request for messages is held while there are none; autobahn-js gives up after 12,000, and on Bun it is 240,000 at most (default 10,000). */
  readonly holdTime?: number;
  /** After how many milliseconds in which it asked for no messages, or did not read an answer, a client counts as gone (default 60,000). */
  readonly sessionTimeout?: number;
  /** How many milliseconds a client has to send the body of a request (default 30,000). */
  readonly bodyTimeout?: number;
  /** How many bytes of messages one answer of a batched session carries at most, unless a single batch is larger (default 1 MiB). */
  readonly answerSize?: number;
}

/** The options with every default in its place. */
export type LongPollSettings = Required<LongPollOptions>;

/**
 * Puts the defaults in place.
 *
 * @param options What was asked for.
 * @returns All settings.
 */
export function longPollSettings(options: LongPollOptions): LongPollSettings {
  return {
    path: "/lp",
    holdTime: 10_000,
    sessionTimeout: 60_000,
    bodyTimeout: 30_000,
    answerSize: 1024 * 1024,
    ...said(options),
  };
}
