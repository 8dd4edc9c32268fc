import type { Connection } from "../transport/connection.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import { absolute } from "./arguments.ts";
import type { LivenessSettings } from "./setup.ts";
import type { Session } from "./session.ts";

/** How often to look, at the least. */
const LONGEST_INTERVAL = 10_000;
/** By how much a timer that fires late tells of a machine that slept. */
const SLEPT = 10_000;
/** By how much one tells that this side was busy: what has come meanwhile is read behind it. */
const BUSY = 100;
/** Cheap where it is allowed; where it is not, the refusal is as good a sign. */
const PROBE = absolute("wamp.session.count");

interface Watched {
  readonly session: Session;
  readonly connection: Connection;
  /** How many frames had come when it was last looked at. */
  received: number;
  /** Since when none have come. */
  quietSince: number;
  probing: boolean;
  /** Whether the last question had no answer, which may be because this side was busy, or the machine slept. */
  unanswered: boolean;
}

/**
 * Notices connections that are gone and do not say so, and that the machine has slept.
 *
 * A standard WebSocket shows no PING, so that a call takes its place: whatever comes is a sign of life, and the router is asked for one only
 * after silence.
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #limits: LivenessSettings;
  readonly #woke: () => void;
  readonly #interval: number;
  #timer: Timer | undefined;
  #watched: Watched | undefined;

  /**
   * @param clock Where time comes from.
   * @param limits When to ask, and how long to wait.
   * @param woke Told when a timer fired far too late.
   */
  constructor(clock: Clock, limits: LivenessSettings, woke: () => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#woke = woke;
    this.#interval = Math.min(limits.silence / 2, LONGEST_INTERVAL);
  }

  /** Looks from here on. */
  start(): void {
    this.#timer ??= this.#next();
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#watched = undefined;
  }

  /**
   * Watches over a session, in place of the one before.
   *
   * @param session The session.
   * @param connection Its connection.
   */
  watch(session: Session, connection: Connection): void {
    this.#watched = { session, connection, received: 0, quietSince: 0, probing: false, unanswered: false };
    this.#alive(this.#watched);
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = this.#next();
  }

  /** Asks the router for a sign of life now. */
  probe(): void {
    const watched = this.#watched;
    if (watched !== undefined && watched.session.open && !watched.probing) void this.#ask(watched);
  }

  #next(): Timer {
    const due = this.#clock.now() + this.#interval;
    return this.#clock.timer(this.#interval, () => {
      this.#timer = this.#next();
      if (this.#clock.now() - due >= SLEPT) this.#woke();
      else this.#look();
    }, { background: true });
  }

  #look(): void {
    const watched = this.#watched;
    if (watched === undefined) return;
    const quiet = this.#clock.now() - watched.quietSince;
    // Below 0 when the clock was set back.
    if (watched.connection.received !== watched.received || quiet < 0) this.#alive(watched);
    else if (quiet >= this.#limits.silence) this.probe();
  }

  #alive(watched: Watched): void {
    watched.received = watched.connection.received;
    watched.quietSince = this.#clock.now();
    watched.unanswered = false;
  }

  async #ask(watched: Watched): Promise<void> {
    const { session, connection } = watched;
    const { deadline } = this.#limits;
    const asked = this.#clock.now();
    const { received, queuedBytes } = connection;
    watched.probing = true;
    const error = await session.caller.call(PROBE, [], {}, { timeout: deadline }, false).catch((error: unknown) =>
      error
    );
    watched.probing = false;
    if (!session.open || this.#watched !== watched) return;
    const answered = !WampError.is(error, "timeout") || connection.received !== received;
    // What is on its way before the question may take its time, as long as it moves.
    const moved = connection.queuedBytes < queuedBytes;
    const late = this.#clock.now() - asked >= deadline + BUSY;
    if (answered || moved) this.#alive(watched);
    else if (late && !watched.unanswered) {
      // Once only: in a page in the background every timer fires as late as this.
      watched.unanswered = true;
      this.probe();
    } else {
      const quiet = asked - watched.quietSince;
      connection.terminate(`no answer from the router within ${deadline} ms, after ${quiet} ms in which nothing came`);
    }
  }
}
