import process from "node:process";
import { expect, test, vi } from "vitest";
import { createClient, ticket, WampError } from "@izaber/wamp";
import type { Client } from "@izaber/wamp";
import { nexus } from "@izaber/wamp/nexus";
import { openRealm, Router, ticketAuthenticator } from "@izaber/wamp/router";
import { Queues, run, service } from "@izaber/wamp/service";
import type { RunOptions } from "@izaber/wamp/service";
import { withFaults } from "@izaber/wamp/testing";

class Greeter {
  static procedures = { "com.example.hello": "hello" };
  hello([name]: [string]): string {
    return `Hello ${name}`;
  }
}

/** Keeps what is told. */
function recorder(options: RunOptions = {}): { readonly lines: string[]; readonly options: RunOptions } {
  const lines: string[] = [];
  return {
    lines,
    options: { ...options, log: (level, text) => lines.push(`${level} ${text.replace(/\d{3,}/g, "N")}`) },
  };
}

test("clients are opened, their services are served, and all is told", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const [one, two] = [1, 2].map(() => createClient(router.local(), { realm: "realm1" }));
  const { lines, options } = recorder();
  const ready = new Promise((resolve) => one!.on("ready", resolve));
  const running = run([{ client: one!, services: [Greeter] }, two!], options);
  await ready;
  await two!.open();
  expect(await two!.call("com.example.hello", ["you"])).toBe("Hello you");
  await two!.drain();
  expect(await running).toBe(0);
  expect([one!.status, two!.status]).toEqual(["closed", "closed"]);
  expect(lines.filter((line) => line.includes("client 1"))).toEqual([
    expect.stringMatching(/^info client 1: joined realm1 as \S+ \(anonymous\), session N$/),
    "info client 1: ready",
    "info client 1: the session ended: closed (wamp.close.close_realm)",
  ]);
  expect(lines.at(-1)).toBe("info ended");
  await router.close();
});

test("no router is waited for, and what is lost comes back", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const dialer = withFaults(router.local(), { refuses: (attempt) => attempt === 0 });
  const client = createClient(dialer, { realm: "realm1", reconnect: { initialDelay: 1 } });
  const { lines, options } = recorder({ logLevel: "warn" });
  let times = 0;
  client.on("ready", () => {
    if (++times === 1) dialer.connections[0]?.cut();
    else void client.drain();
  });
  expect(await run([client], options)).toBe(0);
  expect(lines).toEqual([
    "warn connect: Cannot connect: a fault was injected",
    "warn the session ended: lost (cut)",
  ]);
  await router.close();
});

test("a client that cannot go on ends the others, with 1", async () => {
  const router = new Router({
    realms: [{
      name: "realm1",
      authenticators: [
        ticketAuthenticator(() => ({ next: "deny", reason: "wamp.error.not_authorized", message: "no" })),
      ],
    }, openRealm("realm2")],
  });
  const refused = createClient(router.local(), {
    realm: "realm1",
    auth: ticket("joe", "wrong"),
    reconnect: { initialDelay: 1, maxDelay: 1 },
  });
  const other = createClient(router.local(), { realm: "realm2" });
  const { lines, options } = recorder({ logLevel: "error" });
  const before = process.exitCode;
  try {
    expect(await run([refused, other], options)).toBe(1);
    expect(process.exitCode).toBe(1);
  } finally {
    process.exitCode = before ?? 0;
  }
  expect(lines.at(-1)).toMatch(/^error client 1: cannot go on: Cannot join realm "realm1"/);
  expect(other.status).toBe("closed");
  await router.close();
});

test("what the router does not let a service serve ends it", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  await using taken = createClient(router.local(), { realm: "realm1" });
  await taken.open();
  await taken.register("com.example.hello", () => 1);
  const { lines, options } = recorder({ logLevel: "error" });
  const before = process.exitCode;
  try {
    const client = createClient(router.local(), { realm: "realm1" });
    expect(await run([{ client, services: [new Greeter()] }], options)).toBe(1);
  } finally {
    process.exitCode = before ?? 0;
  }
  expect(lines.join()).toContain("procedure_already_exists");
  await taken.close();
  await router.close();
});

test("a program's own errors are handed on, and written with their stacks where nothing else is said", async () => {
  class Failing {
    static procedures = { "com.example.empty": "empty", "com.example.text": "text" };
    empty(): never {
      throw new TypeError();
    }
    text(): never {
      throw new Error("boom");
    }
  }
  const router = new Router({ realms: [openRealm("realm1")] });
  const call = async (client: Client) => {
    for (const uri of ["com.example.empty", "com.example.text"]) await client.call(uri).catch(() => {});
    await client.drain();
  };
  const told: [string, unknown][] = [];
  const logging = createClient(router.local(), { realm: "realm1" });
  logging.on("ready", () => void call(logging));
  await run([{ client: logging, services: [Failing] }], {
    logLevel: "error",
    log: (_level, text, error) => told.push([text, error]),
  });
  expect(told).toEqual([
    ["procedure of com.example.empty: TypeError", expect.any(TypeError)],
    ["procedure of com.example.text: boom", expect.objectContaining({ message: "boom" })],
  ]);

  const written = vi.spyOn(console, "error").mockImplementation(() => {});
  const silent = createClient(router.local(), { realm: "realm1" });
  silent.on("ready", () => void call(silent));
  await run([{ client: silent, services: [Failing] }], { logLevel: "error" });
  const lines = written.mock.calls.map(([line, error]) => [String(line).replace(/^\S+ /, ""), error]);
  written.mockRestore();
  expect(lines).toEqual([
    ["error procedure of com.example.empty: TypeError", expect.any(TypeError)],
    ["error procedure of com.example.text: boom", expect.objectContaining({ message: "boom" })],
  ]);
  await router.close();
});

test("what a service fails with when it is made is handed on", async () => {
  class Broken {
    constructor() {
      throw new RangeError("ctor");
    }
  }
  const router = new Router({ realms: [openRealm("realm1")] });
  const told: [string, unknown][] = [];
  const client = createClient(router.local(), { realm: "realm1" });
  const log: RunOptions["log"] = (_level, text, error) => void told.push([text, error]);
  expect(await run([{ client, services: [Broken] }], { logLevel: "error", log })).toBe(1);
  expect(told).toEqual([["cannot go on: ctor", expect.any(RangeError)]]);
  await router.close();
});

test("nothing to run, and levels that are none, are refused", async () => {
  await expect(run([])).rejects.toThrow(WampError);
  const router = new Router({ realms: [openRealm("realm1")] });
  const client = createClient(router.local(), { realm: "realm1" });
  await expect(run([client], { logLevel: "loud" as "info" })).rejects.toMatchObject({ code: "invalid_argument" });
  expect(process.listenerCount("SIGTERM")).toBe(0);
  await router.close();
});

test("what is neither a client nor one with services is refused by name", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  await using client = createClient(router.local(), { realm: "realm1" });
  for (
    const [one, message] of [
      [{ services: [] }, "the option client is undefined, expected a client"],
      [{}, "the option client is undefined, expected a client"],
      [{ client: {}, services: [] }, "the option client is an object, expected a client"],
      [{ client: null, services: [] }, "the option client is null, expected a client"],
      [{ client }, "the option services is undefined, expected a list"],
      [undefined, "options is undefined, expected an object such as { client, services: [Greeter] }"],
      [null, "options is null"],
      ["client", 'options is "client"'],
    ] as const
  ) {
    await expect(run([client, one as never])).rejects.toMatchObject({
      name: "WampError",
      code: "invalid_argument",
      message: expect.stringContaining(`Cannot run: ${message}`),
    });
  }
  await expect(run(client as never)).rejects.toMatchObject({
    code: "invalid_argument",
    message: "Cannot run a Client: give a list of clients, such as [client]",
  });
  expect(client.status).toBe("idle");
  expect(process.listenerCount("SIGTERM")).toBe(0);
  await router.close();
});

test("services that run name the queues of their client", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const queues = new Queues({ one: { limit: 1 } });
  const client = createClient(router.local(), { realm: "realm1", queues });
  const answer = new Promise((resolve) =>
    client.on("ready", async () => {
      resolve(await client.call("com.example.queued"));
      void client.drain();
    })
  );
  class Queued {
    static procedures = { "com.example.queued": { handler: "work", queue: "one" } };
    work() {
      return "done";
    }
  }
  expect(await run([{ client, services: [Queued] }], recorder().options)).toBe(0);
  expect(await answer).toBe("done");
  expect(queues.get("one").statistics.finished).toBe(1);
  await router.close();
});

test.each([
  [{ drain_timeout: 5 }, /there is no option "drain_timeout"; there are logLevel, log, drainTimeout/],
  [{ queues: new Queues({}) }, /there is no option "queues"/],
  [{ drainTimeout: -1 }, /drainTimeout is -1, expected a (finite )?number of at least 0/],
  [{ drainTimeout: "5" }, /drainTimeout is/],
  [{ log: true }, /log is true/],
])("options that are wrong are refused: %o", async (options, message) => {
  const router = new Router({ realms: [openRealm("realm1")] });
  await using client = createClient(router.local(), { realm: "realm1" });
  await expect(run([client], options as object)).rejects.toThrow(message);
  await expect(run([{ client, service: [] } as never])).rejects.toThrow(/there is no option "service"/);
  expect(process.listenerCount("SIGTERM")).toBe(0);
  await router.close();
});

test("a client that is not to reconnect cannot be run: it says so, and does not wait for ever", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const client = createClient(router.local(), { realm: "realm1", reconnect: false });
  const { lines, options } = recorder();
  const { exitCode } = process;
  expect(await run([client], options)).toBe(1);
  process.exitCode = exitCode;
  expect(lines[0]).toMatch(/^error cannot go on: .*reconnect: false/);
  expect(client.status).toBe("closed");
  await router.close();
});

test("a client with an interface runs and serves, and has a Nexus, as any other", async () => {
  interface Greetings {
    procedures: { "com.example.hello": { args: [string]; result: string } };
  }
  const router = new Router({ realms: [openRealm("realm1")] });
  const [one, two] = [1, 2].map(() => createClient<Greetings>(router.local(), { realm: "realm1" }));
  const { options } = recorder();
  const running = run([{ client: one!, services: [] }, two!], options);
  const served = await service(one!, Greeter);
  expect(await two!.call("com.example.hello", ["you"])).toBe("Hello you");
  expect(nexus(one!)).toBe(nexus(one!.untyped));
  await served.stop();
  await Promise.all([one!.drain(), two!.drain()]);
  expect(await running).toBe(0);
  await router.close();
});
