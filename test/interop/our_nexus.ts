import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNexus, memoryStore, parseSeed } from "../../src/nexusd/mod.ts";
import type { Nexus } from "../../src/nexusd/mod.ts";
import { listen, listenRawSocket } from "../../src/serve/mod.ts";

const SEED = `
realm: izaber
roles:
  frontend:
    - { uri: "com.izaber.wamp.auth.*", perms: "c" }
    - { uri: "com.izaber.wamp.my.*", perms: "c" }
    - { uri: "com.izaber.wamp.system.roster.query", perms: "c" }
    - { uri: "com.izaber.wamp.example.*", perms: "csp" }
    - { uri: "roster.*", perms: "q" }
  backend:
    - { uri: "com.izaber.wamp.*", perms: "crsp" }
    - { uri: "roster.*", perms: "oq" }
restrictions:
  apikey:
    - { uri: "com.izaber.wamp.my.apikeys.*", perms: "" }
    - { uri: "com.izaber.wamp.my.otps.*", perms: "" }
  otp:
    - { uri: "com.izaber.wamp.my.apikeys.*", perms: "" }
    - { uri: "com.izaber.wamp.my.otps.*", perms: "" }
users:
  - { login: "fiona", password: "fiona-secret", role: "frontend" }
  - { login: "bruno", password: "bruno-secret", role: "backend" }
`;

/** Our Nexus, on every transport; URLs as swampyer writes them. */
export interface OurNexus {
  readonly nexus: Nexus;
  readonly ws: string;
  readonly tcpip: string;
  readonly unix: string;
  close(): Promise<void>;
}

/** Opens the realm `izaber` for fiona (frontend) and bruno (backend). */
export async function openOurNexus(): Promise<OurNexus> {
  // A few rounds only: what is tried here is not how passwords are derived.
  const nexus = await createNexus({
    store: memoryStore(),
    seed: parseSeed(SEED, "interop seed"),
    passwordRounds: 1_000,
  });
  const folder = mkdtempSync(join(tmpdir(), "interop-nexus-"));
  const path = join(folder, "nexus.sock");
  const ws = await listen(nexus.router);
  const tcpip = await listenRawSocket(nexus.router);
  const unix = await listenRawSocket(nexus.router, { path });
  return {
    nexus,
    ws: ws.url,
    tcpip: tcpip.url,
    unix: `unix://${path}`,
    async close() {
      await nexus.close();
      await Promise.all([ws.close(), tcpip.close(), unix.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
