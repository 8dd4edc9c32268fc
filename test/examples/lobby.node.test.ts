import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { root } from "../run/alias.ts";
import { chromiumLaunch } from "../run/chromium.ts";

test("two windows of the lobby see each other play, and leave", async () => {
  const server = spawn(process.execPath, [join(root, "examples", "lobby", "server.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let browser: Browser | undefined;
  try {
    const [line] = await once(createInterface({ input: server.stdout }), "line") as [string];
    const url = /http:\S+/.exec(line)![0];
    browser = await chromium.launch(await chromiumLaunch());
    const ann = await enter(browser, url, "Ann");
    const bob = await enter(browser, url, "Bob");

    await ann.locator("#table li", { hasText: "Bob: 0" }).waitFor();
    await ann.click("#roll");
    await ann.locator("#message", { hasText: /^You rolled [1-6]\.$/ }).waitFor();
    const rolled = /\d/.exec(await ann.textContent("#message") ?? "")![0];
    await bob.locator("#table li", { hasText: `Ann: ${rolled}` }).waitFor();

    const another = await enter(browser, url, "Ann");
    await another.locator("#message", { hasText: "lobby.error.name_taken: Ann" }).waitFor();
    await ann.close();
    await bob.locator("#table li", { hasText: "Ann" }).waitFor({ state: "detached" });
    expect(await bob.locator("#table li").allTextContents()).toEqual(["Bob: 0"]);
  } finally {
    await browser?.close();
    const ended = once(server, "exit");
    server.kill();
    expect(await ended).toEqual([0, null]);
  }
}, 120_000);

async function enter(browser: Browser, url: string, name: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.locator("#table").waitFor({ state: "attached" });
  await page.fill("#name", name);
  await page.click("#enter button");
  await page.locator("#message", { hasText: /./ }).waitFor();
  return page;
}
