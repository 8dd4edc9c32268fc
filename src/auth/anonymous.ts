import { RandomIds } from "../wire/ids.ts";
import { callable, checkOptions, randomRule, text } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import type { Authenticator, JoinRequest, JoinStep } from "./authenticator.ts";
import type { AuthMethod } from "./method.ts";

const IDS_A_DRAW = 16;

/**
 * Joins without credentials.
 *
 * @returns The client's half of `anonymous`.
 *
 * @see WAMP advanced profile, "Authentication Methods"
 */
export function anonymous(): AuthMethod {
  return { method: "anonymous", fixed: true, answer: () => ({ signature: "" }) };
}

/**
 * Lets sessions join without credentials.
 *
 * @param options `authrole`: the role they get (default `"anonymous"`); `authid`: makes their identity (default a random one); `random`: where that
 * comes from (default the runtime's).
 * @returns The router's half of `anonymous`.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong.
 */
export function anonymousAuthenticator(
  options: {
    readonly authrole?: string;
    readonly authid?: (request: JoinRequest) => string;
    readonly random?: Random;
  } = {},
): Authenticator {
  const rules = { authrole: text, authid: callable("(request) => authid"), random: randomRule };
  checkOptions("Cannot let in by anonymous", options, rules, '{ authrole: "guest" }');
  const { authrole = "anonymous", random = systemRandom } = options;
  const ids = new RandomIds(random, IDS_A_DRAW);
  // Not in base 36: that takes V8 a microsecond.
  const { authid = () => String(ids.next()) } = options;
  return {
    method: "anonymous",
    begin: (request: JoinRequest): JoinStep => ({
      next: "accept",
      principal: {
        authid: authid(request),
        authrole,
        authprovider: "static",
        ...(Object.keys(request.authextra).length > 0 ? { authextra: request.authextra } : {}),
      },
    }),
  };
}
