import type { Authenticator, JoinRequest, JoinStep, Principal } from "../auth/authenticator.ts";
import { cryptosignAuthenticator } from "../auth/cryptosign.ts";
import { scramAuthenticator } from "../auth/scram_router.ts";
import type { ScramCredentials } from "../auth/scram_keys.ts";
import { denied } from "../auth/unknown_users.ts";
import { wampcraAuthenticator } from "../auth/wampcra.ts";
import type { CraSalting } from "../auth/wampcra.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { isDict } from "../wire/values.ts";
import type { Realm } from "./realm.ts";

/** Lets a procedure of the realm say who may join by a method. */
export interface ProcedureAuthentication {
  /** The method, such as `"ticket"`. */
  readonly method: string;
  /**
   * The procedure. It is called with the realm, the authid that the client named (or null) and details (`authmethod`, `authextra`, `session`,
   * `transport`, `agent`), and answers the role, or `{ role, authid, realm, extra }`, or null for somebody unknown. An error that it ends with is what the
   * client is told. What more it gets and gives depends on the method:
   *
   * - `ticket`: the details have the `ticket`.
   * - `wampcra`: its answer has the `secret` besides, and `salt`, `iterations`, `keylen` where that is derived from a password.
   * - `wamp-scram`: its answer has the `credentials` besides, as `scramCredentials` makes them.
   * - `cryptosign`: the details have the `public_key`, whose owner is asked for; the signature is checked here.
   * - any other: it may answer `{ challenge }` first; it is called again with `signature` and `extra` of AUTHENTICATE in the details.
   */
  readonly procedure: string;
  /** Milliseconds that it has for an answer (default 5,000). */
  readonly timeout?: number;
}

const TIMEOUT = 5_000;

type Ask = (request: JoinRequest, more: Dict) => Promise<WampValue>;

/** Who was found, and what was said besides. */
interface Found {
  readonly principal: Principal;
  readonly realm: string | undefined;
  readonly answer: Dict;
}

/**
 * Makes an authenticator that asks a procedure of the realm.
 *
 * @param realm The realm.
 * @param options The method and the procedure.
 * @returns The router's half of the method.
 *
 * @see WAMP advanced profile, "Authentication"
 */
export function procedureAuthenticator(
  realm: Realm,
  { method, procedure, timeout = TIMEOUT }: ProcedureAuthentication,
): Authenticator {
  const ask: Ask = ({ authid, authextra, session, peer, agent }, more) => {
    const { transport: type, address, path, certificate } = peer;
    const details = {
      authmethod: method,
      authextra,
      session,
      transport: {
        type,
        peer: address,
        path: path ?? null,
        certificate: certificate === undefined ? null : { ...certificate },
      },
      agent: agent ?? null,
      ...more,
    } as Dict;
    return realm.service.call(procedure, [realm.name, authid ?? null, details], timeout);
  };
  const realms: Realms = new WeakMap();
  const find = async (request: JoinRequest, more: Dict = {}) => {
    const user = found(procedure, request, await ask(request, more));
    if (user?.realm !== undefined) realms.set(request, user.realm);
    return user;
  };
  switch (method) {
    case "ticket":
      return {
        method,
        begin: (request) => ({
          next: "challenge",
          extra: {},
          answered: (ticket) => judged(async () => stepOf(await find(request, { ticket }))),
        }),
      };
    case "wampcra":
      return leading(
        realms,
        wampcraAuthenticator(async (request) => {
          const user = await find(request);
          return user && { principal: user.principal, ...craSecret(procedure, user.answer) };
        }),
      );
    case "wamp-scram":
      return leading(
        realms,
        scramAuthenticator(async (request) => {
          const user = await find(request);
          return user &&
            { principal: user.principal, credentials: user.answer.credentials as unknown as ScramCredentials };
        }),
      );
    case "cryptosign":
      return leading(
        realms,
        cryptosignAuthenticator(async (request, publicKey) =>
          (await find(request, { public_key: publicKey }))?.principal
        ),
      );
    default:
      return { method, begin: (request) => conversation(procedure, ask, request, {}) };
  }
}

/** The realms that the procedure named, by the HELLO that it was asked about. */
type Realms = WeakMap<JoinRequest, string>;

/** The same method, but for the realm that a client joins by it. */
function leading(realms: Realms, { method, begin }: Authenticator): Authenticator {
  const led = (step: JoinStep, request: JoinRequest): JoinStep => {
    if (step.next === "challenge") {
      return { ...step, answered: async (...answer) => led(await step.answered(...answer), request) };
    }
    const realm = realms.get(request);
    return step.next === "accept" && realm !== undefined ? { ...step, realm } : step;
  };
  return { method, begin: async (request) => led(await begin(request), request) };
}

function conversation(procedure: string, ask: Ask, request: JoinRequest, more: Dict): Promise<JoinStep> {
  return judged(async () => {
    const answer = await ask(request, more);
    if (!isDict(answer) || !isDict(answer.challenge)) return stepOf(found(procedure, request, answer));
    const { challenge } = answer;
    return {
      next: "challenge",
      extra: challenge,
      answered: (signature, extra) => conversation(procedure, ask, request, { signature, extra, challenge }),
    };
  });
}

/** What the procedure ends with is what the client is told; why it is not there or not answering is not. */
async function judged(judge: () => Promise<JoinStep>): Promise<JoinStep> {
  try {
    return await judge();
  } catch (error) {
    if (!(error instanceof RemoteError) || isOfRouter(error.uri)) throw error;
    const [message] = error.args;
    return { next: "deny", reason: error.uri, message: typeof message === "string" ? message : denied.message };
  }
}

function isOfRouter(uri: string): boolean {
  return uri === ErrorUri.noSuchProcedure || uri === ErrorUri.timeout || uri === ErrorUri.canceled;
}

function stepOf(user: Found | undefined): JoinStep {
  if (user === undefined) return denied;
  const { principal, realm } = user;
  return realm === undefined ? { next: "accept", principal } : { next: "accept", principal, realm };
}

function found(procedure: string, request: JoinRequest, answer: WampValue): Found | undefined {
  if (answer === null || answer === false) return undefined;
  const dict: Dict = isDict(answer) ? answer : { role: answer };
  const { role } = dict;
  const authid = dict.authid ?? request.authid ?? String(request.session);
  const [realm, extra] = [dict.realm ?? undefined, dict.extra ?? undefined];
  const isSound = typeof role === "string" && typeof authid === "string" &&
    (realm === undefined || typeof realm === "string") && (extra === undefined || isDict(extra));
  if (!isSound) {
    throw new WampError(
      "invalid_argument",
      `Cannot take what "${procedure}" answered: let it answer a role, { role, authid, realm, extra } or null`,
    );
  }
  const principal = { authid, authrole: role, authprovider: "dynamic", ...(isDict(extra) ? { authextra: extra } : {}) };
  return { principal, realm, answer: dict };
}

function craSecret(
  procedure: string,
  { secret, salt, iterations, keylen }: Dict,
): { secret: string; salting?: CraSalting } {
  if (typeof secret !== "string") {
    throw new WampError("invalid_argument", `Cannot take what "${procedure}" answered: let it have a secret, too`);
  }
  if (typeof salt !== "string") return { secret };
  const salting = {
    salt,
    ...(typeof iterations === "number" ? { iterations } : {}),
    ...(typeof keylen === "number" ? { keylen } : {}),
  };
  return { secret, salting };
}
