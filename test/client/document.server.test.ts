import { expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { openRealm, Router } from "../../src/router/mod.ts";

test("what a registration says of its procedure is told to whoever asks", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  await using wamp = await connect(router.local(), { realm: "realm1" });
  const document = () => ({ args: { type: "array", items: { type: "number" } }, result: { type: "number" } });
  const serve = ([a = 0, b = 0]: number[]) => a + b;
  const add = await wamp.register("com.example.add", serve, { document: document(), force_reregister: true });
  const plain = await wamp.register("com.example.plain", serve);
  expect(await wamp.call("wamp.registration.get", [add.id])).toMatchObject({
    uri: "com.example.add",
    _document: document(),
  });
  expect(await wamp.call("wamp.registration.get", [plain.id])).not.toHaveProperty("_document");
  // The same said again is no other registration.
  const again = await wamp.register("com.example.add", serve, { document: document(), force_reregister: true });
  expect(again.id).toBe(add.id);
  const other = await wamp.register("com.example.add", serve, { document: { result: { type: "integer" } } });
  expect(other.id).not.toBe(add.id);
  await expect(wamp.register("com.example.bad", serve, { document: "number" as never })).rejects.toThrow(
    /document is "number", expected a plain object, as in \{ result: \{ type: "number" \} \}/,
  );
  await wamp.close();
  await router.close();
});
