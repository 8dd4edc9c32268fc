import { expect, test } from "vitest";
import { loadConfig } from "@izaber/wamp/izaber";
import type { Machine } from "@izaber/wamp/izaber";

/** A machine without files, as far as the test wants it. */
const bare: Machine = {
  read: () => Promise.resolve(undefined),
  variable: () => undefined,
  configFolders: () => ["/one", "/two"],
  join: (folder, name) => `${folder}/${name}`,
  isAbsolute: (path) => path.startsWith("/"),
};

test("a configuration can be handed in as an object or a text", async () => {
  const sections = { default: { a: 1 }, live: { a: 2 } };
  expect((await loadConfig({ machine: bare, config: sections, environment: "live" })).get("a")).toBe(2);
  const text = await loadConfig({ machine: bare, config: { text: "default: { a: 3 }", name: "settings" } });
  expect(text.get("a")).toBe(3);
  expect(text.source).toBe("settings");
});

test("overlays go over what was handed in", async () => {
  const config = await loadConfig({ machine: bare, config: { default: { a: 1, b: 2 } }, overlays: [{ b: 3 }] });
  expect(config.values).toEqual({ a: 1, b: 3 });
});

test("a text that is malformed is named", async () => {
  await expect(loadConfig({ machine: bare, config: { text: "a: 017\n", name: "settings" } })).rejects.toMatchObject({
    code: "config_malformed",
    message: expect.stringMatching(/^settings, line 1: 017 /),
  });
});

test("where there is nothing to be found, the error says where it was looked for", async () => {
  await expect(loadConfig({ machine: bare })).rejects.toMatchObject({
    code: "config_missing",
    message: expect.stringMatching(/looked for \/one\/izaber\.yaml, \/two\/izaber\.yaml and .* IZABER_YAML/),
  });
});
