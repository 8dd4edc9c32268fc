import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, RemoteError } from "../../mod.ts";
import type { Client } from "../../mod.ts";
import { openRealm, Router, ticketAuthenticator } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import type { Listener } from "../../src/serve/mod.ts";
import { root } from "../run/alias.ts";
import { nexus, Program } from "./program.ts";

let router: Router;
let listener: Listener;
let client: Client;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nexus-cli-"));
  const users = ticketAuthenticator(({ authid = "" }, secret) =>
    secret === `secret of ${authid}`
      ? { next: "accept", principal: { authid, authrole: "user", authprovider: "test" } }
      : { next: "deny", reason: "wamp.error.not_authorized", message: "wrong password" }
  );
  router = new Router({
    realms: [openRealm("realm1"), {
      name: "guarded",
      authenticators: [users],
      authorizer: { authorize: (_session, _action, uri) => ({ allow: !uri.includes("secret") }) },
    }],
  });
  listener = await listen(router);
  client = await connect(listener.url, { realm: "realm1" });
  await client.register("com.example.add", ([a, b]: [number, number], kwargs) => a + b + Number(kwargs.more ?? 0));
  await client.register("com.example.echo", (args, kwargs) => ({ args, kwargs }));
  await client.register("com.example.steps", async function* () {
    yield 1;
    yield 2;
    return 3;
  });
});

afterAll(async () => {
  await client.close();
  await listener.close();
  await router.close();
  rmSync(folder, { recursive: true });
});

const at = (...args: string[]): string[] => {
  const [command = "", ...rest] = args;
  return [command, "--url", listener.url, ...rest];
};

test("call reads arguments as JSON or text and writes the result as one line of JSON", async () => {
  expect(await nexus(...at("call", "com.example.add", "1", "2", "--kwarg", "more=10")))
    .toEqual({ code: 0, stdout: "13\n", stderr: "" });
  const { stdout } = await nexus(
    ...at("call", "com.example.echo", "hello", '{"a":[1,null]}', "9007199254740993", "--kwarg", "x=y=z"),
  );
  expect(stdout).toBe('{"args":["hello",{"a":[1,null]},9007199254740993],"kwargs":{"x":"y=z"}}\n');
});

test("call writes progress only when asked", async () => {
  expect((await nexus(...at("call", "com.example.steps"))).stdout).toBe("3\n");
  expect((await nexus(...at("call", "com.example.steps", "--progress"))).stdout).toBe("1\n2\n3\n");
});

test("each kind of failure has its exit code, and one line on the standard error", async () => {
  const guarded = at("call", "com.example.secret", "--realm", "guarded", "--user", "ada", "--password-file");
  const good = join(folder, "good");
  const bad = join(folder, "bad");
  writeFileSync(good, "secret of ada\n");
  writeFileSync(bad, "guess");
  const failures: [number, RegExp, string[]][] = [
    [2, /missing required argument 'uri'; see nexus call --help/, at("call")],
    [2, /Write --kwarg name=value/, at("call", "com.example.add", "--kwarg", "x")],
    [2, /not a URI/, at("call", "com..example")],
    [1, /Cannot read the password from/, [...guarded, join(folder, "none")]],
    [3, /Cannot connect to ws:\/\/127\.0\.0\.1:9\//, ["call", "--url", "ws://127.0.0.1:9/", "com.example.add"]],
    [
      3,
      /no realm "nowhere".*; check --realm; that of a Nexus is izaber unless/,
      at("call", "com.example.add", "--realm", "nowhere"),
    ],
    [3, /no realm "izaber"/, at("call", "com.example.add", "--user", "ada", "--password-file", good)],
    [2, /Cannot connect to "nonsense": expected a URL such as "ws:.*"wss:.*"tcpip:.*"unix:/, [
      "whoami",
      "--url",
      "nonsense",
    ]],
    [2, /Cannot connect to "https:\/\/127\.0\.0\.1\/ws": expected a URL/, ["whoami", "--url", "https://127.0.0.1/ws"]],
    [2, /'--data <folder>' argument '' is invalid\. It has to be a folder/, ["users", "list", "--data", ""]],
    [2, /'--data <folder>' argument '' is invalid\. It has to be a folder/, ["serve", "--data", ""]],
    [2, /--realm is "a b"/, at("call", "com.example.add", "--realm", "a b")],
    [4, /wrong password"; check --user and its password$/m, [...guarded, bad]],
    [5, /not authorized/, [...guarded, good]],
    [6, /no_such_procedure/, at("call", "com.example.none")],
    [7, /com\.example\.never.* Raise --timeout/, at("call", "com.example.never", "--timeout", "0.05")],
  ];
  const never = Promise.withResolvers<void>();
  const registration = await client.register("com.example.never", () => never.promise);
  for (const [code, text, args] of failures) {
    const ending = await nexus(...args);
    expect(ending).toEqual({ code, stdout: "", stderr: expect.stringMatching(text) });
    expect(ending.stderr.trimEnd().split("\n")).toHaveLength(1);
  }
  never.resolve();
  await registration.unregister();
});

test("what a callee says is shown as it was said", async () => {
  const said = 'the option timeout is missing in settings.json; set "a" as option maxMessageSize';
  const registration = await client.register("com.example.configured", () => {
    throw new RemoteError("com.example.bad_config", [said]);
  });
  expect(await nexus(...at("call", "com.example.configured"))).toEqual({
    code: 6,
    stdout: "",
    stderr: `nexus: com.example.bad_config: ${said}\n`,
  });
  await registration.unregister();
});

test("what has been done is no failure where nobody can be asked of what to warn", async () => {
  const done: unknown[] = [];
  const serve = (uri: string) =>
    client.register(`com.izaber.wamp.${uri}`, (args, kwargs) => {
      done.push([uri, ...args, kwargs.login ?? kwargs.role].filter((part) => part !== undefined));
      return null;
    });
  const uris = ["system.users.create", "system.users.update", "system.roles.delete", "my.metadata.delete"];
  const registrations = await Promise.all(uris.map(serve));
  const commands = [
    ["users", "create", "ann", "--no-password", "--role", "reader"],
    ["users", "update", "ann", "--role", "reader"],
    ["roles", "delete", "reader"],
    ["metadata", "delete", "colour"],
  ];
  for (const command of commands) {
    expect(await nexus(...command, "--url", listener.url)).toEqual({ code: 0, stdout: "", stderr: "" });
  }
  expect(done).toEqual([
    ["system.users.create", "ann"],
    ["system.users.update", "ann"],
    ["system.roles.delete", "reader"],
    ["my.metadata.delete", "colour"],
  ]);
  await Promise.all(registrations.map((registration) => registration.unregister()));
}, 60_000);

test("the password comes from the environment, and without any it is said how to give one", async () => {
  const args = at("call", "com.example.x", "--realm", "guarded", "--user", "ada");
  await using known = new Program(args, undefined, { NEXUS_PASSWORD: "secret of ada" });
  expect(await known.ended).toMatchObject({ code: 6 });
  expect(await nexus(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("set NEXUS_PASSWORD") });
});

test("a context is an environment of izaber.yaml, and options go over it", async () => {
  const file = join(folder, "izaber.yaml");
  writeFileSync(
    file,
    `default: {}
local:
  wamp:
    connection: { url: "${listener.url}", realm: realm1, uri_base: com.example, authmethods: [anonymous] }
`,
  );
  expect(await nexus("call", "--izaber", file, "--context", "local", "add", "1", "2")).toMatchObject({ stdout: "3\n" });
  await using named = new Program(["call", "--izaber", file, "com.example.add", "1", "2", "--prefix", ""], undefined, {
    NEXUS_CONTEXT: "local",
  });
  expect(await named.ended).toMatchObject({ stdout: "3\n" });
  expect(await nexus("call", "--izaber", file, "--context", "moon", "add")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no environment "moon"'),
  });
});

test("subscribe writes events until it has seen enough, publish waits until the router has taken one", async () => {
  await using subscriber = new Program(at("subscribe", "com.example.news", "--count", "2"));
  await until(client, "com.example.news");
  expect(await nexus(...at("publish", "com.example.news", "first", "--kwarg", "n=1"))).toMatchObject({ code: 0 });
  await client.publish("com.example.news", [], {}, { acknowledge: true });
  expect(await subscriber.ended).toEqual({
    code: 0,
    stdout: '{"topic":"com.example.news","args":["first"],"kwargs":{"n":1}}\n' +
      '{"topic":"com.example.news","args":[],"kwargs":{}}\n',
    stderr: "",
  });
});

test("subscribe ends in peace when it is asked to stop", async () => {
  await using subscriber = new Program(at("subscribe", "com.example.rest", "--match", "prefix"));
  await until(client, "com.example.rest", "prefix");
  await client.publish("com.example.rest.a", [1], {}, { acknowledge: true });
  await subscriber.says(/"args":\[1\]/);
  expect(await subscriber.stop()).toMatchObject({ code: 0, stderr: "" });
});

test("a reader that has had enough ends the command in peace", async () => {
  await using subscriber = new Program(at("subscribe", "com.example.enough"));
  await until(client, "com.example.enough");
  subscriber.stopReading();
  let over = false;
  const ended = subscriber.ended.finally(() => over = true);
  while (!over) await client.publish("com.example.enough", [], {}, { acknowledge: true });
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
});

test.skipIf(!existsSync("/dev/full"))(
  "a full disk behind what it writes is one line, and its exit code 1",
  async () => {
    for (const args of [["call", "com.example.add", "1", "2"], ["sessions"]]) {
      await using program = new Program(at(...args), undefined, {}, { stdout: "/dev/full" });
      const { code, stderr } = await program.ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/^nexus: cannot write to the standard output: ENOSPC[^\n]*\n$/);
    }
  },
);

test("register serves a procedure by a program: JSON in, lines out, its exit code an error", async () => {
  const script = `
    let text = "";
    process.stdin.on("data", (chunk) => text += chunk).on("end", () => {
      const { procedure, args, kwargs } = JSON.parse(text);
      if (args[0] === "fail") { console.error("it broke"); process.exit(3); }
      console.log("half way");
      console.log(JSON.stringify({ args: [procedure, args.length], kwargs }));
    });`;
  await using callee = new Program(at("register", "com.example.program", "--", process.execPath, "-e", script));
  await callee.says(/nexus serves com\.example\.program/);
  const stream = client.stream("com.example.program", ["x", "y"], { a: 1 });
  const steps: unknown[] = [];
  for await (const { args } of stream) steps.push(args);
  expect(steps).toEqual([["half way"]]);
  expect(await stream.result).toMatchObject({ args: ["com.example.program", 2], kwargs: { a: 1 } });
  await expect(client.call("com.example.program", ["fail"])).rejects.toMatchObject({
    uri: "wamp.error.runtime_error",
    args: ["it broke"],
    kwargs: { exit_code: 3 },
  });
  expect(await callee.stop()).toMatchObject({ code: 0, stdout: "" });
});

test("a program that does not exist fails the call, and the next one finds the procedure still there", async () => {
  await using callee = new Program(at("register", "com.example.missing", "--", "no-such-program"));
  await callee.says(/nexus serves/);
  for (let time = 0; time < 2; time++) {
    await expect(client.call("com.example.missing")).rejects.toMatchObject({
      uri: "wamp.error.runtime_error",
      message: expect.stringContaining("ENOENT"),
    });
  }
  await callee.stop();
});

test("a program that cannot be started for want of handles fails its call, and no other", async () => {
  const sleep = "process.stdin.on('data', () => {}).on('end', () => console.log('slept'))";
  // As `ulimit -n` says, for the command alone.
  await using callee = new Program(
    [
      "-c",
      'ulimit -n 60; exec "$0" "$@"',
      process.execPath,
      join(root, "src/cli/main.ts"),
      ...at("register", "com.example.many", "--jobs", "100", "--", process.execPath, "-e", sleep),
    ],
    [],
    {},
    { program: "sh" },
  );
  await callee.says(/nexus serves/);
  const results = await Promise.allSettled(Array.from({ length: 60 }, () => client.call("com.example.many")));
  const said = new Set(results.map((result) => result.status === "fulfilled" ? result.value : result.reason.message));
  expect([...said].sort()).toEqual(["slept", expect.stringMatching(/^wamp\.error\.runtime_error: spawn .* E[MN]FILE/)]);
  expect(await client.call("com.example.many")).toBe("slept");
  expect((await callee.stop()).code).toBe(0);
}, 120_000);

test("a program that does not end when it is told to is killed, and the next call finds its place", async () => {
  // What it has started keeps its output open for a while.
  const loops = "echo 1; echo 2; (while kill -0 $$ 2>/dev/null; do sleep 0.2; done) & wait";
  const script = `trap "" TERM; read line; case $line in *quick*) echo quick;; *) ${loops};; esac`;
  await using callee = new Program(at("register", "com.example.stubborn", "--jobs", "1", "--", "sh", "-c", script));
  await callee.says(/nexus serves/);
  const stubborn = client.stream("com.example.stubborn", ["slow"]);
  const quick = client.call("com.example.stubborn", ["quick"]);
  expect((await stubborn.next()).value).toMatchObject({ args: [1] });
  await stubborn.return();
  expect(await quick).toBe("quick");
  expect((await callee.stop()).code).toBe(0);
}, 60_000);

test("what a program leaves behind keeps neither its answer nor its place", async () => {
  const lasts = join(folder, "lasts");
  writeFileSync(lasts, "");
  const stays = `while [ -e "${lasts}" ]; do sleep 0.2; done`;
  // It writes only once its parent is gone, and nobody has to wait for that.
  const orphan = `(while kill -0 $$ 2>/dev/null; do sleep 0.1; done; echo 2; echo 3; ${stays}) &`;
  const script = `read line; case $line in
    *quick*) echo quick;;
    *orphan*) echo 1; ${orphan} ;;
    *) (${stays}) & echo answer;;
  esac`;
  await using callee = new Program(at("register", "com.example.leaves", "--jobs", "1", "--", "sh", "-c", script));
  try {
    await callee.says(/nexus serves/);
    expect(await client.call("com.example.leaves", ["left"])).toBe("answer");
    const stream = client.stream("com.example.leaves", ["orphan"]);
    expect((await stream.next()).value).toMatchObject({ args: [1] });
    const quick = client.call("com.example.leaves", ["quick"]);
    await stream.return();
    expect(await quick).toBe("quick");
    expect((await callee.stop()).code).toBe(0);
  } finally {
    rmSync(lasts);
  }
}, 60_000);

test("sessions and uris list what is there, a line of JSON each", async () => {
  const sessions = (await nexus(...at("sessions"))).stdout.trim().split("\n").map((line) => JSON.parse(line));
  expect(sessions).toContainEqual(expect.objectContaining({ session: client.session!.id, transport: "websocket" }));
  const uris = (await nexus(...at("uris"))).stdout.trim().split("\n").map((line) => JSON.parse(line));
  expect(uris).toContainEqual({
    uri: "com.example.add",
    kind: "procedure",
    match: "exact",
    invoke: "single",
    callees: 1,
  });
});

test("the secret is in no process list by need: there is no option for it", async () => {
  const { stdout } = await nexus("call", "--help");
  expect(stdout).toContain("--password-file");
  expect(stdout).not.toMatch(/--password </);
});

test("completion writes what each shell takes", async () => {
  const { stdout } = await nexus("completion", "bash");
  expect(stdout).toContain('"metadata") next="get set delete list --help"');
  expect((await nexus("completion", "fish")).stdout).toContain("complete -c nexus");
  expect(await nexus("completion", "tcsh")).toMatchObject({ code: 2 });
});

async function until(wamp: Client, topic: string, match: "exact" | "prefix" = "exact"): Promise<void> {
  const created = Promise.withResolvers<void>();
  const subscription = await wamp.subscribe("wamp.subscription.on_create", ([, details]) => {
    if ((details as { uri: string }).uri === topic) created.resolve();
  });
  if (await wamp.call("wamp.subscription.lookup", [topic, { match }]) !== null) created.resolve();
  await created.promise;
  await subscription.unsubscribe();
}
