import type { Difference } from "../support/replay.ts";

const invalidUri = "a URI that is none is answered by an ERROR; the recorded server gives the session up for it";
const answered = "whoever cancels gets an answer; the recorded server leaves the caller without one";
const duplicate = "a call is answered once; the recorded server answers it again when another callee leaves";
const leak = "who may not register learns nothing of what is registered";

/** Where calls and events are routed otherwise than by the recorded server, and why. */
export const routingDifferences: readonly (Difference & {
  /** The recordings in which it shows. */
  readonly scenarios: RegExp;
})[] = [
  ...[["c", 48], ["g", 64], ["s", 32], ["p", 16], ["w", 32], ["x", 64]].map(([conn, type]) => ({
    scenarios: /^uri-(double-dot|empty|hash|space|trailing-dot)$/,
    conn: conn as string,
    recorded: '{"close":1011}',
    instead: [8, type, 1, {}, "wamp.error.invalid_uri", [""]],
    reason: invalidUri,
  })),
  {
    scenarios: /^goodbye-invalid-uri$/,
    recorded: '{"close":1011}',
    instead: [6, {}, "wamp.close.goodbye_and_out"],
    reason: "GOODBYE is answered whatever its reason says",
  },
  {
    scenarios: /^goodbye-|^shared-|^call-/,
    recorded: '[6,{},"wamp.close.normal"]',
    instead: [6, {}, "wamp.close.goodbye_and_out"],
    reason: "GOODBYE is answered by WAMP's own word for that",
  },
  {
    scenarios: /^bad-session-nan$/,
    recorded: "[8,48,1,",
    instead: [3, { message: "" }, "wamp.error.protocol_violation"],
    reason: "NaN is no JSON",
  },
  {
    scenarios: /^bad-session-nan$/,
    recorded: "[50,1,",
    instead: "nothing",
    reason: "NaN is no JSON",
  },
  {
    scenarios: /^call-binary$/,
    recorded: '[68,"<invocation:1>"',
    instead: [68, "<invocation:1>", "<id:1>", {
      caller: "<session:b>",
      caller_authid: "backend-2",
      caller_authrole: "backend",
    }, [
      "\u0000aGVsbG8=",
      "\u0000",
      "\u0000!!",
      "\u2603\ud83d\ude00",
      "",
      1e300,
      0,
      12345678901234567000,
      1.1805916207174113e21,
      true,
      null,
    ]],
    reason: "a payload is passed on as it came; the recorded server reads binary and writes it again",
  },
  ...[1, 2].map((request) => ({
    scenarios: /^call-callee-dies$/,
    recorded: `[8,48,${request},{},"wamp.error.canceled"`,
    instead: "nothing" as const,
    reason: duplicate,
  })),
  {
    scenarios: /^call-callee-dies$/,
    recorded: "[65,4,",
    also: [1, 2].map((request) => ({ conn: "b", message: [8, 48, request, {}, "wamp.error.canceled", [""]] })),
    reason: duplicate,
  },
  ...[["f", 2 ** 53], ["h", 1]].map(([conn, request]) => ({
    scenarios: /^call-request-ids$/,
    conn: conn as string,
    recorded: '{"close":1002}',
    instead: [8, 48, request, {}, "wamp.error.no_such_procedure", [""]],
    reason: "2^53 + 1 and 1.0 are no numbers of JavaScript's own, so that 2^53 and 1 are what is sent here",
  })),
  {
    scenarios: /^call-error$/,
    conn: "a",
    recorded: '{"close":1011}',
    instead: "nothing",
    reason: "the URI of an ERROR that is none is a fault of the callee's answer, which the caller is told of",
  },
  {
    scenarios: /^call-roundtrip$/,
    recorded: '[68,"<invocation:7>"',
    instead: [68, "<invocation:7>", "<id:1>", {}, [1, "two", null, [3], { 4: 5 }], { k: "v" }],
    reason: "progress that is not wanted is not spoken of to the callee, to whom its lack means the same",
  },
  ...[1, 2, 3].map((invocation) => ({
    scenarios: /^cancel-None-full$/,
    recorded: `[69,"<invocation:${invocation}>"`,
    instead: [69, `<invocation:${invocation}>`, { mode: "killnowait" }],
    reason: "the mode that holds by default is named",
  })),
  ...["f", "n"].map((conn) => ({
    scenarios: /^register-duplicate$/,
    conn,
    recorded: '[8,64,1,{},"wamp.error.procedure_already_exists"',
    instead: [8, 64, 1, {}, "wamp.error.not_authorized", ["is not authorized"]],
    reason: leak,
  })),
  {
    scenarios: /^progressive-full$/,
    recorded: '[50,2,{"progress":true',
    instead: "nothing",
    reason: "progress goes to those who asked for it",
  },
  {
    scenarios: /^yield-foreign$/,
    recorded: '{"close":1002}',
    instead: "nothing",
    reason: "ids of invocations are a session's own, so that a forged one names nothing",
  },
  {
    scenarios: /^badmsg-call-kwargs-null$/,
    recorded: '{"close":1002}',
    instead: [50, 1, {}, [{ authid: "trust-1", role: "trust" }]],
    reason: "null is taken for what is left out",
  },
  {
    scenarios: /^hello-agent-int$/,
    recorded: '[2,"<session:a>"',
    instead: [2, "<session:a>", { authrole: "public", authextra: { authagent: "-" } }],
    reason: "an agent that is no text is none",
  },
  ...["None", "kill", "killnowait", "skip"].flatMap((mode) =>
    [1, 2, 3].map((request) => ({
      scenarios: new RegExp(mode === "skip" ? "^cancel-skip-" : `^cancel-${mode}-plaincallee$`),
      recorded: `[49,${request},`,
      also: [{ conn: "b", message: [8, 48, request, {}, "wamp.error.canceled"] }],
      reason: answered,
    }))
  ),
  {
    scenarios: /^cancel-kill-full$/,
    recorded: '[8,48,2,{},"wamp.error.canceled"]',
    instead: [50, 2, { callee: "<session:a>", callee_authid: "backend-1", callee_authrole: "backend" }, ["r"]],
    reason: "a callee that has done its work all the same has its result delivered, as WAMP has it",
  },
  ...["5", "nosuch"].flatMap((mode) =>
    ["full", "plaincallee"].map((callee) => ({
      scenarios: new RegExp(`^cancel-${mode}-${callee}$`),
      recorded: "[49,1,",
      also: [
        { conn: "b", message: [3, { message: "" }, "wamp.error.protocol_violation"] },
        ...callee === "full" ? [{ conn: "a", message: [69, "<invocation:1>", { mode: "killnowait" }] }] : [],
      ],
      reason: "what was wrong is said before the connection is closed",
    }))
  ),
  {
    scenarios: /^cancel-(5|nosuch)-full$/,
    recorded: '[69,"<invocation:1>"',
    instead: "nothing",
    reason: "the connection is closed at once, so that the callee hears of it before",
  },
  {
    scenarios: /^call-caller-dies-plain$/,
    recorded: '[70,"<invocation:1>"',
    also: [{ conn: "b", message: [50, 1, { callee_authid: "backend-1" }, [1]] }],
    reason: "that the caller closed its connection was not recorded, so here it gets its answer",
  },
  {
    scenarios: /^call-caller-dies$/,
    recorded: "[50,1,",
    instead: "nothing",
    reason: "whoever has said GOODBYE gets no answer any more",
  },
  {
    scenarios: /^call-error$/,
    recorded: '[8,68,"<invocation:5>"',
    also: [{ conn: "b", message: [8, 48, 5, {}, "wamp.error.invalid_uri", [""]] }],
    reason: "the caller is told that the callee's answer was none",
  },
  {
    scenarios: /^call-error$/,
    recorded: '[8,48,5,{},"wamp.error.canceled"',
    instead: "nothing",
    reason: "the caller has its answer, and the callee goes on",
  },
  ...["b", "t"].map((conn) => ({
    scenarios: /^publish-acknowledge$/,
    conn,
    recorded: '[36,"<id:1>","<id:14>"',
    instead: "nothing" as const,
    reason: "an empty list of those eligible means nobody",
  })),
  {
    scenarios: /^force-reregister$/,
    conn: "b",
    recorded: '[67,0,{"reason":"wamp.error.unregistered","registration":"<id:2>"}]',
    instead: "nothing",
    reason: "who did not announce registration_revocation would not understand it",
  },
  {
    scenarios: /^publish-acknowledge$/,
    recorded: "[17,18,",
    also: [{ conn: "t", message: [36, "<id:1>", "<id:18>", {}] }],
    reason: "all subscribers get the last event, too; one of them was not recorded any more",
  },
];
