import { SERVICE_ERROR } from "../nexusd/service_error.ts";

/** What a client is advised to set, and how the command line says it. */
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/\bcheck the option realm\b/g, "check --realm; that of a Nexus is izaber unless it was named otherwise"],
  [/\bthe option (realm|prefix|timeout)\b/g, "--$1"],
  [/\b(?:the name, the secret and the method in )?the option auth\b/g, "--user and its password"],
  // There is no way to say these here.
  [/[;.]? [Rr]aise the option (?:connectTimeout|requestTimeout)\b[^;.]*/g, ""],
  [/; [^;]+ (?:in the option serializers|as option maxMessageSize)\b/g, ""],
];

/** Before what any service of a Nexus cannot do; what follows says it all. */
const PREFIX = `${SERVICE_ERROR}: `;

/**
 * Says in the words of this command what went wrong: with its options in place of those of a client, and without the URI that says no more than that
 * something did.
 *
 * @param message The message of an error.
 * @returns What to tell a person.
 */
export function wordsOf(message: string): string {
  const text = message.startsWith(PREFIX) ? message.slice(PREFIX.length) : message;
  return OPTIONS.reduce((said, [option, words]) => said.replaceAll(option, words), text);
}
