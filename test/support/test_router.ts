import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";

/** A router that the tests of one run share. */
export interface TestRouter {
  /** Where it listens, as `ws://127.0.0.1:PORT/ws`. */
  url: string;
  /** Ends every session and stops listening. */
  close(): Promise<void>;
}

/** Starts the router under test on a free loopback port: realm `realm1`, in which an anonymous session may do everything. */
export async function startTestRouter(): Promise<TestRouter> {
  const router = new Router({ realms: [openRealm("realm1")] });
  const listener = await listen(router);
  return {
    url: listener.url,
    async close() {
      await router.close();
      await listener.close();
    },
  };
}
