import { expect, test } from "vitest";
import { connect } from "@izaber/wamp";
import type { LeaveInfo } from "@izaber/wamp";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";

test("a call that is larger than the router takes says so, and so does the end of its session", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const listener = await listen(router, { maxMessageSize: 10_000 });
  const wamp = await connect(listener.url, { realm: "realm1", reconnect: { initialDelay: 1 } });
  const left = new Promise<LeaveInfo>((resolve) => wamp.on("leave", resolve));
  const text = "a message is larger than the router takes; send less, or raise its maxMessageSize";
  await expect(wamp.call("com.example.take", ["x".repeat(20_000)])).rejects.toMatchObject({
    code: "connection_lost",
    message: expect.stringContaining(`The connection was lost with code 1009 (${text}`),
  });
  expect(await left).toMatchObject({ cause: "lost", message: expect.stringContaining(text) });
  await wamp.close();
  await listener.close();
  await router.close();
});
