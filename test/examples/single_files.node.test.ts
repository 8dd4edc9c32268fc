import { expect, test } from "vitest";
import { runExample, runtimes } from "./run.ts";

/** What each example writes. */
const examples: Record<string, readonly string[]> = {
  hello: ["called by bob, role frontend", "Hello Ada!"],
  prefix: [
    "you have called com.izaber.wamp.hello",
    "you have called com.izaber.wamp.hello.some.thing",
    "you have called com.izaber.wamp.hello2",
  ],
  pubsub: [
    `com.izaber.wamp.test.news from ada: it works {"since":2026}`,
    "in the loop: com.izaber.wamp.test.news",
    "in the loop: com.izaber.wamp.test.end",
  ],
  roster: ["both: a, b", "one has gone: a", "none: "],
  metadata: [
    `{"dark":true,"colours":["green","red"]}`,
    "dark: true",
    "colours:",
    "- green",
    "- red",
    "",
    "theme",
    "null",
  ],
  api_keys: [
    "the key logs in ada",
    "for anything else: wamp.error.not_authorized",
    "the report at night",
    "after its end: authentication_failed",
  ],
  one_time_passwords: [
    "logged in: ada",
    "it cannot make another one: wamp.error.not_authorized",
    "a second time: authentication_failed",
  ],
  hooks: [
    "lost: com.example.restart",
    "call 1, after join 2",
    "lost: com.example.restart",
    "call 2, after join 3",
    "lost: com.example.restart",
    "call 3, after join 4",
    "registered: 1",
    "lost: wamp.close.close_realm",
  ],
  change_user: ["ada", "bob frontend", "authentication_failed", "bob"],
  connections: ["ada,ada,ada,bob", "4 sessions", "0,1,2"],
};

const runs = Object.keys(runtimes).flatMap((runtime) => Object.keys(examples).map((name) => [runtime, name] as const));

test.each(runs)("on %s the example %s does what it says", async (runtime, name) => {
  const { stdout } = await runExample(runtime, `${name}.ts`);
  expect(stdout).toBe(`${examples[name]!.join("\n")}\n`);
}, 60_000);
