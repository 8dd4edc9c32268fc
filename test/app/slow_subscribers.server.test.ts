import { expect, test } from "vitest";
import { connect } from "../../mod.ts";
import { createApp } from "../../src/app/mod.ts";
import { json } from "../../src/codec/mod.ts";
import { createNexus, memoryStore } from "../../src/nexusd/mod.ts";
import { Connection } from "../../src/transport/connection.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { fullRoles } from "../router/peer.ts";
import { Socket } from "../router/socket.ts";

const own = { authid: "test", authrole: "trusted", authprovider: "test" };
const options = { slowSubscribers: "disconnect" } as const;

test.each([
  ["a Nexus", async (onError: (error: unknown) => void) => {
    const nexus = await createNexus({ store: memoryStore(), passwordRounds: 1, onError, ...options });
    return { router: nexus.router, realm: nexus.realm, close: () => nexus.close() };
  }],
  ["an app", (onError: (error: unknown) => void) => {
    const app = createApp({ realm: "realm1", onError, ...options });
    return Promise.resolve({ router: app.router, realm: "realm1", close: () => app.close() });
  }],
  ["an app without onError", () => {
    const app = createApp({ realm: "realm1", ...options });
    return Promise.resolve({ router: app.router, realm: "realm1", close: () => app.close() });
  }, 0],
])("%s that is told so ends who does not keep up", async (_what, make, told = 1) => {
  const errors: unknown[] = [];
  const { router, realm, close } = await make((error) => errors.push(error));
  const socket = new Socket();
  router.accept(new Connection(socket, json, { highWaterMark: 1_000 }), { principal: own });
  socket.receive([M.HELLO, realm, { roles: fullRoles }]);
  socket.receive([M.SUBSCRIBE, 1, {}, "com.example.t"]);
  await expect.poll(() => socket.saidOf(M.SUBSCRIBED), { message: "the router says SUBSCRIBED", timeout: 10_000 })
    .toHaveLength(1);
  socket.stuck = true;
  const publisher = await connect(router.local(own), { realm });
  for (let i = 0; i < 5; i++) {
    await publisher.publish("com.example.t", ["x".repeat(600)], {}, { acknowledge: true });
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(socket.ended).toMatchObject({ code: 1008, reason: "wamp.error.network_failure" });
  expect(router.statistics(realm)?.disconnectedSubscribers).toBe(1);
  expect(errors).toEqual(Array.from({ length: told }, () => expect.objectContaining({ code: "overflow" })));
  socket.terminate();
  await publisher.close();
  await close();
});
