import { expect, test } from "vitest";
import { ticket } from "../../src/auth/ticket.ts";
import { connect } from "../../src/client/connect.ts";
import { nexus } from "../../src/nexus/mod.ts";
import { createNexus, memoryStore, parseSeed } from "../../src/nexusd/mod.ts";

const seed = parseSeed(
  `
realm: izaber
roles:
  frontend:
    - { uri: "com.izaber.wamp.*", perms: "c" }
users:
  - { login: "ann", password: "ann-pass", role: "frontend" }
`,
  "seed.yaml",
);

test("whoami, metadata and preferences of our own Nexus", async () => {
  await using router = await createNexus({ store: memoryStore(), seed, passwordRounds: 100 });
  await using wamp = await connect(router.router.local(), { realm: "izaber", auth: ticket("ann", "ann-pass") });
  const ann = nexus(wamp);
  expect(await ann.whoami()).toEqual({ authid: "ann", role: "frontend" });
  expect(await ann.metadata.set("colours", { sky: "blue" })).toEqual({ sky: "blue" });
  expect(await ann.metadata.get("colours", { yaml: true })).toBe("sky: blue\n");
  expect(await ann.preferences.get("colours")).toEqual({ sky: "blue" });
  expect(await ann.preferences.set("size", 12)).toBe(12);
  expect(Object.keys(await ann.metadata.list()).sort()).toEqual(["colours", "size"]);
  expect((await ann.metadata.list({ yaml: true })).size?.value).toMatch(/^12\n/);
  await ann.metadata.delete("colours");
  expect(await ann.metadata.get("colours")).toBe(null);
});
