import type { SessionInfo } from "../router/authorization.ts";
import type { Router } from "../router/router.ts";
import * as CloseUri from "../wire/close_uri.ts";
import type { Clock } from "../wire/clock.ts";
import type { NexusAuthorizer } from "./authorizer.ts";
import type { Identity } from "./identity.ts";
import type { Login, Logins } from "./logins.ts";
import type { Sessions } from "./sessions.ts";

/** What revocation stands on. */
export interface RevocationContext {
  /** The sessions that live. */
  readonly sessions: Sessions;
  /** By which login a session lives. */
  readonly logins: Logins;
  /** Says what sessions may do. */
  readonly authorizer: NexusAuthorizer;
  /** Ends sessions, and what they have registered and subscribed to. */
  readonly router: Pick<Router, "kill" | "review">;
  /** The realm. */
  readonly realm: string;
  /** Where time comes from. */
  readonly clock: Clock;
}

/** Tells whether a session is concerned by a change. */
export type Concern = (session: SessionInfo, login: Login | undefined) => boolean;

/**
 * For so many milliseconds at a time others wait while many sessions are looked at. Measured with 10,000, each with two subscriptions and a registration: 41 ms
 * when all may keep them, 0.44 s of CPU time when all lose them, 0.58 s when all end.
 */
const SLICE = 20;

/**
 * Takes from sessions that live what they may not have any more. Requests are judged one by one, so that a change is felt by them anyway; this is for what was
 * allowed before and goes on without requests: the session itself, what it has subscribed to and registered.
 */
export class Revocation {
  readonly #context: RevocationContext;
  /** Those that are still to be looked at. */
  readonly #waiting: Set<SessionInfo> = new Set();
  #watches = false;

  /** @param context What it stands on. */
  constructor(context: RevocationContext) {
    this.#context = context;
  }

  /**
   * Looks from now on at the sessions that a change concerns, whenever there is one.
   *
   * @param identity Who there is, by what they log in and what they may do.
   */
  watch(identity: Identity): void {
    const { users, roles, restrictions, apiKeys, cookies } = identity;
    this.#watches = true;
    users.observe((uuid) => this.review((_, login) => login?.userId === uuid));
    roles.observe((role) => this.review(({ authrole }) => authrole === role));
    restrictions.observe((source) => this.review((_, login) => login?.source === source));
    apiKeys.observe((uuid) => this.review((_, login) => login?.apiKey === uuid));
    cookies.observe(() => this.review((_, login) => login?.ended === true));
    identity.observe(() => this.review(() => true));
  }

  /**
   * Ends the sessions that may do nothing any more, and revokes what the others have registered and subscribed to and may not have any more. Where it takes
   * long, others are served in between.
   *
   * @param concerns Tells which sessions to look at.
   */
  review(concerns: Concern): void {
    const { sessions, logins } = this.#context;
    for (const session of sessions.all()) {
      if (concerns(session, logins.of(session))) this.#waiting.add(session);
    }
    this.#work();
  }

  /** Ends the sessions by API keys and cookies whose time is over; of these nobody tells. */
  expire(): void {
    const { authorizer } = this.#context;
    if (this.#watches) this.review((_, login) => login !== undefined && authorizer.ending(login) !== undefined);
  }

  #work(): void {
    const { clock } = this.#context;
    const until = clock.now() + SLICE;
    for (const session of this.#waiting) {
      if (clock.now() >= until) return void clock.timer(0, () => this.#work(), { background: true });
      this.#waiting.delete(session);
      this.#look(session);
    }
  }

  #look(session: SessionInfo): void {
    const { logins, authorizer, router, realm } = this.#context;
    const login = logins.of(session);
    const ending = login && authorizer.ending(login);
    if (ending !== undefined) return void router.kill(realm, session.id, CloseUri.killed, ending);
    router.review(realm, session.id, (action, uri) => {
      const outcome = authorizer.judge(session, login, action, uri);
      // The elevated time was asked for when it was allowed, and so was the documentation.
      return outcome.kind === "allowed" || outcome.kind === "if documented" ||
        (outcome.kind === "refused" && outcome.by === "elevation");
    });
  }
}
