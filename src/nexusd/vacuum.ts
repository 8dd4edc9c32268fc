import type { Clock, Timer } from "../wire/clock.ts";
import type { RegistrationTracker } from "./registration_tracker.ts";
import type { RegistrationWarnings } from "./registration_warnings.ts";
import type { Revocation } from "./revocation.ts";
import type { Rosters } from "./rosters.ts";
import type { Sessions } from "./sessions.ts";

/** What is cleaned. */
export interface VacuumContext {
  /** The sessions. */
  readonly sessions: Sessions;
  /** Ends the sessions that may do nothing any more. */
  readonly revocation: Revocation;
  /** The rosters. */
  readonly rosters: Rosters;
  /** The registrations. */
  readonly tracker: RegistrationTracker;
  /** What removes the records of procedures that stay away. */
  readonly warnings: RegistrationWarnings;
  /** Removes the one-time passwords that have expired. */
  readonly expireOtps: () => Promise<void>;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Told what fails on a round of its own. */
  readonly onError: (error: unknown) => void;
}

const ROUND = 120_000;

/** Removes what nobody needs any more: every two minutes, and when somebody asks for it. */
export class Vacuum {
  readonly #context: VacuumContext;
  #timer: Timer | undefined;

  /** @param context What is cleaned. */
  constructor(context: VacuumContext) {
    this.#context = context;
  }

  /** Begins its rounds. */
  start(): void {
    const { clock, onError } = this.#context;
    this.#timer = clock.timer(ROUND, () => {
      this.start();
      this.all().catch(onError);
    }, { background: true });
  }

  /** Ends its rounds. */
  stop(): void {
    this.#timer?.cancel();
  }

  /** Cleans everything. */
  async all(): Promise<void> {
    await this.sessions();
    await this.registrations();
    await this.otps();
  }

  /** Ends the sessions whose time is over, and takes those that are not there out of the rosters. */
  sessions(): Promise<void> {
    const { sessions, rosters, revocation } = this.#context;
    revocation.expire();
    rosters.keep((session) => sessions.get(session) !== undefined);
    return Promise.resolve();
  }

  /** Corrects which procedures are registered, and removes the records of those that stay away. */
  registrations(): Promise<void> {
    const { tracker, warnings } = this.#context;
    tracker.sync();
    warnings.reap();
    return Promise.resolve();
  }

  /** Removes the one-time passwords that have expired. */
  otps(): Promise<void> {
    return this.#context.expireOtps();
  }
}
