import type { Difference } from "../support/replay.ts";

const visibility =
  "an entry that is registered again gets the visibility that it is registered with; the recorded server kept the first one";
const caller = { callee: "<id:1>", callee_authid: "<uuid4:1>", callee_authrole: "trusted" };

/** What the services for data themselves subscribe to. */
function ownSubscriptions(...names: string[]): { [id: string]: unknown } {
  return Object.fromEntries(names.map((name) => {
    const id = `<id:${name}>`;
    return [id, { id, created: "<timestamp>", uri: `wamp.${name}`, match: "exact", sessions: {} }];
  }));
}

/** Where the services for data answer otherwise than the recorded ones, and why. */
export const dataDifferences: readonly (Difference & {
  /** The recordings in which it shows. */
  readonly scenarios: RegExp;
})[] = [
  {
    scenarios: /^test-roster$/,
    recorded: '"visibility":"*","session_id":"<session:b>","data":{"v":2}',
    instead: [50, 3, caller, [{
      uuid: "<uuid:5>",
      created: "<epoch>",
      name: "roster.one",
      visibility: ["frontend"],
      session_id: "<session:b>",
      data: { v: 2 },
      key: "<session:b>_roster.one",
      owner: "%root",
    }]],
    reason: visibility,
  },
  {
    scenarios: /^test-roster$/,
    recorded: '[50,4,{"callee":"<id:1>","callee_authid":"<uuid4:1>","callee_authrole":"trusted"},[[{"v":2}]]]',
    instead: [50, 4, caller, [[]]],
    reason: visibility,
  },
  {
    scenarios: /^test-roster$/,
    conn: "p",
    recorded: '[50,2,{"callee":"<id:1>","callee_authid":"<uuid4:1>","callee_authrole":"trusted"},[[{"v":2}]]]',
    instead: [50, 2, caller, [[]]],
    reason: visibility,
  },
  ...[
    ["f", 4, [null, "text"], ["text", null]],
    ["t", 5, [null, "text", "by f"], ["text", "by f", null]],
    ["f", 13, [null, "text"], ["text", null]],
  ].map(([conn, request, recorded, instead]) => ({
    scenarios: /^test-roster$/,
    conn: conn as string,
    recorded: JSON.stringify([50, request, caller, [recorded]]),
    instead: [50, request, caller, [instead]],
    reason: "entries come in the order in which they were made; the recorded server had them in that of its files",
  })),
  {
    scenarios: /^(test-roster|warning-events)$/,
    recorded: '[6,{},"wamp.close.normal"]',
    instead: [6, {}, "wamp.close.goodbye_and_out"],
    reason: "GOODBYE is answered by WAMP's own word for that",
  },
  ...[[1, "[8,48,1"], [2, "[50,2"]].map(([request, recorded]) => ({
    scenarios: /^system-subscribed$/,
    recorded: recorded as string,
    instead: [50, request, { ...caller, callee: "<id:2>" }, [{
      exact: {
        ...ownSubscriptions(
          "registration.on_create",
          "registration.on_register",
          "registration.on_unregister",
          "registration.on_delete",
          "session.on_leave",
        ),
        "<id:1>": {
          id: "<id:1>",
          created: "<timestamp>",
          uri: "com.izaber.wamp.x.sub",
          match: "exact",
          sessions: { "<session:b>": { authid: "backend-2", authrole: "backend" } },
        },
      },
      prefix: {},
      wildcard: {},
    }]],
    reason: "who subscribes to what is told also when users do; the recorded server failed then",
  })),
];
