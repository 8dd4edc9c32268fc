import type { ChildPeer } from "../child_peer.ts";
import { autobahnJs, autobahnPython, gammazero, swampyer, wampyJs, wampyPython } from "../clients.ts";
import { cuttable } from "../cuttable.ts";
import type { Installation } from "../install.ts";
import { joesPublicKey, logins } from "../logins.ts";
import { OurPeer } from "../our_peer.ts";
import { openOurRouter } from "../our_router.ts";
import type { Peer, SerializerName } from "../peer.ts";
import { play } from "../play.ts";
import type { Report } from "../report.ts";
import { meta } from "../scenarios/meta.ts";
import { pubsub } from "../scenarios/pubsub.ts";
import { rpc } from "../scenarios/rpc.ts";
import { same } from "../scenario.ts";
import type { Suite } from "../suite.ts";

/** A client that is tried on our router. */
interface Candidate {
  readonly name: string;
  readonly needs: readonly Installation[];
  make(): ChildPeer;
  /** What it speaks, by transport. */
  readonly ways: readonly (readonly [transport: "ws" | "rs" | "unix", serializer: SerializerName, batched?: true])[];
  /** The methods that it can log in by. */
  readonly methods: readonly string[];
  /** Whether it makes its registrations and subscriptions anew when its connection was lost (default not). */
  readonly returns?: true;
}

const candidates: readonly Candidate[] = [
  {
    name: "autobahn-js",
    needs: ["npm"],
    make: autobahnJs,
    ways: [["ws", "json"], ["ws", "msgpack"], ["ws", "cbor"], ["rs", "json"], ["unix", "json"]],
    methods: ["ticket", "wampcra", "wampcra salted", "cryptosign"],
  },
  {
    name: "wampy.js",
    needs: ["npm"],
    make: wampyJs,
    returns: true,
    ways: [["ws", "json"], ["ws", "msgpack"], ["ws", "cbor"]],
    methods: ["ticket", "wampcra", "wampcra salted", "cryptosign"],
  },
  {
    name: "autobahn-python-asyncio",
    needs: ["python/autobahn"],
    make: () => autobahnPython("asyncio"),
    ways: [
      ["ws", "json"],
      ["ws", "msgpack"],
      ["ws", "cbor"],
      ["ws", "json", true],
      ["ws", "msgpack", true],
      ["ws", "cbor", true],
      ["rs", "json"],
      ["rs", "msgpack"],
      ["rs", "cbor"],
      ["unix", "cbor"],
    ],
    methods: ["ticket", "wampcra", "wampcra salted", "scram", "cryptosign"],
  },
  {
    name: "autobahn-python-twisted",
    needs: ["python/autobahn"],
    make: () => autobahnPython("twisted"),
    ways: [["ws", "json"], ["ws", "msgpack"], ["ws", "cbor"], ["ws", "json", true], ["rs", "cbor"], [
      "unix",
      "msgpack",
    ]],
    methods: ["ticket", "wampcra", "scram", "cryptosign"],
  },
  {
    name: "swampyer",
    needs: ["python/izaber"],
    make: swampyer,
    returns: true,
    ways: [
      ["ws", "json"],
      ["ws", "msgpack"],
      ["ws", "cbor"],
      ["rs", "json"],
      ["rs", "msgpack"],
      ["rs", "cbor"],
      ["unix", "cbor"],
    ],
    methods: ["ticket"],
  },
  {
    name: "gammazero-client",
    needs: ["go"],
    make: gammazero,
    ways: [
      ["ws", "json"],
      ["ws", "msgpack"],
      ["ws", "cbor"],
      ["rs", "json"],
      ["rs", "msgpack"],
      ["rs", "cbor"],
      ["unix", "cbor"],
    ],
    methods: ["ticket", "wampcra", "wampcra salted", "cryptosign"],
  },
  {
    name: "wampy-python",
    needs: ["python/wampy"],
    make: wampyPython,
    ways: [["ws", "json"]],
    methods: ["ticket", "wampcra"],
  },
];

/** Other clients on our router. */
export const clients: readonly Suite[] = candidates.map((candidate) => ({
  name: candidate.name,
  needs: candidate.needs,
  run: (report) => run(report, candidate),
}));

async function run(report: Report, { make, ways, methods, returns }: Candidate): Promise<void> {
  const router = await openOurRouter(joesPublicKey);
  try {
    for (const [transport, serializer, batched = false] of ways) {
      await play(report, {
        ours: "router",
        transport,
        theirs: make(),
        router: router.can,
        options: { url: router[transport], realm: "realm1", serializer, batched, auth: { method: "anonymous" } },
        scenarios: [...rpc, ...pubsub, ...meta],
      });
    }
    const sample = make();
    const { name: who, version } = sample;
    await sample.end();
    if (returns) {
      await report.check({ ours: "router", who, version, transport: "ws", serializer: "json" }, {
        "restored after a cut": () => restored(make(), router.ws),
      });
    }
    await logins(report, {
      line: { ours: "router", who, version, transport: "ws", serializer: "json" },
      peer: make,
      methods,
      open: { url: router.ws, realm: "secure", serializer: "json" },
    });
  } finally {
    await router.close();
  }
}

/** What a peer has registered and subscribed is there again after its connection was cut. */
async function restored(peer: Peer, url: string): Promise<void> {
  const port = await cuttable(url);
  const ours = new OurPeer();
  const options = { realm: "realm1", serializer: "json", auth: { method: "anonymous" } } as const;
  try {
    await Promise.all([peer.open({ ...options, url: port.url, reconnect: true }), ours.open({ ...options, url })]);
    await peer.register("com.example.cut.hello", "say:hello");
    const heard = await peer.subscribe("com.example.cut.topic");
    const registered = await ours.subscribe("wamp.registration.on_register");
    const subscribed = await ours.subscribe("wamp.subscription.on_subscribe");
    port.cut();
    await Promise.all([registered.next(), subscribed.next()]);
    same((await ours.call("com.example.cut.hello")).args, ["hello"], "a call after the cut");
    await ours.publish("com.example.cut.topic", ["news"]);
    same((await heard.next()).args, ["news"], "an event after the cut");
  } finally {
    await Promise.all([peer.end(), ours.close()]);
    await port.close();
  }
}
