import process from "node:process";
import { join } from "node:path";
import { startCrossbar } from "../test/interop/crossbar.ts";
import { freePorts } from "../test/interop/free_port.ts";
import { startGammazero } from "../test/interop/gammazero.ts";
import { folderOf, install, type Installation, peers as drivers } from "../test/interop/install.ts";
import { joesPublicKey } from "../test/interop/logins.ts";
import { joe } from "../test/interop/our_router.ts";
import { ServerProcess } from "../test/interop/server_process.ts";
import type { Format } from "./load/frames.ts";
import { canSeeProcesses, childrenOf, usageOfTree } from "./process_tree.ts";
import type { Subject } from "./subject.ts";

interface Kind {
  readonly name: string;
  readonly version: string;
  readonly needs: Installation;
  readonly formats: readonly Format[];
  readonly tickets: boolean;
  start(): Promise<{ readonly url: string; stop(): Promise<void> }>;
}

const ALL: readonly Format[] = ["json", "msgpack", "cbor"];

const KINDS: readonly Kind[] = [
  {
    name: "Crossbar",
    version: "26.10.1",
    needs: "python/crossbar",
    formats: ALL,
    tickets: true,
    start: async () => {
      const { ws, close } = await startCrossbar(joesPublicKey);
      return { url: ws, stop: close };
    },
  },
  {
    name: "gammazero/nexus",
    version: "3.2.2",
    needs: "go",
    formats: ALL,
    tickets: true,
    start: async () => {
      const { ws, close } = await startGammazero(joesPublicKey);
      return { url: ws, stop: close };
    },
  },
  {
    name: "fox-wamp",
    version: "0.7.28",
    needs: "npm",
    formats: ["json"],
    tickets: false,
    start: async () => {
      const [port] = await freePorts(1) as [number];
      const command = [process.execPath, join(drivers, "npm", "fox_router.cjs"), String(port)] as const;
      const server = new ServerProcess(command, { env: { INTEROP_NPM: folderOf("npm") } });
      await server.start([port]);
      return { url: `ws://127.0.0.1:${port}/`, stop: () => server.stop() };
    },
  },
];

/** Routers of others that run, and what was left out and why. */
export interface Peers {
  readonly subjects: readonly Subject[];
  readonly skipped: readonly string[];
}

/**
 * Installs the routers of others where they are not yet, and starts them.
 *
 * @returns Those that run; the machine may lack what others need.
 */
export async function startPeers(): Promise<Peers> {
  const missing = await install(KINDS.map((kind) => kind.needs));
  const subjects: Subject[] = [];
  const skipped: string[] = [];
  if (!canSeeProcesses()) skipped.push("CPU time and memory of other routers: this machine does not tell");
  for (const kind of KINDS) {
    const reason = missing.get(kind.needs);
    if (reason !== undefined) {
      skipped.push(`${kind.name} ${kind.version}: ${reason.split("\n")[0]}`);
      continue;
    }
    try {
      subjects.push(await start(kind));
    } catch (error) {
      skipped.push(`${kind.name} ${kind.version}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  return { subjects, skipped };
}

async function start({ name, version, formats, tickets, start }: Kind): Promise<Subject> {
  const visible = canSeeProcesses();
  const before = new Set(visible ? childrenOf(process.pid) : []);
  const { url, stop } = await start();
  const pid = visible ? childrenOf(process.pid).find((one) => !before.has(one)) : undefined;
  return {
    name,
    version: `${name} ${version}`,
    url,
    realm: "realm1",
    formats,
    ...tickets ? { ticket: { realm: "secure", authid: joe.authid, secret: joe.secret } } : {},
    usage: () => Promise.resolve(pid === undefined ? undefined : usageOfTree(pid)),
    stop,
  };
}
