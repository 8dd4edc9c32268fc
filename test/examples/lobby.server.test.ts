import { expect, test } from "vitest";
import { connect } from "../../mod.ts";
import { leave, rpc, topics } from "../../examples/lobby/lobby.ts";
import { createApp } from "../../src/app/mod.ts";
import { listen } from "../../src/serve/mod.ts";

test("a lobby goes on for all who watch it, whatever somebody enters as a name", async () => {
  const app = createApp({ realm: "lobby" }).add(rpc, topics);
  app.onClose(leave);
  const listener = await listen(app.router);
  const options = { realm: "lobby", reconnect: false } as const;
  const watcher = await connect(listener.url, options);
  const table = watcher.events("lobby.table");
  await table.ready;
  const stranger = await connect(listener.url, options);
  const nested = Array.from({ length: 125 }).reduce((inner) => [inner], 1 as unknown);
  for (const name of [nested, null, 5, {}, "", "x".repeat(1_000)]) {
    await expect(stranger.call("lobby.enter", [name])).rejects.toMatchObject({ uri: "wamp.error.invalid_argument" });
  }
  await stranger.call("lobby.enter", ["Ann"]);
  for await (const { kwargs } of table) {
    if ((kwargs["players"] as unknown[]).length === 0) continue;
    expect(kwargs["players"]).toEqual([{ name: "Ann", points: 0 }]);
    break;
  }
  await Promise.all([stranger.close(), watcher.close()]);
  await listener.close();
  await app.close();
});
