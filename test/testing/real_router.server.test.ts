import process from "node:process";
import { expect, test } from "vitest";
import { crossbar, realRouter } from "../../src/testing/mod.ts";

const script = (text: string) => ({
  files: () => ({ "router.mjs": text }),
  command: ({ port }: { port: number }) => [process.execPath, "router.mjs", String(port)] as const,
});

test("a program that is not installed is undefined", async () => {
  expect(await realRouter({ command: () => ["no-such-router"] })).toBeUndefined();
});

test("a program runs in a folder of its own until it is disposed of", async () => {
  const router = await realRouter(script(`
    import { createServer } from "node:http";
    createServer((_request, response) => response.end("here")).listen(Number(process.argv[2]), "127.0.0.1");`));
  const url = router!.url.replace("ws:", "http:");
  expect(await (await fetch(url)).text()).toBe("here");
  await router![Symbol.asyncDispose]();
  await expect(fetch(url)).rejects.toThrow();
});

test("a program that ends before it listens is refused with what it printed", async () => {
  await expect(realRouter(script(`console.log("no licence"); process.exit(3);`))).rejects.toMatchObject({
    code: "listen_failed",
    message: expect.stringContaining("no licence"),
  });
});

test("Crossbar gets its port and its realm", () => {
  const { command, files } = crossbar("realm2");
  const at = { port: 4711, folder: "/somewhere" };
  expect(command(at)).toEqual(["crossbar", "start", "--cbdir", "/somewhere", "--loglevel", "warn"]);
  expect(JSON.parse(files!(at)["config.json"]!).workers[0]).toMatchObject({
    realms: [{ name: "realm2" }],
    transports: [{ endpoint: { port: 4711 } }],
  });
});
