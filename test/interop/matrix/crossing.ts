import type { Dict, WampValue } from "../../../mod.ts";
import { autobahnJs, autobahnPython, gammazero, swampyer, wampyJs } from "../clients.ts";
import { joesPublicKey } from "../logins.ts";
import { OurPeer } from "../our_peer.ts";
import { openOurRouter } from "../our_router.ts";
import type { Peer, SerializerName } from "../peer.ts";
import type { Report } from "../report.ts";
import type { Suite } from "../suite.ts";
import { samples, textOf } from "../values.ts";
import type { Kind } from "../values.ts";

const makers = {
  ours: () => new OurPeer(),
  "autobahn-js": autobahnJs,
  "wampy.js": wampyJs,
  "autobahn-python": () => autobahnPython("asyncio"),
  swampyer,
  gammazero,
} as const;

type Name = keyof typeof makers;
type End = readonly [Name, SerializerName];

/** What a serializer cannot say, or is not made to say by us: MessagePack could tell minus zero from zero. */
const unsaid: Readonly<Record<SerializerName, readonly Kind[]>> = {
  json: ["NaN", "infinity", "minus zero", "date"],
  msgpack: ["minus zero"],
  cbor: [],
};

/** What an implementation loses with a serializer besides, as docs/interop.md tells. */
const losses: Partial<Record<`${Name} ${SerializerName}`, readonly Kind[]>> = {
  "autobahn-js json": ["int64", "uint64"],
  "autobahn-js msgpack": ["int64", "uint64"],
  "autobahn-js cbor": ["__proto__"],
  "wampy.js json": ["int64", "uint64"],
  "wampy.js msgpack": ["__proto__"],
  "wampy.js cbor": ["integer", "int64", "uint64", "minus zero", "__proto__"],
  "autobahn-python msgpack": ["date"],
  "swampyer msgpack": ["date"],
};

/** What ends a session of an implementation, and so is not sent to it. */
const deadly: Partial<Record<`${Name} ${SerializerName}`, readonly Kind[]>> = {
  "autobahn-js msgpack": ["__proto__"],
};

const pairs: readonly (readonly [caller: End, callee: End])[] = [
  [["ours", "cbor"], ["ours", "msgpack"]],
  [["ours", "json"], ["ours", "cbor"]],
  ...(["json", "msgpack", "cbor"] as const).flatMap((serializer) =>
    (["autobahn-python", "autobahn-js", "wampy.js", "gammazero", "swampyer"] as const).map((name) =>
      [["ours", "cbor"], [name, serializer]] as const
    )
  ),
  [["autobahn-python", "cbor"], ["ours", "msgpack"]],
  [["autobahn-python", "msgpack"], ["ours", "json"]],
  [["autobahn-js", "cbor"], ["ours", "cbor"]],
  [["wampy.js", "msgpack"], ["ours", "cbor"]],
  [["gammazero", "cbor"], ["ours", "msgpack"]],
  [["swampyer", "cbor"], ["ours", "cbor"]],
  [["autobahn-python", "cbor"], ["autobahn-js", "msgpack"]],
  [["gammazero", "msgpack"], ["autobahn-python", "cbor"]],
  [["wampy.js", "cbor"], ["gammazero", "json"]],
  [["swampyer", "msgpack"], ["wampy.js", "json"]],
];

const shapes: readonly (readonly [args: WampValue[], kwargs: Dict])[] = [
  [[], {}],
  [[null], {}],
  [[[]], {}],
  [[{}], {}],
  [[], { key: null }],
  [[], { list: [], dict: {} }],
  [[1, "two"], { three: 3, "名前": 4 }],
];

/** Values through caller, router and callee of different implementations and serializers, and back. */
export const crossing: readonly Suite[] = [{
  name: "crossing",
  needs: ["npm", "go", "python/autobahn", "python/izaber"],
  run: async (report) => {
    const router = await openOurRouter(joesPublicKey);
    try {
      for (const [caller, callee] of pairs) await cross(report, router.ws, caller, callee);
    } finally {
      await router.close();
    }
  },
}];

async function cross(report: Report, url: string, callerEnd: End, calleeEnd: End): Promise<void> {
  const [caller, callee] = [makers[callerEnd[0]](), makers[calleeEnd[0]]()];
  const allowed = new Set(
    [callerEnd, calleeEnd].flatMap(([name, serializer]) => [
      ...unsaid[serializer],
      ...losses[`${name} ${serializer}`] ?? [],
    ]),
  );
  const spared = new Set([callerEnd, calleeEnd].flatMap(([name, serializer]) => deadly[`${name} ${serializer}`] ?? []));
  const sent = samples.filter(({ kind }) => !spared.has(kind));
  const lost = new Map<Kind, string>();
  try {
    await Promise.all([open(caller, url, callerEnd[1]), open(callee, url, calleeEnd[1])]);
    await callee.register("com.example.crossing", "echo");
    await report.check(
      {
        ours: "both",
        who: `${callerEnd[0]} to ${calleeEnd[0]}`,
        version: "",
        transport: "ws",
        serializer: `${callerEnd[1]} to ${calleeEnd[1]}`,
      },
      {
        [`${sent.length} values`]: async () => {
          for (const { kind, value } of sent) {
            const back = await send(caller, value);
            if (back !== textOf(value) && !lost.has(kind)) {
              lost.set(kind, `${textOf(value).slice(0, 60)} came back as ${back.slice(0, 90)}`);
            }
          }
          const surprises = [...lost].filter(([kind]) => !allowed.has(kind));
          if (surprises.length > 0) {
            throw new Error(surprises.map(([kind, example]) => `${kind}: ${example}`).join("\n"));
          }
        },
        "args and kwargs, absent and empty": async () => {
          const noted = await callee.register("com.example.shapes", "note");
          for (const [args, kwargs] of shapes) {
            await caller.call("com.example.shapes", args, kwargs);
            const got = await noted.next();
            if (textOf([got.args, got.kwargs]) !== textOf([args, kwargs])) {
              throw new Error(`${textOf([args, kwargs])} came as ${textOf([got.args, got.kwargs])}`);
            }
          }
        },
      },
    );
  } finally {
    await Promise.allSettled([caller.end(), callee.end()]);
  }
}

async function send(caller: Peer, value: never | unknown): Promise<string> {
  try {
    return textOf((await caller.call("com.example.crossing", [value as never])).args[0]);
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function open(peer: Peer, url: string, serializer: SerializerName): Promise<void> {
  await peer.open({ url, realm: "realm1", serializer, auth: { method: "anonymous" } });
}
