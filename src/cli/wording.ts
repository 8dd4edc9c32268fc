import { SERVICE_ERROR } from "../nexusd/service_error.ts";
import type { ErrorCode, RemoteError, WampError } from "../wire/errors.ts";

/**
 * What a client advises in errors of its own, and how the command line says it: by the code of the error, and only where the advice has its place in the
 * message, since the rest may be what others have said.
 */
const ADVICE: { readonly [code in ErrorCode]?: readonly (readonly [RegExp, string])[] } = {
  no_such_realm: [
    [/check the option realm$/, "check --realm; that of a Nexus is izaber unless it was named otherwise"],
  ],
  authentication_failed: [
    [/check (?:the name, the secret and the method in )?the option auth$/, "check --user and its password"],
  ],
  invalid_argument: [[/^(Cannot make a client: )the option (realm|prefix|timeout)(?= is )/, "$1--$2"]],
  timeout: [
    [/Raise the option timeout(?= if it needs longer$)/, "Raise --timeout"],
    // There is no way to say this one here, nor those below.
    [/; raise the option requestTimeout if it needs longer$/, ""],
  ],
  connect_timeout: [[/ Raise the option connectTimeout if it is slow$/, ""]],
  no_common_serializer: [[/; (?:give one of these|put another first) in the option serializers$/, ""]],
  length_unacceptable: [[/; give another as option maxMessageSize$/, ""]],
};

/** Before what any service of a Nexus cannot do; what follows says it all. */
const PREFIX = `${SERVICE_ERROR}: `;

/**
 * Says in the words of this command what went wrong: with its options in place of those of a client, and without the URI that says no more than that
 * something did. What others say is left as it is.
 *
 * @param error The error.
 * @returns What to tell a person.
 */
export function wordsOf(error: WampError): string {
  const { code, message } = error;
  if (code === "remote") {
    const isService = (error as RemoteError).uri === SERVICE_ERROR && message.startsWith(PREFIX);
    return isService ? message.slice(PREFIX.length) : message;
  }
  const advice = Object.hasOwn(ADVICE, code) ? ADVICE[code] ?? [] : [];
  return advice.reduce((said, [option, words]) => said.replace(option, words), message);
}
