import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";
import { Program } from "./program.ts";

// Nothing here can build an image; what it installs and runs is held against the package.
test("the Dockerfile installs this version and runs a command that there is", async () => {
  const text = await readFile(join(root, "Dockerfile"), "utf8");
  const { name, version, engines } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  expect(/^ARG VERSION=(.*)$/m.exec(text)![1]).toBe(version);
  expect(text).toContain(`"${name}@\${VERSION}"`);
  expect(Number(/^FROM node:(\d+)/m.exec(text)![1])).toBeGreaterThanOrEqual(parseInt(engines.node.slice(2)));

  const [command, ...args] = ["ENTRYPOINT", "CMD"].flatMap((step) =>
    JSON.parse(new RegExp(`^${step} (\\[.*\\])$`, "m").exec(text)![1]!) as string[]
  );
  expect(command).toBe("nexus");
  const folder = await mkdtemp(join(tmpdir(), "wamp-docker-"));
  await using program = new Program([...args.map((arg) => arg === "/data" ? folder : arg), "--port", "0"]);
  const url = await program.ready();
  const [, health] = /fetch\('(http:.*?)'\)/.exec(text)!;
  expect(new URL(health!).port).toBe(/^EXPOSE (\d+)$/m.exec(text)![1]);
  const { status } = await fetch(url.replace("ws:", "http:").replace("0.0.0.0", "127.0.0.1"));
  expect(status).toBe(426);
  expect((await program.stop()).code).toBe(0);
  await rm(folder, { recursive: true, force: true });
});
