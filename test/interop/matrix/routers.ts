import process from "node:process";
import { join } from "node:path";
import { autobahnPython } from "../clients.ts";
import { startCrossbar } from "../crossbar.ts";
import { comesBack, cookieLogin } from "../returning.ts";
import { freePorts } from "../free_port.ts";
import { startGammazero } from "../gammazero.ts";
import { folderOf, peers } from "../install.ts";
import { joesPublicKey, logins } from "../logins.ts";
import { OurPeer } from "../our_peer.ts";
import type { Ability, SerializerName } from "../peer.ts";
import { everything } from "../peer.ts";
import { play } from "../play.ts";
import { meta } from "../scenarios/meta.ts";
import { pubsub } from "../scenarios/pubsub.ts";
import { rpc } from "../scenarios/rpc.ts";
import { ServerProcess } from "../server_process.ts";
import type { Suite } from "../suite.ts";

const scenarios = [...rpc, ...pubsub, ...meta];
const anonymous = { method: "anonymous" } as const;

const crossbarWays: readonly (readonly ["ws" | "rs" | "unix", SerializerName, boolean?])[] = [
  ["ws", "json"],
  ["ws", "msgpack"],
  ["ws", "cbor"],
  ["ws", "msgpack", true],
  ["ws", "cbor", true],
  ["ws", "json", true],
  ["rs", "json"],
  ["rs", "msgpack"],
  ["rs", "cbor"],
  ["unix", "cbor"],
];

/** Our client on other routers. */
export const routers: readonly Suite[] = [
  {
    name: "crossbar",
    needs: ["python/crossbar"],
    run: async (report) => {
      const crossbar = await startCrossbar(joesPublicKey);
      const who = { ours: "client", who: "Crossbar", version: "26.10.1" } as const;
      const router = new Set<Ability>(everything);
      try {
        for (const [transport, serializer, batched = false] of crossbarWays) {
          await play(report, {
            ...who,
            transport,
            theirs: new OurPeer(),
            router,
            options: {
              url: crossbar[transport],
              realm: "realm1",
              serializer,
              batched,
              batchSeparator: "\x18", // Crossbar 26.10 knows no other
              auth: anonymous,
            },
            scenarios,
          });
        }
        await logins(report, {
          line: { ...who, transport: "ws", serializer: "cbor" },
          peer: () => new OurPeer(),
          methods: ["ticket", "wampcra", "wampcra salted", "scram", "cryptosign"],
          open: { url: crossbar.ws, realm: "secure", serializer: "cbor" },
        });
        await report.check({ ...who, transport: "ws", serializer: "json" }, {
          cookie: () => cookieLogin(crossbar.cookie),
          "reconnect after a restart": () => comesBack(crossbar.ws, () => crossbar.restart()),
        });
      } finally {
        await crossbar.close();
      }
    },
  },
  {
    name: "crossbar-autobahn",
    needs: ["python/crossbar", "python/autobahn"],
    run: async (report) => {
      const crossbar = await startCrossbar(joesPublicKey);
      try {
        await play(report, {
          ours: "client",
          who: "Crossbar with autobahn-python",
          version: "26.10",
          transport: "ws",
          theirs: autobahnPython("asyncio"),
          router: new Set(everything),
          options: { url: crossbar.ws, realm: "realm1", serializer: "msgpack", auth: anonymous },
          ourOptions: { url: crossbar.ws, realm: "realm1", serializer: "cbor", auth: anonymous },
          scenarios,
          // Crossbar counts CALL.Options.timeout in seconds.
          without: ["times out"],
        });
      } finally {
        await crossbar.close();
      }
    },
  },
  {
    name: "gammazero-router",
    needs: ["go"],
    run: async (report) => {
      const router = await startGammazero(joesPublicKey);
      const who = { ours: "client", who: "gammazero/nexus", version: "3.2.2" } as const;
      try {
        for (const transport of ["ws", "rs", "unix"] as const) {
          for (const serializer of ["json", "msgpack", "cbor"] as const) {
            await play(report, {
              ...who,
              transport,
              theirs: new OurPeer(),
              router: router.can,
              options: { url: router[transport], realm: "realm1", serializer, auth: anonymous },
              scenarios,
            });
          }
        }
        await logins(report, {
          line: { ...who, transport: "ws", serializer: "json" },
          peer: () => new OurPeer(),
          methods: ["ticket", "wampcra", "wampcra salted", "cryptosign"],
          open: { url: router.ws, realm: "secure", serializer: "json" },
        });
        await report.check({ ...who, transport: "ws", serializer: "msgpack" }, {
          "reconnect after a restart": () => comesBack(router.ws, () => router.restart()),
        });
      } finally {
        await router.close();
      }
    },
  },
  {
    name: "fox-wamp",
    needs: ["npm"],
    run: async (report) => {
      const [port] = await freePorts(1) as [number];
      const script = join(peers, "npm", "fox_router.cjs");
      const router = new ServerProcess([process.execPath, script, String(port)], {
        env: { INTEROP_NPM: folderOf("npm") },
      });
      await router.start([port]);
      try {
        await play(report, {
          ours: "client",
          who: "fox-wamp",
          version: "0.7.28",
          transport: "ws",
          theirs: new OurPeer(),
          router: new Set<Ability>([
            "caller",
            "callee",
            "publisher",
            "subscriber",
            "call_kwargs",
            "publish_args",
            "unregister",
          ]),
          options: { url: `ws://127.0.0.1:${port}/`, realm: "realm1", serializer: "json", auth: anonymous },
          scenarios,
          // An ERROR reaches its caller as wamp.error.callee_failure, with the URI for an argument.
          without: ["errors to callers"],
        });
      } finally {
        await router.stop();
      }
    },
  },
];
