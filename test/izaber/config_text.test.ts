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

test.each([
  'default: { greeting: "hello", password: hunter2 }',
  "default:\n  greeting: hello\n",
  '{"default":{"greeting":"hello"}}',
])("a string with the marks of YAML is the text, and no name of a file: %j", async (config) => {
  expect((await loadConfig({ machine: bare, config })).get("greeting")).toBe("hello");
});

test("a string that is no YAML is not shown", async () => {
  const error = await loadConfig({ machine: bare, config: "default: { password: hunter2 }}" }).catch((e) => e);
  expect(error.code).toBe("config_malformed");
  expect(error.message).not.toContain("hunter2");
});

test.each<[object, string]>([
  [{ enviroment: "live" }, 'there is no option "enviroment"; there are environment, overlays, config'],
  [{ environment: 1 }, "the option environment is 1, expected a text"],
  [{ overlays: { a: 1 } }, "expected an array of objects"],
  [{ config: 5 }, "the option config is 5, expected the name of a file"],
  [{ directories: "/etc" }, "expected an array of texts"],
])("options that are wrong are refused: %j", async (options, text) => {
  const error = await loadConfig({ machine: bare, ...options }).catch((e) => e);
  expect(error).toMatchObject({ code: "invalid_argument", message: expect.stringContaining(text) });
});

test("a folder is asked for when the one before has no file", async () => {
  const asked: string[] = [];
  function* folders() {
    for (const folder of ["/one", "/two"]) {
      asked.push(folder);
      yield folder;
    }
  }
  const read = (path: string) => Promise.resolve(path === "/one/izaber.yaml" ? "default: { a: 1 }" : undefined);
  expect((await loadConfig({ machine: { ...bare, read, configFolders: folders } })).get("a")).toBe(1);
  expect(asked).toEqual(["/one"]);
});

test("where there is nothing to be found, the error says where it was looked for", async () => {
  await expect(loadConfig({ machine: bare })).rejects.toMatchObject({
    code: "config_missing",
    message: expect.stringMatching(/looked for \/one\/izaber\.yaml, \/two\/izaber\.yaml and .* IZABER_YAML/),
  });
});
