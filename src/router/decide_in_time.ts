import type { Clock } from "../wire/clock.ts";
import { WampError } from "../wire/errors.ts";
import type { Dict } from "../wire/values.ts";
import { allowed, cannot, decide, failedDecision, isPromise } from "./authorization.ts";
import type { Action, Authorizer, Decision, SessionInfo } from "./authorization.ts";
import type { CountedLimits } from "./limits.ts";

/** What holds in a realm. */
export interface Rules {
  /** Decides (undefined: everything is allowed). */
  readonly authorizer: Authorizer | undefined;
  /** Where time comes from. */
  readonly clock: Clock;
  /** What its sessions may have, and how long its authorizer may take. */
  readonly limits: CountedLimits;
}

/** Whom a decision is about. */
export interface Judged {
  /** What the authorizer is shown. */
  readonly info: SessionInfo;
  /** The authorizer failed. */
  failed(error: unknown): void;
}

/**
 * Asks the authorizer of a realm; one that fails, or takes too long, has said no.
 *
 * @param rules Who decides, and how long that may take.
 * @param who Whom it is about, and who is told of a failure.
 * @param action What it wants to do.
 * @param uri The procedure, topic or pattern.
 * @param options The options of the message.
 * @returns The decision, at once where it is at hand; a promise of it never fails.
 */
export function decideInTime(
  rules: Rules,
  who: Judged,
  action: Action,
  uri: string,
  options: Dict,
): Decision | Promise<Decision> {
  const { authorizer } = rules;
  if (authorizer === undefined) return allowed;
  try {
    const decision = decide(authorizer, who.info, action, uri, options);
    return isPromise(decision) ? inTime(rules, who, action, uri, decision) : decision;
  } catch (error) {
    who.failed(error);
    return failedDecision(who.info, action, uri);
  }
}

function inTime(
  { clock, limits }: Rules,
  who: Judged,
  action: Action,
  uri: string,
  decision: Promise<Decision>,
): Promise<Decision> {
  return new Promise((resolve) => {
    let isOpen = true;
    const settle = (made: Decision) => {
      isOpen = false;
      timer.cancel();
      resolve(made);
    };
    const fail = (error: unknown) => {
      if (!isOpen) return;
      who.failed(error);
      settle(failedDecision(who.info, action, uri));
    };
    const { authorizationTimeout: limit } = limits;
    const timer = clock.timer(limit, () => {
      limits.reached("authorizationTimeout");
      fail(
        new WampError("timeout", `${cannot(who.info, action, uri)}: the authorizer took longer than ${limit} ms`),
      );
    }, { background: true });
    decision.then(settle, fail);
  });
}
