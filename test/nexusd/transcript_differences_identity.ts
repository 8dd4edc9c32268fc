import type { NexusOptions } from "../../src/nexusd/nexus.ts";
import { listRecordings, readRecording } from "../support/recording.ts";
import type { Difference } from "../support/replay.ts";

/** A difference, and the recordings in which it shows. */
export interface ScenarioDifference extends Difference {
  readonly scenarios: RegExp;
}

const error = "com.izaber.wamp.error";
const notAuthorized = "wamp.error.not_authorized";
const leak = "who may not register learns nothing of what is registered";
const listed = "the list of one-time passwords, which never worked at the recorded server, does";
const bothSpellings =
  "clients call one-time passwords `otps`, the recorded server knows `otp` alone; here both are known";
const never = "under this option a session goes on at once; the recorded server refused it once and went on then";
const pythonText = "what needs the cookie of a login that is gone is false or nothing, and not a Python text";
const untouched = "using a key changes nothing of what is kept of it";
const once = "a one-time password is shown once, when it is made, and kept nowhere";
const checked = "what nobody can mean, such as a time that is none, is refused and not kept";

/** The options under which what the recorded server leaves open is open here, too, so that the rest of the recording can be compared. */
const openings: readonly (readonly [scenarios: RegExp, options: Partial<NexusOptions>])[] = [
  [/^(test-)?(apikey|my-apikeys|otp-login)/, {
    leniency: {
      plaintextKeysAreKept: true,
      restrictionsHoldForOneSpelling: true,
      keysMakeKeys: true,
      sessionsKeepWhatTheyHave: true,
    },
  }],
  [/^language-(duplicates|live-role-change)$/, { leniency: { sessionsKeepWhatTheyHave: true } }],
  [/^expiry-/, {
    cookies: { maxAge: 2 },
    leniency: {
      plaintextKeysAreKept: true,
      restrictionsHoldForOneSpelling: true,
      keysMakeKeys: true,
      sessionsOutliveTheirCookie: true,
    },
  }],
  [/^language-traits-anonymous$/, { leniency: { strangersCountAsElevated: true } }],
];

/** The options for a recording. */
export function optionsFor(scenario: string): Partial<NexusOptions> {
  return openings.find(([scenarios]) => scenarios.test(scenario))?.[1] ?? {};
}

function key(n: number, plain: number, hash: number, more: object = {}): object {
  return {
    uuid: `<uuid:${n}>`,
    plaintext_key: `<plainkey:${plain}>`,
    description: "",
    expires: null,
    permissions: [],
    key: `<keyhash:${hash}>`,
    owner: "<uuid:3>",
    ...more,
  };
}

const mine = key(4, 2, 2, {
  description: "mine",
  expires: "<timestamp>",
  permissions: [{ uri: "com.izaber.wamp.auth.whoami", perms: "c" }],
});

const otp = {
  uuid: "<uuid:2>",
  origin: "frontend-2@127.0.0.1",
  expires: "<timestamp>",
  permissions: [],
  key: "<keyhash:1>",
  owner: "<uuid:3>",
  login: "frontend-2",
};

const forOther = { ...otp, origin: "trust-2@127.0.0.1 created token for frontend-2" };

/** What the recordings that call everything show of procedures that the recorded server did not know. */
function unknownThere(procedure: RegExp): { readonly scenario: string; readonly request: number }[] {
  return listRecordings().filter((scenario) => /^(test-)?procs-/.test(scenario)).flatMap((scenario) => {
    const messages = readRecording(scenario).steps.map(({ message }) => message ?? []);
    const missing = new Set(
      messages.filter(([, , , , uri]) => uri === "wamp.error.no_such_procedure").map(([, , id]) => id),
    );
    return messages
      .filter(([type, request, , uri]) => type === 48 && procedure.test(String(uri)) && missing.has(request))
      .map(([, request]) => ({ scenario, request: request as number }));
  });
}

/** Where identities, keys and permissions are deliberately otherwise than at the recorded server, and why. */
export const identityDifferences: readonly ScenarioDifference[] = [
  {
    scenarios: /^reauth-required-permission$/,
    recorded: `[8,64,4,{},"wamp.error.procedure_already_exists"`,
    instead: [8, 64, 4, {}, notAuthorized, ["session is not authorized to register"]],
    reason: leak,
  },
  ...[8, 9].map((request) => ({
    scenarios: /^my-apikeys$/,
    recorded: `[50,${request},{"callee"`,
    instead: [8, 48, request, {}, error, [""]],
    reason: checked,
  })),
  ...[["expiry-apikey", 2], ["expiry-cookie", 3]].map(([scenario, request]) => ({
    scenarios: new RegExp(`^${scenario}$`),
    recorded: `[8,48,${request},{},"wamp.error.not_authorized"`,
    instead: [50, request, {}, [{ authid: "frontend-1", role: "frontend" }]],
    reason: never,
  })),
  {
    scenarios: /^expiry-apikey$/,
    recorded: '[50,4,{"callee"',
    instead: [50, 4, {}, [[key(2, 1, 1)]]],
    reason: untouched,
  },
  ...[[7, false], [8, []], [11, null]].map(([request, answer]) => ({
    scenarios: /^expiry-cookie$/,
    recorded: `[8,48,${request},{},"com.izaber.wamp.error`,
    instead: [50, request, {}, [answer]],
    reason: pythonText,
  })),
  ...["14", "2"].flatMap((request) =>
    [1, 2].map((keys) => ({
      scenarios: [/^apikey-login-trust$/, /^(test-)?apikey-login$/][keys - 1]!,
      recorded: `[50,${request},{"callee":"<id:1>","callee_authid":"<uuid4:1>","callee_authrole":"trusted"},[[{`,
      instead: [50, Number(request), {}, [[key(2, 1, 1), ...request === "2" && keys === 2 ? [key(5, 2, 2)] : []]]],
      reason: untouched,
    }))
  ),
  {
    scenarios: /^otp-query$/,
    recorded: '[50,2,{"callee"',
    instead: [50, 2, {}, [{ records: [otp], page_index: 0, page: 1, pages: 0, hits: 1, limit: null, sort: null }]],
    reason: once,
  },
  {
    scenarios: /^otp-query$/,
    recorded: '[50,3,{"callee"',
    instead: [50, 3, {}, [{
      records: [{
        uuid: "<uuid:3>",
        enabled: true,
        role: "frontend",
        source: "local",
        password: "<pbkdf2-hash>",
        email: "frontend-2@nexus",
        upn: "frontend-2@nexus",
        name: "frontend-2 Name",
        login: "frontend-2",
        owner: "%root",
        apikeys: [],
        metadata: [],
        otps: [otp],
      }],
      page_index: 0,
      page: 1,
      pages: 0,
      hits: 1,
      limit: null,
      sort: null,
    }]],
    reason: once,
  },
  ...[['[50,6,{"callee"', "conn c"], ['[8,48,7,{},"com.izaber.wamp.error"', ""]].map(([recorded, conn]) => ({
    scenarios: /^language-live-role-change$/,
    recorded: recorded!,
    ...conn === "" ? {} : { conn: "c" },
    instead: [8, 48, conn === "" ? 7 : 6, {}, notAuthorized, ["session is not authorized to call"]],
    reason: "who is no user any more may do nothing; the recorded server took such a session for a stranger's",
  })),
  ...[
    [8, [8, 48, 8]],
    [13, [50, 13]],
  ].map(([request, start]) => ({
    scenarios: /^system-otp$/,
    recorded: JSON.stringify(start).slice(0, -1),
    instead: request === 8
      ? [50, 8, {}, [[
        { ...forOther, uuid: "<uuid:2>", key: "<keyhash:1>" },
        { ...forOther, uuid: "<uuid:4>", key: "<keyhash:3>" },
      ]]]
      : [50, 13, {}, [{
        records: [{ ...forOther, uuid: "<uuid:4>", key: "<keyhash:3>" }],
        page_index: 0,
        page: 1,
        pages: 0,
        hits: 1,
        limit: null,
        sort: null,
      }]],
    reason: request === 8 ? listed : once,
  })),
  {
    scenarios: /^my-apikeys$/,
    recorded: '[50,13,{"callee"',
    instead: [50, 13, {}, [[mine, key(10, 8, 9), key(5, 4, 5), key(7, 5, 6), key(2, 1, 1)]]],
    reason: checked,
  },
  ...unknownThere(/(^|\.)my\.otps\./).map(({ scenario, request }) => ({
    scenarios: new RegExp(`^${scenario}$`),
    recorded: `[8,48,${request},{},"wamp.error.no_such_procedure"`,
    instead: [8, 48, request, {}, error, [""]],
    reason: bothSpellings,
  })),
  {
    scenarios: /^(test-)?procs-prefixed-(backend|trust)$/,
    recorded: '[8,48,57,{},"wamp.error.runtime_error"',
    instead: [8, 48, 57, {}, error, [""]],
    reason: "what is wrong with the arguments of a procedure of Nexus is said by one URI for all of them",
  },
  ...[1, 6].map((request) => ({
    scenarios: /^(test-)?my-otp-bare$/,
    recorded: `[8,48,${request},{},"com.izaber.wamp.error",["'NexusUser'`,
    instead: [50, request, {}, [request === 1 ? [] : [otp]]],
    reason: listed,
  })),
  ...[
    [50, 1, {}, [[]]],
    [50, 2, {}, [{ ...otp, plaintext_key: "<plainkey:1>" }]],
    ...[3, 4, 5].map((request) => [8, 48, request, {}, error, [""]]),
    [50, 6, {}, [[otp]]],
    ...[7, 8].map((request) => [8, 48, request, {}, error, [""]]),
  ].map((instead) => ({
    scenarios: /^(test-)?my-otps-/,
    recorded: `[8,48,${instead[0] === 50 ? instead[1] : instead[2]},{},"wamp.error.no_such_procedure"`,
    instead,
    reason: bothSpellings,
  })),
];
