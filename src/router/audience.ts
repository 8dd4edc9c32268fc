import type { Dict } from "../wire/values.ts";
import type { SessionInfo } from "./authorization.ts";

type Listed = ReadonlySet<unknown> | undefined;

/**
 * Whom a publisher lets receive an event: all six lists of its options have to agree.
 *
 * @see WAMP advanced profile, "Subscriber Black- and Whitelisting"
 */
export class Audience {
  readonly #eligible: Listed;
  readonly #eligibleAuthid: Listed;
  readonly #eligibleAuthrole: Listed;
  readonly #exclude: Listed;
  readonly #excludeAuthid: Listed;
  readonly #excludeAuthrole: Listed;

  private constructor(options: Dict) {
    this.#eligible = listed(options.eligible);
    this.#eligibleAuthid = listed(options.eligible_authid);
    this.#eligibleAuthrole = listed(options.eligible_authrole);
    this.#exclude = listed(options.exclude);
    this.#excludeAuthid = listed(options.exclude_authid);
    this.#excludeAuthrole = listed(options.exclude_authrole);
  }

  /**
   * Reads the options of a PUBLISH.
   *
   * @param options The options.
   * @returns The audience, or undefined when the options restrict nothing.
   */
  static of(options: Dict): Audience | undefined {
    for (const key in options) {
      if (key.startsWith("eligible") || (key.startsWith("exclude") && key !== "exclude_me")) {
        return new Audience(options);
      }
    }
    return undefined;
  }

  /**
   * Tells whether a subscriber belongs to it.
   *
   * @param session The subscriber.
   * @returns Whether it does; an empty list of those eligible means nobody.
   */
  includes(session: SessionInfo): boolean {
    return (this.#eligible?.has(session.id) ?? true) &&
      (this.#eligibleAuthid?.has(session.authid) ?? true) &&
      (this.#eligibleAuthrole?.has(session.authrole) ?? true) &&
      !(this.#exclude?.has(session.id) ?? false) &&
      !(this.#excludeAuthid?.has(session.authid) ?? false) &&
      !(this.#excludeAuthrole?.has(session.authrole) ?? false);
  }
}

function listed(option: unknown): Listed {
  return Array.isArray(option) ? new Set(option) : undefined;
}
