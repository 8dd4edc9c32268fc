import type { Difference } from "../support/replay.ts";
import { dataDifferences } from "./transcript_differences_data.ts";
import { routingDifferences } from "./transcript_differences_routing.ts";
import { identityDifferences } from "./transcript_differences_identity.ts";
import { sessionDifferences } from "./transcript_differences_sessions.ts";

const notAuthorized = "wamp.error.not_authorized";
const unreadable = "an ABORT that names the realm says more than a lost connection, and the client may try again";
const liveEdit =
  "roles are in force as soon as they are changed; the recorded server looked at the number of their lines alone";
const badPattern =
  "a pattern that cannot be used disables only itself; at the recorded server it disabled its whole role";
const wrongArgument = "what is wrong with an argument is said in WAMP's word for it, not in a Python text";
const leave = "on_leave says who left, as WAMP has it: the session alone cannot be looked up any more";
const leak = "who may not register learns nothing of what is registered";

/** Where this router answers otherwise than the recorded one, and why: defects are not reproduced. */
export const differences: readonly (Difference & {
  /** The recordings in which it shows. */
  readonly scenarios: RegExp;
})[] = [
  {
    scenarios: /^auth-realm-(empty|invalid)-/,
    recorded: '{"close":1011}',
    instead: [3, { message: "" }, "wamp.error.no_such_realm"],
    reason: unreadable,
  },
  {
    scenarios: /^auth-retry-authenticate-after-abort$/,
    recorded: '[2,"<session:a>"',
    instead: [3, { message: "" }, notAuthorized],
    reason: "a challenge is answered once; for another try there is another HELLO",
  },
  {
    scenarios: /^auth-ticket-long-ticket$/,
    recorded: "Internal Error",
    instead: [3, { message: "" }, "com.izaber.wamp.error.permissiondenied"],
    reason: "a ticket that is too long is a wrong one and no internal error",
  },
  ...[[/^test-permissions-anonymous$/, 47], [/^test-permissions-frontend$/, 48]].map(([scenarios, request]) => ({
    scenarios: scenarios as RegExp,
    recorded: `[8,64,${request},{},"wamp.error.procedure_already_exists"`,
    instead: [8, 64, request, {}, notAuthorized, ["session is not authorized to register"]],
    reason: leak,
  })),
  ...[8, 9, 15].map((request) => ({
    scenarios: /^meta-session$/,
    recorded: `[8,48,${request},{},"wamp.error.runtime_error"`,
    instead: [8, 48, request, {}, "wamp.error.invalid_argument", [""]],
    reason: wrongArgument,
  })),
  ...[["6", "b"], ["8", "b2"]].map(([publication, session]) => ({
    scenarios: /^meta-session$/,
    recorded: `[36,"<id:2>","<id:${publication}>"`,
    instead: [36, "<id:2>", `<id:${publication}>`, {}, [`<session:${session}>`, "backend-2", "backend"]],
    reason: leave,
  })),
  {
    scenarios: /^(meta-session|cookie-login-after-disconnect|goodbye-(logout-anonymous|normal))$/,
    recorded: '[6,{},"wamp.close.normal"]',
    instead: [6, {}, "wamp.close.goodbye_and_out"],
    reason: "GOODBYE is answered by WAMP's own word for that",
  },
  ...[["registration", 22], ["subscription", 25]].map(([kind, request]) => ({
    scenarios: new RegExp(`^meta-${kind}$`),
    recorded: `[8,48,${request},{},"wamp.error.runtime_error"`,
    instead: [8, 48, request, {}, "wamp.error.invalid_argument", [""]],
    reason: wrongArgument,
  })),
  ...[["registration", 3, 15, 10], ["registration", 4, 16, 10], ["subscription", 3, 16, 10], [
    "subscription",
    4,
    17,
    10,
  ]]
    .map(([kind, subscription, publication, id]) => ({
      scenarios: new RegExp(`^meta-${kind}$`),
      recorded: `[36,"<id:${subscription}>","<id:${publication}>"`,
      instead: [36, `<id:${subscription}>`, `<id:${publication}>`, {}, ["<session:a>", `<id:${id}>`]],
      reason: "who took part is said also when the connection was lost; the recorded server says null then",
    })),
  ...[[19, "wamp.error.runtime_error"], [20, "wamp.error.no_such_session"], [21, "wamp.error.no_such_session"]]
    .map(([request, error]) => ({
      scenarios: /^meta-registration$/,
      recorded: `[8,48,${request},{},"${error}"`,
      instead: [8, 48, request, {}, "wamp.error.no_such_procedure", [""]],
      reason: "remove_callee is none of WAMP's and never worked",
    })),
  {
    scenarios: /^meta-registration$/,
    recorded: '[36,"<id:4>","<id:14>"',
    instead: "nothing",
    reason: "a callee that could not be removed still counts",
  },
  ...[18, 19, 20].map((request) => ({
    scenarios: /^meta-subscription$/,
    recorded: `[8,48,${request},{},"wamp.error.history_unavailable"`,
    instead: [8, 48, request, {}, "wamp.error.history_unavailable", [""]],
    reason: "the text of an error is its first argument everywhere",
  })),
  ...[22, 23].map((request) => ({
    scenarios: /^meta-subscription$/,
    recorded: `[8,48,${request},{},"wamp.error.no_such_session"`,
    instead: [8, 48, request, {}, "wamp.error.no_such_session", [""]],
    reason: "the text of an error is its first argument everywhere",
  })),
  {
    scenarios: /^language-duplicates$/,
    recorded: '[8,48,15,{},"wamp.error.not_authorized"',
    instead: [8, 48, 15, {}, "wamp.error.no_such_procedure", [""]],
    reason: liveEdit,
  },
  {
    scenarios: /^language-duplicates$/,
    recorded: '[8,48,16,{},"wamp.error.not_authorized"',
    instead: [8, 48, 16, {}, "wamp.error.no_such_procedure", [""]],
    reason: badPattern,
  },
  ...dataDifferences,
  ...routingDifferences,
  ...identityDifferences,
  ...sessionDifferences,
];
