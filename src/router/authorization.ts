import type { PeerInfo } from "../transport/transport.ts";
import type { Roles } from "../wire/features.ts";
import { describe } from "../wire/describe.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { WampError } from "../wire/errors.ts";
import { MessageType } from "../wire/message_type.ts";
import type { Dict } from "../wire/values.ts";
import { messageRule, reasonRule } from "./reason.ts";

/** What a session may want to do with a URI. */
export type Action = "call" | "register" | "subscribe" | "publish";

/** What is known of a session; one object for as long as it lives, so it can key a cache. */
export interface SessionInfo {
  /** The id of the session. */
  readonly id: number;
  /** Whose session it is. */
  readonly authid: string;
  /** The role that decides what it may do. */
  readonly authrole: string;
  /** How it was authenticated. */
  readonly authmethod: string;
  /** Where the identity comes from. */
  readonly authprovider: string;
  /** What WELCOME told it besides. */
  readonly authextra: Dict;
  /** What is known of its connection. */
  readonly peer: PeerInfo;
  /** The roles and features that it announced. */
  readonly roles: Roles;
  /** The realm that it joined. */
  readonly realm: string;
}

/** What an authorizer says to one action on one URI. */
export interface Decision {
  /** Whether the session may. */
  readonly allow: boolean;
  /**
   * Whether the session's identity is disclosed though it did not ask for it (default false): of `call` to the callee, of `publish` to subscribers, of
   * `register` with each result to the caller.
   */
  readonly disclose?: boolean;
  /** If it may not, the URI of the ERROR (default `wamp.error.not_authorized`). */
  readonly error?: string;
  /** If it may not, the text of the ERROR (default one that names session, action and URI). */
  readonly message?: string;
}

/** Decides what sessions may do. */
export interface Authorizer {
  /**
   * Decides on one message.
   *
   * @param session Whose message it is.
   * @param action What it wants to do.
   * @param uri The procedure, topic or pattern.
   * @param options The options of the message; with `disclose_caller` a REGISTER asks for the identities of all who will call.
   * @returns The decision, at once where it is at hand; `true` is `{ allow: true }`, `false` is `{ allow: false }`. While a promise is pending, further
   *   requests of this session wait, in order. An error, or anything else than a decision, means no, and the router's `onError` is told.
   */
  authorize(
    session: SessionInfo,
    action: Action,
    uri: string,
    options: Dict,
  ): Decision | boolean | Promise<Decision | boolean>;
}

/** The decision of a realm without an authorizer. */
export const allowed: Decision = { allow: true };

const refused: Decision = { allow: false };

/**
 * Asks an authorizer, and takes nothing but a decision from it.
 *
 * @param authorizer The authorizer.
 * @param session Whose message it is.
 * @param action What it wants to do.
 * @param uri The procedure, topic or pattern.
 * @param options The options of the message.
 * @returns The decision, at once where it is at hand.
 * @throws {WampError} `authorization_failed` when the authorizer fails or gives something else; the message names action, URI and realm.
 */
export function decide(
  authorizer: Authorizer,
  session: SessionInfo,
  action: Action,
  uri: string,
  options: Dict,
): Decision | Promise<Decision> {
  let answer: Decision | boolean | Promise<Decision | boolean>;
  try {
    answer = authorizer.authorize(session, action, uri, options);
  } catch (error) {
    throw failed(session, action, uri, error);
  }
  if (!isPromise(answer)) return decisionOf(answer, session, action, uri);
  return Promise.resolve(answer).then(
    (answer) => decisionOf(answer, session, action, uri),
    (error) => Promise.reject(failed(session, action, uri, error)),
  );
}

/**
 * Makes the decision on a request whose authorizer has failed. Why stays inside; which request it was the client may know.
 *
 * @param session Whose message it is.
 * @param action What it wants to do.
 * @param uri The procedure, topic or pattern.
 * @returns The decision: no.
 */
export function failedDecision({ realm }: SessionInfo, action: Action, uri: string): Decision {
  const message = `the authorizer of realm "${realm}" failed on ${action} of "${uri}", so the request is refused`;
  return { allow: false, error: ErrorUri.authorizationFailed, message };
}

/**
 * Tells whether a decision is still to come.
 *
 * @param answer What an authorizer has answered.
 * @returns Whether it is a promise.
 */
export function isPromise<Answer>(answer: Answer | Promise<Answer>): answer is Promise<Answer> {
  return typeof answer === "object" && answer !== null && "then" in answer;
}

function decisionOf(answer: Decision | boolean, session: SessionInfo, action: Action, uri: string): Decision {
  if (typeof answer === "boolean") return answer ? allowed : refused;
  const wrong = wrongIn(answer);
  if (wrong === undefined) return answer;
  throw new WampError("authorization_failed", `${cannot(session, action, uri)}: the authorizer answered ${wrong}`);
}

/** What is wrong with a decision; what it says of a refusal goes to the client. */
function wrongIn(answer: Decision): string | undefined {
  if (typeof answer !== "object" || answer === null || typeof answer.allow !== "boolean") {
    return `${describe(answer)}, expected true, false or { allow: true, disclose: false }`;
  }
  const { allow, error, message } = answer;
  if (allow) return undefined;
  if (!reasonRule.allows(error ?? ErrorUri.notAuthorized)) {
    return `the error ${describe(error)}, expected a URI such as "wamp.error.not_authorized"`;
  }
  if (messageRule.allows(message ?? "")) return undefined;
  return `the message ${describe(message)}, expected ${messageRule.expected}`;
}

function failed(session: SessionInfo, action: Action, uri: string, cause: unknown): WampError {
  const text = cause instanceof Error ? cause.message : describe(cause);
  return new WampError(
    "authorization_failed",
    `${cannot(session, action, uri)}: the authorizer failed: ${text}`,
    { cause },
  );
}

/**
 * Begins the text of an error of authorizing.
 *
 * @param session Whose message it is.
 * @param action What it wants to do.
 * @param uri The procedure, topic or pattern.
 * @returns The beginning.
 */
export function cannot({ authid, realm }: SessionInfo, action: Action, uri: string): string {
  return `Cannot authorize ${action} of ${describe(uri)} by ${describe(authid)} in realm ${describe(realm)}`;
}

const actions: { readonly [type: number]: Action } = {
  [MessageType.CALL]: "call",
  [MessageType.PUBLISH]: "publish",
  [MessageType.REGISTER]: "register",
  [MessageType.SUBSCRIBE]: "subscribe",
};

/**
 * Tells what a request wants to do.
 *
 * @param type The type of the message.
 * @returns The action, or undefined for a message that nobody has to allow.
 */
export function actionOf(type: number): Action | undefined {
  return actions[type];
}

const refusals: { readonly [action in Exclude<Action, "publish">]: string } = {
  call: "call procedure",
  register: "register procedure",
  subscribe: "subscribe to topic",
};

/**
 * Words a refusal as Nexus does; clients search for parts of it.
 *
 * @param session Who was refused.
 * @param action What it wanted to do.
 * @param uri With what.
 * @returns The text of the ERROR.
 */
export function refusalText(session: SessionInfo, action: Action, uri: string): string {
  if (action === "publish") return `session not authorized to publish to topic '${uri}'`;
  const who = `session_id=${session.id}, authid="${session.authid}", authrole="${session.authrole}"`;
  return `session (${who}) is not authorized to ${refusals[action]} "${uri}" on realm "${session.realm}"`;
}
