import { reportTo } from "../router/report_to.ts";
import { callable, checkOption } from "../wire/option_rules.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { AppSession } from "./app_session.ts";

/** What can be listened to, and what a listener is called with. */
export interface AppEvents {
  /** A session began. */
  open: [session: AppSession];
  /** A session ended. */
  close: [session: AppSession, reason: string];
  /** A subscription began. */
  subscribe: [topic: string, session: AppSession, match: MatchPolicy];
  /** A subscription ended. */
  unsubscribe: [topic: string, session: AppSession, match: MatchPolicy];
}

type Listener<Name extends keyof AppEvents> = (...args: AppEvents[Name]) => void | Promise<void>;

/** Who listens to what happens to an app; told after the router has done with it, in order. */
export class Listeners {
  readonly #listeners: { readonly [Name in keyof AppEvents]: Set<Listener<Name>> } = {
    open: new Set(),
    close: new Set(),
    subscribe: new Set(),
    unsubscribe: new Set(),
  };
  readonly #onError: (error: unknown) => void;

  /** @param onError Told when a listener or a handler fails (default: nobody). */
  constructor(onError: ((error: unknown) => void) | undefined) {
    this.#onError = reportTo(onError);
  }

  /**
   * Adds a listener.
   *
   * @param name To what.
   * @param listener Called each time.
   * @returns Removes it.
   * @throws {WampError} `invalid_argument` when the listener is no function.
   */
  add<Name extends keyof AppEvents>(name: Name, listener: Listener<Name>): () => void {
    checkOption(`Cannot listen to "${name}"`, "listener", listener, callable("a function"));
    this.#listeners[name].add(listener);
    return () => void this.#listeners[name].delete(listener);
  }

  /**
   * Tells whether anybody listens.
   *
   * @param name To what.
   * @returns Whether somebody does.
   */
  any(name: keyof AppEvents): boolean {
    return this.#listeners[name].size > 0;
  }

  /**
   * Tells the listeners, after what runs now.
   *
   * @param name Of what.
   * @param args What they are called with.
   */
  tell<Name extends keyof AppEvents>(name: Name, ...args: AppEvents[Name]): void {
    for (const listener of this.#listeners[name]) {
      Promise.resolve().then(() => listener(...args)).catch((error) => this.report(error));
    }
  }

  /**
   * Tells of a failure.
   *
   * @param error What was thrown.
   */
  report(error: unknown): void {
    this.#onError(error);
  }
}
