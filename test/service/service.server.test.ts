import { expect, test } from "vitest";
import { ticket } from "../../src/auth/ticket.ts";
import { createClient } from "../../src/client/connect.ts";
import type { Client } from "../../src/client/client.ts";
import type { Invocation } from "../../src/client/invocation.ts";
import { openRealm, Router, ticketAuthenticator } from "../../src/router/mod.ts";
import { ConcurrencyQueue, Queues, service } from "../../src/service/mod.ts";
import type { ServiceObject } from "../../src/service/mod.ts";
import type { Connection } from "../../src/transport/connection.ts";

/** A router, a client of it whose connection can be cut, and one beside it. */
class Bench implements AsyncDisposable {
  readonly router = new Router({ realms: [openRealm("realm1")] });
  readonly wamp: Client;
  readonly other: Client = createClient(this.router.local(), { realm: "realm1" });
  #connection: Connection | undefined;

  constructor() {
    const local = this.router.local();
    const dial: typeof local.dial = async (request) => this.#connection = await local.dial(request);
    const options = { realm: "realm1", prefix: "com.example", reconnect: { initialDelay: 1 } };
    this.wamp = createClient({ url: local.url, dial }, options);
  }

  static async open(): Promise<Bench> {
    const bench = new Bench();
    await Promise.all([bench.wamp.open(), bench.other.open()]);
    return bench;
  }

  async cut(): Promise<void> {
    const ready = Promise.withResolvers<unknown>();
    const stop = this.wamp.on("ready", ready.resolve);
    this.#connection?.terminate();
    await ready.promise;
    stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wamp.close();
    await this.other.close();
    await this.router.close();
  }
}

class Calculator {
  static procedures = { "calculator.add": "add", "calculator.caller": { handler: "who", match: "prefix" } };
  static topics = { "calculator.reset": "reset" };
  total = 0;

  add([value]: [number]): number {
    return this.total += value;
  }
  who(_args: unknown, _kwargs: unknown, call: Invocation): string {
    return call.procedure;
  }
  reset([total = 0]: [number?]): void {
    this.total = total;
  }
}

test("a class is served: methods, options, topics, relative to the prefix", async () => {
  await using bench = await Bench.open();
  const running = await service(bench.wamp, Calculator);
  expect(await bench.other.call("com.example.calculator.add", [2])).toBe(2);
  expect(await bench.other.call("com.example.calculator.add", [3])).toBe(5);
  expect(running.object.total).toBe(5);
  expect(await bench.other.call("com.example.calculator.caller.deep")).toBe("com.example.calculator.caller.deep");
  await bench.other.publish("com.example.calculator.reset", [40], {}, { acknowledge: true });
  await expect.poll(() => running.object.total).toBe(40);
  expect(running.registrations.map(({ procedure }) => procedure)).toEqual([
    "com.example.calculator.add",
    "com.example.calculator.caller",
  ]);
});

test("an instance is served with what it has inherited", async () => {
  await using bench = await Bench.open();
  class Doubling extends Calculator {
    override add([value]: [number]): number {
      return super.add([2 * value]);
    }
  }
  const object = new Doubling();
  object.total = 100;
  await service(bench.wamp, object);
  expect(await bench.other.call("com.example.calculator.add", [1])).toBe(102);
});

test("an object declares functions, complete URIs, queues and validators", async () => {
  await using bench = await Bench.open();
  const queue = new ConcurrencyQueue("own", { limit: 1 });
  const queues = new Queues({ named: { limit: 1 } });
  const refusing = {
    "~standard": { version: 1, vendor: "test", validate: () => ({ issues: [{ message: "no", path: [0] }] }) },
  } as const;
  await service(
    bench.wamp,
    {
      base: 10,
      procedures: {
        "plain": function (this: { base: number }, [value]: [number]) {
          return this.base + value;
        },
        "org.example.complete": { handler: () => "complete", absolute: true, queue },
        "named": { handler: () => "named", queue: "named" },
        "checked": { handler: () => "never", args: refusing, queue },
      },
    } satisfies ServiceObject & { base: number },
    { queues },
  );
  expect(await bench.other.call("com.example.plain", [1])).toBe(11);
  expect(await bench.other.call("org.example.complete")).toBe("complete");
  expect(await bench.other.call("com.example.named")).toBe("named");
  await expect(bench.other.call("com.example.checked", [1])).rejects.toMatchObject({ args: ["args[0]: no"] });
  expect([queue.statistics.finished, queues.get("named").statistics.finished]).toEqual([1, 1]);
});

class Witness {
  readonly seen: string[] = [];
  onConnect(): void {
    this.seen.push("connect");
  }
  onJoin(session: { id: number }, details: { realm?: string }): void {
    this.seen.push(`join ${session.id > 0} ${details !== undefined}`);
  }
  onReady(): void {
    this.seen.push("ready");
  }
  onLeave({ cause }: { cause: string }): void {
    this.seen.push(`leave ${cause}`);
  }
  onDisconnect(): void {
    this.seen.push("disconnect");
  }
}

const session = ["connect", "join true true", "ready"];

test("a service is told what happens to its client, from the first connection on", async () => {
  await using bench = new Bench();
  const witness = new Witness();
  const starting = service(bench.wamp, witness);
  await Promise.all([bench.wamp.open(), bench.other.open()]);
  await starting;
  expect(witness.seen).toEqual(session);
  await bench.cut();
  expect(witness.seen).toEqual([...session, "leave lost", "disconnect", ...session]);
});

test("a service that comes later is told of the session that is there, once", async () => {
  await using bench = await Bench.open();
  const witness = new Witness();
  const running = await service(bench.wamp, witness);
  expect(witness.seen).toEqual(session.slice(1));
  await bench.cut();
  expect(witness.seen).toEqual([...session.slice(1), "leave lost", "disconnect", ...session]);
  await running.stop();
  await bench.cut();
  expect(witness.seen).toHaveLength(7);
});

test("a service is told what the router asks when it logs in", async () => {
  const principal = { authid: "ann", authrole: "user", authmethod: "ticket", authprovider: "static" };
  const accepts = ticketAuthenticator(() => ({ next: "accept", principal }));
  const router = new Router({ realms: [{ name: "realm1", authenticators: [accepts] }] });
  await using wamp = createClient(router.local(), { realm: "realm1", auth: ticket("ann", "pass") });
  const asked: string[] = [];
  const starting = service(wamp, { onChallenge: ({ method }: { method: string }) => void asked.push(method) });
  await wamp.open();
  await starting;
  expect(asked).toEqual(["ticket"]);
  await router.close();
});

test("it is there again after every reconnect, and gone after its end", async () => {
  await using bench = await Bench.open();
  const running = await service(bench.wamp, Calculator);
  for (let round = 0; round < 3; round++) {
    await bench.cut();
    await bench.other.call("com.example.calculator.add", [1]);
  }
  expect(running.object.total).toBe(3);
  await running.stop();
  await expect(bench.other.call("com.example.calculator.add", [1])).rejects.toMatchObject({
    uri: "wamp.error.no_such_procedure",
  });
  expect(running.subscriptions.map(({ active }) => active)).toEqual([false]);
});

test("when one thing is refused nothing of the service is left", async () => {
  await using bench = await Bench.open();
  await bench.other.register("com.example.taken", () => 1);
  const witness = Object.assign(new Witness(), { procedures: { "free": () => 1, "taken": () => 2 } });
  await expect(service(bench.wamp, witness)).rejects.toMatchObject({ uri: "wamp.error.procedure_already_exists" });
  await expect(bench.other.call("com.example.free")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
  await bench.cut();
  expect(witness.seen).toEqual([]);
});

test("an onJoin that fails ends the service", async () => {
  await using bench = await Bench.open();
  const failing = {
    procedures: { "free": () => 1 },
    onJoin() {
      throw new Error("cannot join");
    },
  };
  await expect(service(bench.wamp, failing)).rejects.toThrow("cannot join");
  await expect(bench.other.call("com.example.free")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
});

test("declarations name the queues of the client, for procedures and for topics", async () => {
  const queues = new Queues({ one: { limit: 1 } });
  const router = new Router({ realms: [openRealm("realm1")] });
  await using wamp = createClient(router.local(), { realm: "realm1", queues });
  await wamp.open();
  const heard = Promise.withResolvers<unknown>();
  await service(wamp, {
    procedures: { "com.example.p": { handler: () => "done", queue: "one" } },
    topics: { "com.example.t": { handler: heard.resolve, queue: "one" } },
  });
  expect(await wamp.call("com.example.p")).toBe("done");
  await wamp.publish("com.example.t", [], {}, { exclude_me: false });
  await heard.promise;
  expect(queues.get("one").statistics.started).toBe(2);
  await wamp.close();
  await router.close();
});

test("options that a service does not have are refused", async () => {
  await using bench = await Bench.open();
  const queue = new Queues({ one: {} });
  await expect(service(bench.wamp, Calculator, { queue } as object)).rejects.toThrow(
    'Cannot serve: there is no option "queue"; there are queues',
  );
});

test.each([
  [{ procedures: { "p": "nothing" } }, /Cannot serve "p": the service has no method "nothing"/],
  [{ topics: { "t": { handler: 5 } } }, /neither the name of a method nor a function/],
  [{ procedures: ["p"] }, /its procedures are no plain object/],
  [{ procedures: { "p": { handler: () => 1, queue: "lost" } } }, /Cannot serve "p": there is no queue "lost"/],
])("a declaration that is wrong is refused before anything is registered", async (object, message) => {
  await using bench = await Bench.open();
  await expect(service(bench.wamp, object)).rejects.toThrow(message);
});
