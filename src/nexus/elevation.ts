import type { Clock, Timer } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { NexusCall } from "./nexus_call.ts";

/** Where {@linkcode Nexus.withElevation} has the password from when it needs one. */
export interface ElevationOptions {
  /** The password, or what asks for it; not asked while the session is elevated (default: there is none). */
  readonly password?: string | (() => string | Promise<string>) | undefined;
}

/** Nexus grants two minutes; they are renewed while there is time. */
const RENEWAL = 60_000;

/** The elevated time of a session: for two minutes after its user has shown the password it may do what a permission marks with `+`. */
export class Elevation {
  readonly #call: NexusCall;
  readonly #clock: Clock;
  #users = 0;
  /** Whether it began here, and so is to end here. */
  #begun = false;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;

  /**
   * @param call The way to Nexus.
   * @param clock When to renew it.
   */
  constructor(call: NexusCall, clock: Clock) {
    this.#call = call;
    this.#clock = clock;
  }

  /** Shows the password: the seconds that are granted, false when it is wrong. */
  reauthenticate(password: string): Promise<number | false> {
    return this.#call("auth.reauthenticate", [password]);
  }

  /** Ends it. */
  async expire(): Promise<void> {
    await this.#call("auth.reauthenticate_expire");
  }

  /** The seconds that are left, false when there are none. */
  remaining(): Promise<number | false> {
    return this.#call("auth.is_reauthenticated");
  }

  /** Begins the two minutes anew: the seconds that are granted, false when they are over. */
  extend(): Promise<number | false> {
    return this.#call("auth.extend_reauthenticate");
  }

  /** Does work while elevated. */
  async during<T>(work: () => T | Promise<T>, { password }: ElevationOptions): Promise<T> {
    this.#users += 1;
    try {
      const elevated = this.#turn.then(() => this.#elevate(password));
      this.#turn = elevated.catch(() => {});
      await elevated;
      if (this.#timer === undefined) this.#renewLater();
      return await work();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) await this.#end();
    }
  }

  async #elevate(password: ElevationOptions["password"]): Promise<void> {
    if (await this.extend() !== false) return;
    if (password === undefined) {
      throw new WampError(
        "authentication_failed",
        "The session is not elevated and there is no password; give one, as in withElevation(work, { password })",
      );
    }
    if (await this.reauthenticate(typeof password === "string" ? password : await password()) === false) {
      throw new WampError("authentication_failed", "Nexus did not accept the password; show the one of this user");
    }
    this.#begun = true;
  }

  #renewLater(): void {
    const renew = async () => {
      const extended = await this.extend().catch(() => false);
      if (this.#timer === timer && extended !== false) this.#renewLater();
    };
    const timer = this.#clock.timer(RENEWAL, () => void renew(), { background: true });
    this.#timer = timer;
  }

  async #end(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#begun) return;
    this.#begun = false;
    // It ends by itself within two minutes, and what the work came to must not be lost for it.
    await this.expire().catch(() => {});
  }
}
