import type { JoinRequest, JoinStep, Principal } from "../auth/authenticator.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";

const STEPS = '{ next: "accept", principal: { authid, authrole, authprovider } }, { next: "deny", reason, message }, ' +
  '{ next: "pass" } or { next: "challenge", extra, answered }';

/**
 * Makes sure that what an authenticator has answered is a step.
 *
 * @param step What it has answered.
 * @returns The step.
 * @throws {WampError} `invalid_argument` when it is none; the message says what it is, and what it may be.
 */
export function checkedStep(step: JoinStep): JoinStep {
  if (isStep(step)) return step;
  throw new WampError("invalid_argument", `the authenticator answered ${shown(step)}, expected ${STEPS}`);
}

/**
 * Words why a client could not join for a reason of the router's own.
 *
 * @param request Who wanted to join.
 * @param method By which method.
 * @param cause Why not.
 * @returns The error, with the code `authentication_failed`.
 */
export function joinFailure({ authid, realm }: JoinRequest, method: string, cause: unknown): WampError {
  const who = authid === undefined ? "somebody" : describe(authid);
  const text = cause instanceof Error ? cause.message : describe(cause);
  return new WampError(
    "authentication_failed",
    `Cannot let ${who} join realm ${describe(realm)} by ${describe(method)}: ${text}`,
    { cause },
  );
}

function isStep(step: JoinStep): boolean {
  switch (step?.next) {
    case "pass":
      return true;
    case "accept":
      return isPrincipal(step.principal) && (step.realm === undefined || typeof step.realm === "string");
    case "deny":
      return typeof step.reason === "string" && typeof step.message === "string";
    case "challenge":
      return isDict(step.extra) && typeof step.answered === "function";
    default:
      return false;
  }
}

function isPrincipal(principal: Principal | undefined): boolean {
  return typeof principal?.authid === "string" && typeof principal.authrole === "string" &&
    typeof principal.authprovider === "string";
}

/** What is in it may be a secret. */
function shown(step: { readonly next?: unknown } | undefined): string {
  return isDict(step) ? `{ ${Object.keys(step).join(", ")} } with next ${describe(step.next)}` : describe(step);
}
