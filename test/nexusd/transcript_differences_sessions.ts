import type { ScenarioDifference } from "./transcript_differences_identity.ts";

const unread = "the recorder did not wait for this event; other recordings show that the server sent such";
const atOnce = "a session that was killed is over at once, whether its client answers or not";
const byRole = "kill_by_authrole leaves the caller's own session alone and tells how many ended, as WAMP has it";
const byDefault = "the reason is wamp.close.killed unless another is given, as WAMP has it";

const killBy = /^meta-session-kill-by$/;
const wills = /^testament-close$/;
const noReply = /^meta-session-kill-noreply$/;
const killed = [6, {}, "wamp.close.killed"];

/** Where sessions, their ends and their events are deliberately otherwise than at the recorded server, and why. */
export const sessionDifferences: readonly ScenarioDifference[] = [
  {
    scenarios: /^event-retention$/,
    recorded: '[17,2,"<id:4>"]',
    also: [{ conn: "t", message: [36, "<id:2>", "<id:live>", { publisher_authid: "backend-2" }, ["newer"]] }],
    reason: unread,
  },
  {
    scenarios: /^test-meta-denied$/,
    recorded: '[2,"<session:n>"',
    also: [{
      conn: "b",
      message: [36, "<id:93>", "<id:live>", {}, [{
        session: "<session:n>",
        authid: "<serial:1>",
        authrole: "public",
        authmethod: "anonymous",
        authprovider: "static",
        authextra: { authagent: "oracle-recorder" },
        transport: { type: "websocket", peer: "<peer>" },
      }]],
    }],
    reason: unread,
  },
  {
    scenarios: /^test-meta-denied$/,
    recorded: '[50,3,{"callee":"<id:1>"',
    instead: [50, 3, {}, [{ exact: "<91 ids>", prefix: [], wildcard: [] }]],
    reason: "how many procedures there are is a matter of what else is served",
  },
  {
    scenarios: /^test-meta-denied$/,
    recorded: '[50,4,{"callee":"<id:1>"',
    instead: [50, 4, {}, [{ exact: "<5 ids>", prefix: [], wildcard: [] }]],
    reason: "how many topics the server itself follows is a matter of how it serves",
  },
  {
    scenarios: /^test-meta-denied$/,
    recorded: "session_kill() missing 1 required",
    instead: [8, 48, 5, {}, "wamp.error.invalid_argument", [""]],
    reason: "what is wrong with an argument is said in WAMP's word for it, not in a Python text",
  },
  {
    scenarios: killBy,
    recorded: '[50,2,{"callee"',
    also: ["e", "f"].map((conn) => ({
      conn: "t",
      message: [36, "<id:1>", `<id:${conn}>`, {}, [`<session:${conn}>`, "backend-2", "backend"]],
    })),
    reason: atOnce,
  },
  ...["e", "f"].map((conn) => ({
    scenarios: killBy,
    recorded: `["<session:${conn}>"]]`,
    conn: "t",
    instead: "nothing" as const,
    reason: atOnce,
  })),
  {
    scenarios: killBy,
    recorded: '[50,3,{"callee"',
    instead: [50, 3, {}, [2]],
    also: [["g", "public-1"], ["h", "<serial:1>"]].map(([conn, authid]) => ({
      conn: "t",
      message: [36, "<id:1>", `<id:${conn}>`, {}, [`<session:${conn}>`, authid, "public"]],
    })),
    reason: byRole,
  },
  {
    scenarios: killBy,
    recorded: '[50,4,{"callee"',
    instead: [50, 4, {}, [1]],
    also: [{ conn: "t", message: [36, "<id:1>", "<id:u>", {}, ["<session:u>", "trust-2", "trust"]] }],
    reason: byRole,
  },
  { scenarios: killBy, recorded: '[6,{},"wamp.close.normal"]', conn: "t", instead: "nothing", reason: byRole },
  { scenarios: killBy, recorded: '[6,{},"wamp.close.normal"]', conn: "u", instead: killed, reason: byDefault },
  { scenarios: killBy, recorded: '[50,5,{"callee"', instead: [50, 5, {}, [1]], reason: atOnce },
  { scenarios: noReply, recorded: '[6,{},"wamp.close.normal"]', instead: killed, reason: byDefault },
  ...["3", "4", "5"].map((publication) => ({
    scenarios: wills,
    recorded: `["<id:${publication}>"]]`,
    instead: [50, 1, {}, [null]],
    reason: "a testament is noted, not published yet, so that there is nothing to tell of it",
  })),
  ...[['{"close":1000}', "b", "closed"], ['{"close":"tcp"}', "d", "broken"]].map(([recorded, conn, text]) => ({
    scenarios: wills,
    recorded: recorded!,
    conn: conn!,
    also: [{ conn: "w", message: [36, "<id:1>", `<id:${text}>`, { publisher_authid: "trust-1" }, [text]] }],
    reason: "a testament is for the session that is lost; the recorded server wanted a GOODBYE",
  })),
  {
    scenarios: wills,
    recorded: '[50,2,{"callee"',
    also: [{ conn: "w", message: [36, "<id:1>", "<id:killed>", { publisher_authid: "trust-1" }, ["killed"]] }],
    reason: atOnce,
  },
  { scenarios: wills, recorded: '["killed"]]', conn: "w", instead: "nothing", reason: atOnce },
  { scenarios: wills, recorded: '[6,{},"wamp.close.normal"]', instead: killed, reason: byDefault },
  { scenarios: noReply, recorded: '[{"authid":"backend-2"', conn: "c", instead: "nothing", reason: atOnce },
];
