import { expect, test } from "vitest";
import { connect } from "@izaber/wamp";
import type { Target } from "@izaber/wamp";
import { rawSocketDialer } from "@izaber/wamp/rawsocket";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/listen.ts";
import { listenRawSocket } from "../../src/serve/rawsocket.ts";

test("a router and its ports are closed at the end of their block", async () => {
  const targets: Target[] = [];
  {
    await using router = new Router({ realms: [openRealm("realm1")] });
    await using listener = await listen(router);
    await using port = await listenRawSocket(router, { port: 0 });
    targets.push(router.local(), listener.url, rawSocketDialer(port.url));
    for (const target of targets) {
      await using wamp = await connect(target, { realm: "realm1" });
      expect(wamp.session?.open).toBe(true);
    }
  }
  for (const target of targets) {
    await expect(connect(target, { realm: "realm1", reconnect: false })).rejects.toMatchObject({
      name: "ConnectError",
    });
  }
});
