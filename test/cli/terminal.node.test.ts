import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, RemoteError } from "../../mod.ts";
import type { Client } from "../../mod.ts";
import { openRealm, Router, ticketAuthenticator } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import type { Listener } from "../../src/serve/mod.ts";
import { TerminalProgram } from "./terminal.ts";

let router: Router;
let listener: Listener;
let client: Client;

beforeAll(async () => {
  const users = ticketAuthenticator(({ authid = "" }, secret) =>
    secret === "s3cret"
      ? { next: "accept", principal: { authid, authrole: "user", authprovider: "test" } }
      : { next: "deny", reason: "wamp.error.not_authorized", message: "wrong password" }
  );
  router = new Router({ realms: [openRealm("realm1"), { name: "guarded", authenticators: [users] }] });
  listener = await listen(router);
  client = await connect(listener.url, { realm: "realm1" });
  await client.register("com.example.deep", () => ({ a: { b: { c: { d: ["deep", 1n] } } } }));
  await client.register("com.example.text", () => "plain text");
  await client.register("com.example.sly", () => "a\x1b]0;title\x07\x1b[2Jb\n\tc\u202ed");
  await client.register("com.example.\x9b2J", () => {
    throw new RemoteError("com.example.error", ["no\x1b[2Jway"]);
  });
});

afterAll(async () => {
  await client.close();
  await listener.close();
  await router.close();
});

test("a person reads text as text and structures in colours, all the way down", async () => {
  await using text = new TerminalProgram("call", "--url", listener.url, "com.example.text");
  expect(await text.ended).toBe(0);
  expect(text.screen.trim()).toBe("plain text");
  await using deep = new TerminalProgram("call", "--url", listener.url, "com.example.deep");
  await deep.ended;
  expect(deep.screen).toContain("\x1b[32m'deep'\x1b[39m");
});

test("a password is asked for and never shown", async () => {
  await using program = new TerminalProgram("uris", "--url", listener.url, "--realm", "guarded", "--user", "ada");
  await program.shows("Password of ada: ");
  program.type("s3cret\r");
  expect(await program.ended).toBe(0);
  expect(program.screen).not.toContain("s3cret");
});

test("a table has columns, and --watch shows it again until Ctrl-C", async () => {
  await using program = new TerminalProgram("uris", "--url", listener.url, "--watch");
  await program.shows(/uri +kind +match +invoke +callees/);
  await program.shows("com.example.text");
  const added = await client.register("com.example.later", () => 1);
  await program.shows("com.example.later");
  program.type("\x03");
  expect(await program.ended).toBe(0);
  await added.unregister();
});

test("what others write cannot steer the terminal", async () => {
  const shown = async (...args: string[]) => {
    await using program = new TerminalProgram(...args, "--url", listener.url);
    await program.ended;
    return program.screen.replaceAll("\r\n", "\n");
  };
  expect(await shown("call", "com.example.sly")).toBe("a\\x1b]0;title\\x07\\x1b[2Jb\n\tc\\u202ed\n");
  expect(await shown("call", "com.example.\x9b2J")).toContain("no\\x1b[2Jway");
  const table = await shown("uris");
  expect(table).toContain("com.example.\\x9b2J");
  expect(table).not.toContain("\x9b");
});

test.each(["\x03", "\x04"])("who does not want to say the password is let go in one line: %j", async (key) => {
  await using program = new TerminalProgram("uris", "--url", listener.url, "--realm", "guarded", "--user", "ada");
  await program.shows("Password of ada: ");
  program.type(key);
  expect(await program.ended).toBe(1);
  expect(program.screen).toMatch(/^Password of ada: \r\nnexus: no answer was given\r\n$/);
});
