import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, ticket } from "../../mod.ts";
import { openRealm, Router, ticketAuthenticator } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import type { Listener } from "../../src/serve/mod.ts";
import { nexus, Program } from "./program.ts";

let router: Router;
let listener: Listener;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nexus-record-"));
  file = join(folder, "session.wamp");
  const ada = ticketAuthenticator((_request, secret) =>
    secret === "hunter2"
      ? { next: "accept", principal: { authid: "ada", authrole: "user", authprovider: "test" } }
      : { next: "deny", reason: "wamp.error.not_authorized", message: "wrong password" }
  );
  router = new Router({ realms: [openRealm("realm1"), { name: "guarded", authenticators: [ada] }] });
  listener = await listen(router);
});

afterAll(async () => {
  await listener.close();
  await router.close();
  rmSync(folder, { recursive: true });
});

async function add(url: string): Promise<unknown> {
  const wamp = await connect(url, { realm: "realm1", reconnect: false });
  await wamp.register("com.example.add", ([a, b]: [number, number]) => a + b);
  const sum = await wamp.call("com.example.add", [1, 2]);
  await wamp.close();
  return sum;
}

test("what is recorded between a client and a router is a router, and a client, afterwards", async () => {
  await using recorder = new Program(["record", file, "--url", listener.url, "--port", "0"]);
  expect(await add(await recorder.says(/nexus records (ws:\S+),/))).toBe(3);
  expect(await recorder.stop()).toMatchObject({ code: 0 });
  expect(readFileSync(file, "utf8")).toMatch(/^0 > \[1,"realm1",[^]*\n0 > \[48,2,\{\},"com\.example\.add",\[1,2\]\]\n/);

  await using replayed = new Program(["replay", file, "--port", "0"]);
  expect(await add(await replayed.says(/ on (ws:\S+)/))).toBe(3);
  expect(await replayed.ended).toMatchObject({ code: 0 });

  expect(await nexus("replay", file, "--url", listener.url)).toMatchObject({ code: 0, stderr: "" });
});

test("a client that says something else ends the replay with what it said", async () => {
  await using replayed = new Program(["replay", file, "--port", "0"]);
  const url = await replayed.says(/ on (ws:\S+)/);
  const wamp = await connect(url, { realm: "realm1", reconnect: false });
  await wamp.register("com.example.other", () => 1).catch(() => {});
  await wamp.close();
  expect(await replayed.ended).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('got 0 > REGISTER 1 {} "com.example.other"'),
  });
});

test("a recording is for its owner alone, and does not hold by what clients prove who they are", async () => {
  const secret = join(folder, "secret.wamp");
  await using recorder = new Program(["record", secret, "--url", listener.url, "--port", "0"]);
  const url = await recorder.says(/nexus records (ws:\S+),/);
  const ada = { realm: "guarded", auth: ticket("ada", "hunter2"), reconnect: false } as const;
  const wamp = await connect(url, ada);
  const left = new Promise((resolve) => wamp.on("disconnect", resolve));
  expect(await recorder.stop()).toMatchObject({ code: 0 });
  await left;
  await wamp.close();
  expect(statSync(secret).mode & 0o077).toBe(0);
  const text = readFileSync(secret, "utf8");
  expect(text).toContain('\n0 > [5,"",{}]\n');
  expect(text).not.toContain("hunter2");

  await using replayed = new Program(["replay", secret, "--port", "0"]);
  const again = await connect(await replayed.says(/ on (ws:\S+)/), ada);
  expect(again.details?.authid).toBe("ada");
  await again.close();
  await replayed.stop();
});

test("a recorder that cannot write any more says so and ends", async () => {
  const gone = mkdtempSync(join(tmpdir(), "nexus-gone-"));
  await using recorder = new Program(["record", join(gone, "a.wamp"), "--url", listener.url, "--port", "0"]);
  const url = await recorder.says(/nexus records (ws:\S+),/);
  rmSync(gone, { recursive: true });
  await connect(url, { realm: "realm1", reconnect: false }).then((wamp) => wamp.close()).catch(() => {});
  expect(await recorder.ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/nexus: Cannot write the recording .*ENOENT[^\n]*\n$/),
  });
});

test("a file that is no recording is refused", async () => {
  const none = join(folder, "none");
  expect(await nexus("replay", none)).toMatchObject({
    code: 1,
    stderr: `nexus: Cannot read the recording ${none}: there is no such file\n`,
  });
  const other = join(folder, "other.txt");
  for (const text of ["hello\n", "0 > [broken]\n"]) {
    writeFileSync(other, text);
    expect(await nexus("replay", other)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(`^nexus: ${other} is nothing that nexus record wrote: [^\n]+\n$`),
    });
  }
  expect(await nexus("record", join(folder, "no", "where"))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Cannot write the recording"),
  });
});
