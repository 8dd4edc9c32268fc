import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free_port.ts";
import { goDriver } from "./install.ts";
import { joe } from "./our_router.ts";
import type { OurRouter } from "./our_router.ts";
import type { Ability } from "./peer.ts";
import { everything } from "./peer.ts";
import { ServerProcess } from "./server_process.ts";

/** What the router of gammazero/nexus 3.2.2 does not do. */
const lacking: readonly Ability[] = ["retained", "retains", "force_reregister"];

/** Starts the router of gammazero/nexus, with the realms of our own. */
export async function startGammazero(publicKey: string): Promise<OurRouter & { restart(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "interop-gammazero-"));
  const [web, raw] = await freePorts(2) as [number, number];
  const socket = join(folder, "nexus.sock");
  const command = ["router", `127.0.0.1:${web}`, `127.0.0.1:${raw}`, socket, joe.secret, publicKey];
  const server = new ServerProcess([goDriver, ...command]);
  const start = async () => {
    rmSync(socket, { force: true });
    await server.start([web, raw]);
  };
  await start();
  return {
    ws: `ws://127.0.0.1:${web}/ws`,
    rs: `rs://127.0.0.1:${raw}`,
    unix: `unix://${socket}`,
    can: new Set(everything.filter((one) => !lacking.includes(one))),
    async restart() {
      await server.stop();
      await start();
    },
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
