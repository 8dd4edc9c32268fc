import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runExample, runtimes } from "./run.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wamp-quickstart-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function expectOutput(stdout: string): void {
  expect(stdout).toMatch(/^nexus +ws:\/\/127\.0\.0\.1:\d+\/ws, realm izaber$/m);
  expect(stdout).toMatch(/^whoami +fiona, role frontend/m);
  expect(stdout).toMatch(/^registered +com\.izaber\.wamp\.example\.hello \(match: prefix\) by bruno$/m);
  expect(stdout).toMatch(/^callee saw +caller \d+, authid fiona, role frontend$/m);
  expect(stdout).toMatch(/^ +procedure com\.izaber\.wamp\.example\.hello\.there$/m);
  expect(stdout).toMatch(/^answer +"Hello Fiona!"$/m);
  expect(stdout).toMatch(/^event +com\.izaber\.wamp\.example\.news \["it works"\] \{"since":\d+\} from fiona$/m);
  expect(stdout).toMatch(/^wire +serializer cbor, codec backend (wasm|typescript)$/m);
  expect(stdout).toMatch(/^took +\d+\.\d seconds, from the start of the process to the last connection closed$/m);
}

test.each(Object.keys(runtimes))(
  "on %s the quickstart runs, and once more on the data that it left",
  async (runtime) => {
    const data = join(folder, runtime);
    const first = await runExample(runtime, "quickstart.ts", ["--data", data]);
    expectOutput(first.stdout);
    expect(first.stdout).toMatch(/^data .* new, filled from the seed$/m);
    expect(first.stdout).toMatch(/^metadata +quickstart\.runs was not there, is 1 now$/m);
    expect(await readdir(data)).toContain("nexus.db");

    const second = await runExample(runtime, "quickstart.ts", ["--data", data]);
    expectOutput(second.stdout);
    expect(second.stdout).toMatch(/^data .* found as it was left$/m);
    expect(second.stdout).toMatch(/^metadata +quickstart\.runs was 1, is 2 now$/m);
  },
  120_000,
);

test("what one runtime left another finds", async () => {
  const data = join(folder, "shared");
  for (const [at, runtime] of Object.keys(runtimes).entries()) {
    const { stdout } = await runExample(runtime, "quickstart.ts", ["--data", data]);
    expect(stdout).toContain(`is ${at + 1} now`);
  }
}, 120_000);
