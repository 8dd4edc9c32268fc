import { createNexus, memoryStore, parseSeed } from "@izaber/wamp/nexusd";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";

/** The routers that the tests of one run share. */
export interface TestRouters {
  /** An open one, as `ws://127.0.0.1:PORT/ws`: realm `realm1`, in which an anonymous session may do everything. */
  routerUrl: string;
  /** A Nexus, likewise: realm `izaber`, user `USERNAME` with the password `PASSWORD`. */
  nexusUrl: string;
  /** Ends every session and stops listening. */
  close(): Promise<void>;
}

const SEED = `
realm: izaber
roles:
  frontend:
    - { uri: "com.izaber.wamp.auth.*", perms: "c" }
    - { uri: "com.izaber.wamp.my.*", perms: "c" }
    - { uri: "com.izaber.wamp.example.*", perms: "crsp" }
users:
  - { login: "USERNAME", password: "PASSWORD", role: "frontend" }
`;

/** Starts the routers under test, each on a free loopback port. */
export async function startTestRouters(): Promise<TestRouters> {
  const router = new Router({ realms: [openRealm("realm1")] });
  // A few rounds only: how passwords are derived is tested elsewhere, and here it would cost half a second a login.
  const nexus = await createNexus({
    store: memoryStore(),
    seed: parseSeed(SEED, "test router"),
    passwordRounds: 1_000,
  });
  const [open, guarded] = await Promise.all([listen(router), listen(nexus.router)]);
  return {
    routerUrl: open.url,
    nexusUrl: guarded.url,
    async close() {
      await Promise.all([router.close(), nexus.close()]);
      await Promise.all([open.close(), guarded.close()]);
    },
  };
}
