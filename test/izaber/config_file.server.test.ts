import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "@izaber/wamp/izaber";
import type { Machine } from "@izaber/wamp/izaber";
import { machine } from "../../src/izaber/machine.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "wamp-config-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(path: string, text: string): Promise<string> {
  const full = join(folder, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text);
  return full;
}

/** The real machine with other variables and with the three folders inside of the test's own. */
function machineWith(variables: Record<string, string> = {}): Machine {
  const real = machine();
  if (real === undefined) throw new Error("this runtime has no files");
  return {
    read: (path) => real.read(path),
    join: (parent, name) => real.join(parent, name),
    isAbsolute: (path) => real.isAbsolute(path),
    variable: (name) => variables[name],
    configFolders: () => ["here", "home", "data"].map((name) => join(folder, name)),
  };
}

test("the first izaber.yaml of the current, the home and the data folder is taken", async () => {
  await write("data/izaber.yaml", "default: { from: data }\n");
  expect((await loadConfig({ machine: machineWith() })).get("from")).toBe("data");
  await write("home/izaber.yaml", "default: { from: home }\n");
  expect((await loadConfig({ machine: machineWith() })).get("from")).toBe("home");
  const path = await write("here/izaber.yaml", "default: { from: here }\n");
  const config = await loadConfig({ machine: machineWith() });
  expect(config.get("from")).toBe("here");
  expect(config.source).toBe(path);
});

test("a file that is found beats the text in IZABER_YAML, which stands in where there is none", async () => {
  const machine = machineWith({ IZABER_YAML: "default: { from: variable }" });
  expect((await loadConfig({ machine })).get("from")).toBe("variable");
  await write("data/izaber.yaml", "default: { from: file }\n");
  expect((await loadConfig({ machine })).get("from")).toBe("file");
  const forced = await loadConfig({ machine, config: "does-not-exist" });
  expect(forced.get("from")).toBe("variable");
  expect(forced.source).toBe("the variable IZABER_YAML");
});

test("the environment is the one asked for, else that of IZABER_ENVIRONMENT, else default", async () => {
  await write("here/izaber.yaml", "default: { who: default }\nlive: { who: live }\nspare: { who: spare }\n");
  const variables = { IZABER_ENVIRONMENT: "live" };
  const who = async (options: Parameters<typeof loadConfig>[0]) => (await loadConfig(options)).get("who");
  expect(await who({ machine: machineWith() })).toBe("default");
  expect(await who({ machine: machineWith({ IZABER_ENVIRONMENT: "" }) })).toBe("default");
  expect(await who({ machine: machineWith(variables) })).toBe("live");
  expect(await who({ machine: machineWith(variables), environment: "spare" })).toBe("spare");
});

test("a file is found by another name, in other folders, and by its path", async () => {
  const path = await write("elsewhere/other.yaml", "default: { from: elsewhere }\n");
  const machine = machineWith();
  expect((await loadConfig({ machine, config: "other.yaml", directories: [dirname(path)] })).get("from")).toBe(
    "elsewhere",
  );
  expect((await loadConfig({ machine, config: path })).get("from")).toBe("elsewhere");
});

test("no configuration at all is config_missing, with every place that was looked at", async () => {
  const error = await loadConfig({ machine: machineWith() }).catch((error) => error);
  expect(error.code).toBe("config_missing");
  for (const name of ["here", "home", "data"]) expect(error.message).toContain(join(folder, name, "izaber.yaml"));
  expect(error.message).toContain("IZABER_YAML");
  const path = join(folder, "absent.yaml");
  await expect(loadConfig({ machine: machineWith(), config: path })).rejects.toThrow(path);
});

test("a folder in place of a file is said to be one", async () => {
  await write("here/izaber.yaml/some.txt", "");
  const error = {
    code: "config_missing",
    message: expect.stringMatching(/^Cannot read \/.*: it is a folder; name a file/),
  };
  await expect(loadConfig({ machine: machineWith() })).rejects.toMatchObject(error);
  await expect(loadConfig({ machine: machineWith(), config: folder })).rejects.toMatchObject(error);
});

test("a malformed file is config_malformed, with its path and the line", async () => {
  const path = await write("here/izaber.yaml", "default:\n  wamp: { run: yes }\n");
  const error = await loadConfig({ machine: machineWith() }).catch((error) => error);
  expect(error.code).toBe("config_malformed");
  expect(error.message).toContain(`${path}, line 2: yes is `);
});

test("a folder by the name of the file is passed over", async () => {
  await mkdir(join(folder, "here", "izaber.yaml"), { recursive: true });
  await write("home/izaber.yaml", "default: { from: home }\n");
  expect((await loadConfig({ machine: machineWith() })).get("from")).toBe("home");
});

test("a file that cannot be read is config_missing, with the reason", async () => {
  const path = join(folder, "x".repeat(5000));
  const error = await loadConfig({ machine: machineWith(), config: path }).catch((error) => error);
  expect(error.code).toBe("config_missing");
  expect(error.message).toContain(`Cannot read ${path}: `);
  expect(error.cause).toBeInstanceOf(Error);
});

test("the machine itself gives its variables and folders", async () => {
  const here = machine();
  expect(here?.variable("PATH")).toBe(process.env.PATH);
  expect(here?.variable("WAMP_NO_SUCH_VARIABLE")).toBeUndefined();
  const folders = [...here?.configFolders() ?? []];
  expect(folders.slice(0, 2)).toEqual([".", homedir()]);
  expect(folders[2]).toMatch(/ZaberConfig$/);
  expect(here?.isAbsolute(folder)).toBe(true);
  expect(await here?.read(join(folder, "absent"))).toBeUndefined();
});
