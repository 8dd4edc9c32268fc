import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, ticket } from "../../mod.ts";
import { root } from "../run/alias.ts";
import { nexus, Program } from "./program.ts";

const original = join(root, "test", "fixtures", "nexus_data");
const apiKey = "Z3N5d1hoTm9vT2Z5Y2F0ZWdvcnkxMjM0";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nexus-import-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("the data of another Nexus is taken over, and served then", async () => {
  const data = join(folder, "new", "data");
  const { code, stdout, stderr } = await nexus("import", original, "--data", data);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { imported, refused } = JSON.parse(stdout);
  expect(imported).toEqual({ roles: 1, users: 3, apikeys: 1, metadata: 2, uris: 1 });
  expect(refused).toContainEqual({ path: "roles/wrong/data.yaml", reason: expect.stringContaining("permissions") });
  expect(statSync(data).mode & 0o077).toBe(0);

  await using server = new Program(["serve", "--port", "0", "--data", data]);
  const wamp = await connect(await server.ready(), { realm: "izaber", auth: ticket("ann", apiKey), reconnect: false });
  expect(wamp.details?.authid).toBe("ann");
  await wamp.close();

  expect(await nexus("import", original, "--data", data)).toMatchObject({ code: 1, stdout: "" });
  await server.stop();
  const again = await nexus("import", original, "--data", data);
  expect(JSON.parse(again.stdout).imported).toEqual({ roles: 0, users: 0, apikeys: 0, metadata: 0, uris: 0 });
}, 60_000);

test("a folder whose files lie elsewhere is refused, with what would be right, and nothing is made", async () => {
  const wrong = join(folder, "wrong");
  const data = join(folder, "unmade");
  for (const name of ["users", "roles"]) mkdirSync(join(wrong, name), { recursive: true });
  writeFileSync(join(wrong, "users", "ada.yaml"), "role: frontend\n");
  expect(await nexus("import", wrong, "--data", data)).toEqual({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining(join("users", "ada", "data.yaml")),
  });
  expect(existsSync(data)).toBe(false);
});

test("a folder without a Nexus is refused, and nothing is made", async () => {
  const data = join(folder, "nothing");
  expect(await nexus("import", folder, "--data", data)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Cannot import from"),
  });
  expect(existsSync(data)).toBe(false);
  expect(await nexus("import", original)).toMatchObject({ code: 2, stderr: expect.stringContaining("--data") });
});
