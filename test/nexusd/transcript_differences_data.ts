import type { Difference } from "../support/replay.ts";

const visibility =
  "an entry that is registered again gets the visibility that it is registered with; the recorded server kept the first one";
const caller = { callee: "<id:1>", callee_authid: "<uuid4:1>", callee_authrole: "trusted" };

const upsert = "upsert changes a record that is there; the recorded server failed then";
const shownOnce = "an API key is shown once, when it is made";
const types = ["user", "role", "uri", "roster", "cookie", "apikey", "metadatum", "otp"];
const dbk = { uuid: "<uuid:3>", value: 2, key: "dbk", owner: "<uuid:2>" };
const viadb = {
  uuid: "<uuid:4>",
  plaintext_key: null,
  description: "viadb",
  expires: null,
  permissions: [],
  key: "<keyhash:1>",
  owner: "<uuid:2>",
};
/** What the services for data themselves subscribe to. */
const own = Object.fromEntries(
  [
    "registration.on_create",
    "registration.on_register",
    "registration.on_unregister",
    "registration.on_delete",
    "session.on_leave",
  ].map((name) => {
    const id = `<id:${name}>`;
    return [id, { id, created: "<timestamp>", uri: `wamp.${name}`, match: "exact", sessions: {} }];
  }),
);

function page(records: readonly unknown[]): unknown {
  return { records, page_index: 0, page: 1, pages: 0, hits: records.length, limit: null, sort: null };
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
        ...own,
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
  {
    scenarios: /db-frontend$/,
    recorded: '[8,48,13,{},"com.izaber.wamp.error"',
    instead: [50, 13, caller, [dbk]],
    reason: upsert,
  },
  {
    scenarios: /db-frontend$/,
    recorded: "[50,14,",
    instead: [50, 14, caller, [page([dbk])]],
    reason: upsert,
  },
  {
    scenarios: /db-frontend$/,
    recorded: "[50,15,",
    instead: [50, 15, caller, [page([viadb])]],
    reason: shownOnce,
  },
  {
    scenarios: /db-frontend$/,
    recorded: "[50,17,",
    instead: [50, 17, caller, [page([{
      uuid: "<uuid:2>",
      enabled: true,
      role: "frontend",
      source: "local",
      password: "<pbkdf2-hash>",
      email: "frontend-2@nexus",
      upn: "frontend-2@nexus",
      name: "New Name",
      login: "frontend-2",
      owner: "%root",
      apikeys: [viadb],
      metadata: [dbk],
      otps: [],
    }])]],
    reason: `${upsert}; ${shownOnce}`,
  },
  ...[[2, "exact", "com.izaber.wamp.doc.one"], [16, "prefix", "bare.doc"]].map(([request, match, uri]) => ({
    scenarios: /^document$/,
    recorded: `[50,${request},{"callee":"<id:1>","callee_authid":"<uuid4:1>","callee_authrole":"trusted"},[null]]`,
    instead: [50, request, caller, [{ action: "register", uri, match, description: "D", contact: "C" }]],
    reason: "what is documented can be read; the recorded server never got so far",
  })),
  ...[20, 21, 22, 23].map((request) => ({
    scenarios: /^document$/,
    recorded: `[8,48,${request},`,
    instead: [50, request, caller, [true]],
    reason: "records of URIs can be deleted as others can; the recorded server failed",
  })),
  ...[5, 6].map((request) => ({
    scenarios: /^system-misc$/,
    recorded: `[8,48,${request},`,
    instead: [50, request, caller, [true]],
    reason: "one-time passwords are cleaned as the rest is; the recorded server failed",
  })),
  ...[11, 12].map((request) => ({
    scenarios: /^system-misc$/,
    recorded: `[50,${request},`,
    instead: [50, request, caller, [{ exact: own, prefix: {}, wildcard: {} }]],
    reason: "the services for data listen to other events than the recorded ones",
  })),
  ...[17, 18].map((request) => ({
    scenarios: /^system-misc$/,
    recorded: `[50,${request},`,
    instead: [50, request, caller, [{
      counts: Object.fromEntries(types.map((type) => [type, "<n>"])),
    }]],
    reason: "all records are counted, also of types that have none",
  })),
  {
    scenarios: /^warning-events$/,
    recorded: '[2,"<session:b2>"',
    instead: [2, "<session:b2>", { authid: "backend-2" }],
    reason: "each login may have an id of its own, also when the cookie is that of another",
  },
];
