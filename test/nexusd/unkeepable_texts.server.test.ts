import { expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { ticket } from "../../src/auth/mod.ts";
import { json, msgpack } from "../../src/codec/mod.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { createNexus } from "../../src/nexusd/nexus.ts";
import { listen } from "../../src/serve/mod.ts";
import { NexusHarness } from "./nexus_harness.ts";

const documented = { description: "adds", contact: "ann" };

test("what JSON cannot keep is refused before it is taken, and everybody else's records are kept", async () => {
  const errors: unknown[] = [];
  await using harness = await NexusHarness.start({ onError: (error) => void errors.push(error) });
  const [ann, bob, tom] = [await harness.join("ann"), await harness.join("bob"), await harness.join("tom")];
  const set = (uri: string, data: { [name: string]: string }) =>
    bob.call("com.izaber.wamp.system.document.set", ["register", uri, data]);
  expect(await set("com.example.x", { ...documented, match: "\0" })).toBe(false);
  expect(await set("com.example.x", { ...documented, description: "\0" })).toBe(false);
  expect(await set("com.example.x", { ...documented, schedule: "\0" })).toBe(false);
  expect(await set("\0com.example.x", documented)).toBe(false);
  const create = tom.call("com.izaber.wamp.system.db.create", ["%root", "uris", { uri: "a", match: "\0" }]);
  await expect(create).rejects.toThrow("match has to be a text");
  // A registration is the router's affair.
  await bob.register("\0x", () => null);
  expect(await set("documented.add", documented)).toBe(true);
  await ann.register("documented.add", () => null);
  await harness.nexus.close();
  expect(errors).toEqual([]);
});

test("nobody keeps lists from those who speak JSON by a name that JSON does not know", async () => {
  await using nexus = await createNexus({ store: memoryStore(), passwordRounds: 100 });
  const { users } = nexus;
  await users.create({ login: "tom", password: "pass", role: "trust" });
  await using listener = await listen(nexus.router, { port: 0 });
  const join = (serializer: typeof json, agent?: string) =>
    connect(listener.url, {
      realm: nexus.realm,
      auth: ticket("tom", "pass"),
      serializers: [serializer],
      reconnect: false,
      ...agent !== undefined && { agent },
    });
  const tom = await join(json);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  await tom.subscribe("wamp.session.on_join", ([details]) => resolve(details));
  const sly = await join(msgpack, "\0agent");
  expect(await promise).toMatchObject({ session: sly.session!.id, authextra: { authagent: "-" } });
  await sly.register("\0x", () => null);
  await sly.subscribe("\0y", () => {});
  await sly.register("com.example.plain", () => null);
  const sessions = await tom.call("com.izaber.wamp.system.sessions.list") as { agent: string | null }[];
  expect(sessions.map(({ agent }) => agent)).toEqual([expect.stringContaining("wamp"), "-"]);
  const list = await tom.call("com.izaber.wamp.system.state.registrations.list") as { uri: string }[];
  expect(list.map(({ uri }) => uri)).toEqual(["com.example.plain"]);
  const { exact } = await tom.call("system.subscribed") as { exact: { [id: string]: { uri: string } } };
  expect(Object.values(exact).some(({ uri }) => uri.startsWith("\0"))).toBe(false);
  await sly.close();
  await tom.close();
});
