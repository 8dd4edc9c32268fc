import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";
import { nexus } from "./program.ts";

test("--version is the version of both manifests", async () => {
  const { code, stdout } = await nexus("--version");
  expect(code).toBe(0);
  for (const manifest of ["package.json", "deno.json"]) {
    expect(stdout).toBe(`${JSON.parse(readFileSync(join(root, manifest), "utf8")).version}\n`);
  }
});

test("--help shows the commands, and that of a command its options and examples", async () => {
  const general = await nexus("--help");
  expect(general).toMatchObject({ code: 0, stderr: "" });
  expect(general.stdout).toMatch(/^Usage: nexus .*\n[^]*\n {2}serve /);
  const { code, stdout } = await nexus("serve", "--help");
  expect(code).toBe(0);
  for (const option of ["--port", "--host", "--data", "--seed", "--open", "--insecure"]) {
    expect(stdout).toContain(option);
  }
  expect(stdout).toMatch(/Examples:\n {2}nexus serve /);
});

test("without a command it shows the help and counts as called wrongly", async () => {
  const { code, stdout } = await nexus();
  expect(code).toBe(2);
  expect(stdout).toMatch(/^Usage: nexus /);
});

test.each(["users", "roles", "restrictions", "apikeys", "otp", "metadata"])(
  "%s without a command says which there are",
  async (group) => {
    const { code, stdout, stderr } = await nexus(group);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^nexus: say which command: \\w+, .*; see nexus ${group} --help\n$`));
    expect(await nexus(group, "bogus")).toMatchObject({
      code: 2,
      stderr: `nexus: unknown command 'bogus'; see nexus ${group} --help\n`,
    });
  },
);
