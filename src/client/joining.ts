import type { AuthMethod, Challenge, ChallengeAnswer } from "../auth/method.ts";
import type { Head } from "../codec/head.ts";
import type { Connection } from "../transport/connection.ts";
import type { CloseInfo } from "../transport/transport.ts";
import { describe } from "../wire/describe.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { ConnectError, WampError } from "../wire/errors.ts";
import type { ErrorCode, ProtocolViolation } from "../wire/errors.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import type { Dict } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import { errorText } from "./error_text.ts";
import { clientRoles } from "./features.ts";

/** What is needed to join a realm. */
export interface Join {
  /** The connection, fresh. */
  readonly connection: Connection;
  /** What it leads to, for error texts. */
  readonly url: string;
  /** The realm. */
  readonly realm: string;
  /** The credentials, the preferred ones first. */
  readonly methods: readonly AuthMethod[];
  /** What the methods send along with HELLO. */
  readonly authextra: Dict;
  /** What the router is told of the program. */
  readonly agent: string;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** Whether there was another session on the connection, for which something may still come. */
  readonly reused: boolean;
  /** Told of each challenge. */
  challenged(challenge: Challenge): void;
  /** Told when a credential has been shown, and is spent if it was good for once. */
  answered(method: AuthMethod): void;
}

/**
 * Says HELLO, answers challenges and waits for WELCOME.
 *
 * @param join What is needed.
 * @param welcomed Called inside the delivery of WELCOME, so that it can take the connection over before the next message.
 * @returns What `welcomed` made of it.
 * @throws {ConnectError} When the router refuses, breaks the protocol or goes away; the connection is closed then.
 *
 * @see WAMP basic profile, "Session Establishment"
 */
export function joinRealm<T>(join: Join, welcomed: (welcome: Head) => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const { connection, signal } = join;
    let over = false;
    let shown = false;
    let answering = false;
    let judge: ChallengeAnswer["judge"];
    const finish = (): boolean => {
      if (over) return false;
      over = true;
      signal.removeEventListener("abort", onAbort);
      return true;
    };
    const fail = (error: unknown) => {
      if (finish()) reject(error);
    };
    const onAbort = () => {
      fail(signal.reason);
      connection.terminate();
    };
    const abort = (code: ErrorCode, message: string, reason: string, cause?: unknown) => {
      if (over) return;
      connection.send([MessageType.ABORT, { message }, reason]);
      connection.close();
      fail(new ConnectError(code, `${join.url}: ${message}`, { url: join.url, cause }));
    };
    const violated = (message: string, cause?: unknown) =>
      abort("protocol_violation", message, ErrorUri.protocolViolation, cause);
    const welcome = (head: Head) => {
      try {
        if (judge !== undefined) judge(head.options);
        else if (join.methods.every(({ mutual }) => mutual)) {
          throw new Error("the router did not prove that it knows the secret");
        }
      } catch (cause) {
        const message = `The session was refused: ${errorText(cause)}`;
        return abort("authentication_failed", message, ErrorUri.cannotAuthenticate, cause);
      }
      const value = welcomed(head);
      if (finish()) resolve(value);
    };
    const challenged = (head: Head) => {
      if (answering) return violated("The router sent another CHALLENGE before the first was answered");
      const method = join.methods.find(({ method }) => method === head.uri);
      if (method === undefined) {
        const message = `The router asks for "${head.uri}", credentials were given for ${namesOf(join).join(", ")}`;
        return abort("authentication_failed", message, ErrorUri.noMatchingAuthMethod);
      }
      const { authextra } = join;
      const challenge: Challenge = { method: head.uri, extra: head.options, authextra, authid: authidOf(join) };
      join.challenged(challenge);
      answering = true;
      answer(method, challenge).then(({ signature, extra, judge: judgement }) => {
        if (over) return;
        connection.send([MessageType.AUTHENTICATE, signature, extra ?? emptyDict]);
        shown = true;
        answering = false;
        judge = judgement ?? judge;
        join.answered(method);
      }).catch((cause) => {
        const message = `The challenge "${head.uri}" could not be answered: ${errorText(cause)}`;
        abort("authentication_failed", message, ErrorUri.cannotAuthenticate, cause);
      });
    };

    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    connection.start({
      message(head: Head): void {
        if (over) return;
        try {
          if (head.type === MessageType.WELCOME) welcome(head);
          else if (head.type === MessageType.CHALLENGE) challenged(head);
          else if (head.type === MessageType.ABORT || head.type === MessageType.GOODBYE) {
            connection.close();
            fail(refusal(join, head, shown));
          } else if (!join.reused) violated(`The router sent ${messageName(head.type)} before WELCOME`);
        } catch (error) {
          violated(errorText(error), error);
        }
      },
      violation: (error: ProtocolViolation) => violated(error.message, error),
      drained: () => {},
      closed: (info: CloseInfo) => fail(closedEarly(join, info)),
    });
    try {
      connection.send([MessageType.HELLO, join.realm, helloDetails(join)]);
    } catch (cause) {
      fail(cannotJoin(join, "authentication_failed", `: ${errorText(cause)}; check the option auth`, { cause }));
      connection.terminate();
    }
  });
}

async function answer(method: AuthMethod, challenge: Challenge): Promise<ChallengeAnswer> {
  const answer: Partial<ChallengeAnswer> | undefined = await method.answer(challenge);
  if (typeof answer?.signature === "string") return answer as ChallengeAnswer;
  const signature = answer?.signature === undefined ? "no text" : describe(answer.signature);
  throw new WampError("invalid_argument", `its signature is ${signature}, expected { signature: "secret" }`);
}

function namesOf({ methods }: Join): string[] {
  return methods.map(({ method }) => method);
}

function authidOf({ methods }: Join): string | undefined {
  return methods.find(({ authid }) => authid !== undefined)?.authid;
}

function helloDetails(join: Join): Dict {
  const { authextra, agent } = join;
  const authid = authidOf(join);
  return {
    roles: clientRoles,
    agent,
    authmethods: namesOf(join),
    ...authid !== undefined && { authid },
    ...Object.keys(authextra).length > 0 && { authextra },
  };
}

const AUTHENTICATION_REASONS: ReadonlySet<string> = new Set([
  ErrorUri.authenticationDenied,
  ErrorUri.authenticationFailed,
  ErrorUri.authenticationRequired,
  ErrorUri.cannotAuthenticate,
  ErrorUri.noAuthMethod,
  ErrorUri.noMatchingAuthMethod,
  ErrorUri.noSuchPrincipal,
  ErrorUri.notAuthorized,
]);

// Whatever else is said once the secret was shown is most likely said of the secret: routers have many words for it.
const UNRELATED_REASONS =
  /^wamp\.(close\.|error\.(authorization_failed|no_such_role|protocol_violation|system_shutdown|timeout|unavailable)$)/;

function cannotJoin(
  { realm, url }: Join,
  code: ErrorCode,
  why: string,
  options: { readonly reason?: string; readonly cause?: unknown } = {},
): ConnectError {
  return new ConnectError(code, `Cannot join realm "${realm}" at ${url}${why}`, { url, ...options });
}

function refusal(join: Join, { uri, options: { message } }: Head, shown: boolean): ConnectError {
  const by = `: the router answered ${uri}${typeof message === "string" && message ? ` "${message}"` : ""}`;
  const options = { reason: uri };
  if (uri === ErrorUri.noSuchRealm) return cannotJoin(join, "no_such_realm", `${by}; check the option realm`, options);
  if (AUTHENTICATION_REASONS.has(uri) || (shown && !UNRELATED_REASONS.test(uri))) {
    const authid = authidOf(join);
    const who = authid === undefined ? "" : ` as "${authid}"`;
    const remedy = uri === ErrorUri.authenticationFailed
      ? "it could not check the credentials, or is one that says so of a wrong secret"
      : "check the name, the secret and the method in the option auth";
    const why = `${who} by ${namesOf(join).join(", ")}${by}; ${remedy}`;
    return cannotJoin(join, "authentication_failed", why, options);
  }
  const code = uri === ErrorUri.authorizationFailed ? "authorization_failed" : "refused";
  return cannotJoin(join, code, by, options);
}

function closedEarly(join: Join, { code, reason }: CloseInfo): ConnectError {
  const how = [code === undefined ? "" : `code ${code}`, reason].filter(Boolean).join(", ");
  const said = how === "" ? "" : ` (${how})`;
  const why = `: it closed the connection before WELCOME${said}; is it a WAMP router, and is it up?`;
  return cannotJoin(join, "connection_failed", why);
}
