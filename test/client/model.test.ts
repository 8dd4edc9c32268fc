import fc from "fast-check";
import { expect, test } from "vitest";
import { createClient, json } from "@izaber/wamp";
import type { Args, CallStream, Client, Connection, Dict, Invocation, SentPart, Serializer } from "@izaber/wamp";
import { direct } from "../../src/codec/direct.ts";
import type { Head } from "../../src/codec/head.ts";
import { Payload } from "../../src/codec/payload.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { settle } from "../support/scripted_router.ts";
import { WatchedSignal } from "../support/watched_signal.ts";

/** One thing that happens in a history. */
type Step =
  | { readonly step: "call"; readonly timeout: number; readonly abortable: boolean }
  | { readonly step: "stream"; readonly timeout: number; readonly parts: number; readonly leaves: boolean }
  | { readonly step: "publish" | "register" | "subscribe"; readonly abortable: boolean }
  | { readonly step: "turn" | "cut" | "goodbye" }
  | {
    readonly step: "release" | "abort" | "result" | "error" | "progress" | "repeat" | "foreign" | "mistaken";
    readonly at: number;
  }
  | { readonly step: "invoke" | "event" | "advance" | "revoke" | "open"; readonly at: number }
  | { readonly step: "close" | "drain" };

/** What the join listener of a client does: nothing, or making things on the client and waiting for them. */
type Listening = "none" | "makes" | "waits";

const at = fc.nat(20);
const steps: fc.Arbitrary<Step>[] = [
  fc.record({ step: fc.constant("call" as const), timeout: fc.constantFrom(0, 0, 50, 500), abortable: fc.boolean() }),
  fc.record({
    step: fc.constant("stream" as const),
    timeout: fc.constantFrom(0, 50),
    parts: fc.nat(3),
    leaves: fc.boolean(),
  }),
  fc.record({
    step: fc.constantFrom("publish" as const, "register" as const, "subscribe" as const),
    abortable: fc.boolean(),
  }),
  fc.record({ step: fc.constantFrom("turn" as const, "cut" as const, "goodbye" as const) }),
  fc.record({ step: fc.constantFrom("result" as const, "result" as const, "result" as const, "error" as const), at }),
  fc.record({
    step: fc.constantFrom("progress" as const, "repeat" as const, "foreign" as const, "mistaken" as const),
    at,
  }),
  fc.record({ step: fc.constantFrom("release" as const, "abort" as const, "invoke" as const, "event" as const), at }),
  fc.record({ step: fc.constantFrom("advance" as const, "revoke" as const, "open" as const), at }),
];

/** What ends a client comes last, with some steps after it. */
const histories = fc.record({
  listening: fc.constantFrom<Listening>("none", "makes", "waits"),
  before: fc.array(fc.oneof(...steps), { maxLength: 60 }),
  end: fc.constantFrom<Step>({ step: "close" }, { step: "drain" }, { step: "turn" }),
  after: fc.array(fc.oneof(...steps), { maxLength: 15 }),
});

/** The id in answers of the wrong type. */
const MISTAKE = 999_999;

const ANSWERS: { readonly [type: number]: number } = {
  [MessageType.PUBLISH]: MessageType.PUBLISHED,
  [MessageType.SUBSCRIBE]: MessageType.SUBSCRIBED,
  [MessageType.UNSUBSCRIBE]: MessageType.UNSUBSCRIBED,
  [MessageType.REGISTER]: MessageType.REGISTERED,
  [MessageType.UNREGISTER]: MessageType.UNREGISTERED,
};

const features = { call_canceling: true, progressive_call_results: true, progressive_call_invocations: true };

async function readAll(_args: Args, _kwargs: Dict, { input }: Invocation): Promise<number> {
  let count = 0;
  for await (const _ of input) count += 1;
  return count;
}

/** A router that takes everything and answers when a step says so. */
class SlowRouter {
  readonly url = "slow";
  readonly requests: { readonly head: Head; readonly on: Connection }[] = [];
  readonly answered: { readonly head: Head; readonly on: Connection }[] = [];
  readonly ids: number[] = [];
  readonly violations: unknown[] = [];
  connection: Connection | undefined;
  invocations = 0;
  #session = 0;
  /** Calls of which more is to come, by connection. */
  readonly #unfinished = new WeakMap<Connection, Set<number>>();
  readonly #serializer: Serializer;

  constructor(serializer: Serializer) {
    this.#serializer = serializer;
  }

  dial(): Promise<Connection> {
    const [near, on] = memoryPair(this.#serializer);
    let last = 0;
    on.start({
      message: (head) => {
        if (head.type === MessageType.HELLO) {
          this.connection = on;
          on.send([MessageType.WELCOME, ++this.#session, {
            roles: { dealer: { features } },
          }]);
        } else if (head.type === MessageType.GOODBYE) {
          on.send([MessageType.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
        } else if (head.type === MessageType.ABORT) this.violations.push(head.uri);
        else if (head.type === MessageType.CANCEL) this.#unfinished.get(on)?.delete(head.firstId);
        else if (head.type === MessageType.CALL || head.type in ANSWERS) {
          if (this.#continues(head, on)) return;
          // Ids are sequential over all types of request.
          if (head.firstId !== ++last) this.violations.push(`id ${head.firstId} after ${last - 1}`);
          this.requests.push({ head, on });
        }
      },
      violation: (error) => this.violations.push(error),
      drained: () => {},
      closed: () => {
        if (this.connection === on) this.connection = undefined;
      },
    });
    return Promise.resolve(near);
  }

  #continues({ type, firstId, options }: Head, on: Connection): boolean {
    if (type !== MessageType.CALL) return false;
    const unfinished = this.#unfinished.get(on) ?? new Set();
    this.#unfinished.set(on, unfinished);
    const continues = unfinished.has(firstId);
    if (options.progress === true) unfinished.add(firstId);
    else unfinished.delete(firstId);
    return continues;
  }

  answer(index: number, how: "result" | "error" | "progress"): void {
    if (this.requests.length === 0) return;
    const place = index % this.requests.length;
    const request = this.requests[place] as (typeof this.requests)[number];
    if (how !== "progress") this.answered.push(...this.requests.splice(place, 1));
    this.reply(request, how);
  }

  reply({ head, on }: { readonly head: Head; readonly on: Connection }, how: "result" | "error" | "progress"): void {
    const id = head.firstId;
    if (how === "error") {
      const uri = head.type === MessageType.REGISTER ? "wamp.error.procedure_already_exists" : "com.example.error";
      on.send([MessageType.ERROR, head.type, id, {}, uri], Payload.of([head.payload.args[0] ?? null]));
    } else if (head.type === MessageType.CALL) {
      on.send(
        [MessageType.RESULT, id, how === "progress" ? { progress: true } : {}],
        Payload.of([how === "progress" ? "progress" : head.payload.args[0] ?? null]),
      );
    } else if (how === "result") {
      const answer = ANSWERS[head.type] as number;
      const bare = answer === MessageType.UNREGISTERED || answer === MessageType.UNSUBSCRIBED;
      if (!bare) this.ids.push(id);
      on.send(bare ? [answer, id] : [answer, id, id]);
    }
  }
}

/** What a client went through in one history. */
class History {
  readonly clock = new FakeClock();
  readonly router: SlowRouter;
  readonly client: Client;
  readonly settled: number[] = [];
  readonly handles: (() => Promise<void>)[] = [];
  readonly endings: Promise<void>[] = [];
  closed = false;
  readonly signals: WatchedSignal[] = [];
  readonly wrong: unknown[] = [];
  /** How many generators of arguments have begun and not ended. */
  generating = 0;
  #made = 0;

  constructor(serializer: Serializer, listening: Listening) {
    this.router = new SlowRouter(serializer);
    const random = { bytes: (length: number) => new Uint8Array(length), number: () => 0 };
    this.client = createClient(this.router, { realm: "realm1", clock: this.clock, random, liveness: false });
    this.client.on("error", () => {});
    this.client.on("ready", () => {
      if (this.closed) this.wrong.push("ready though closed");
    });
    if (listening === "none") return;
    this.client.on("join", async (session) => {
      const made = [
        this.client.register("com.example.joined", () => 1),
        this.client.subscribe("com.example.joined", () => {}),
        this.client.call("com.example.joined"),
        session.register("com.example.own", () => 1),
      ];
      for (const promise of made) this.watch(promise);
      if (listening === "waits") await Promise.allSettled(made);
    });
  }

  /** Notes that a promise has settled, and that an answer is the one to its own question. */
  watch(promise: Promise<unknown>, check?: (value: unknown) => boolean): void {
    const index = this.#made++;
    this.settled[index] = 0;
    const done = (good: boolean) => {
      this.settled[index] = (this.settled[index] ?? 0) + 1;
      if (!good) this.wrong.push(index);
    };
    promise.then(
      (value) => done(check?.(value) ?? true),
      (error) => done(error.code !== "remote" || check === undefined || check(error.args[0])),
    );
  }

  /** A signal that a step may abort, or nothing. */
  signal(abortable: boolean): { readonly signal?: AbortSignal } {
    if (!abortable) return {};
    const watched = new WatchedSignal();
    this.signals.push(watched);
    return { signal: watched.signal };
  }

  /** Notes a status that comes twice, or behind the last; gives what is there in any history. */
  async readStatuses(): Promise<string> {
    const seen: string[] = [];
    for await (const status of this.client.statuses()) {
      if (status === seen.at(-1) || seen.includes("closed")) this.wrong.push(`${seen}, then ${status}`);
      seen.push(status);
    }
    if (seen.at(-1) !== "closed") this.wrong.push(`${seen} is not the end`);
    return seen.slice(0, 2).join();
  }

  async *parts(token: number, count: number): AsyncGenerator<SentPart> {
    this.generating += 1;
    try {
      for (let n = 0; n < count; n++) {
        for (let waited = 0; waited < token % 13; waited++) await Promise.resolve();
        yield [token];
      }
    } finally {
      this.generating -= 1;
    }
  }

  async read(stream: CallStream, leaves: boolean): Promise<void> {
    for await (const { args } of stream) {
      if (args[0] !== "progress") this.wrong.push(args);
      if (leaves) return;
    }
  }

  async take(step: Step): Promise<void> {
    const { client, router, clock } = this;
    switch (step.step) {
      case "call": {
        const token = this.#made;
        const options = { timeout: step.timeout, ...this.signal(step.abortable) };
        return this.watch(client.call("com.example.p", [token], {}, options), (value) => value === token);
      }
      case "stream": {
        const token = this.#made;
        const args = step.parts === 0 ? [token] : this.parts(token, step.parts);
        const stream = client.stream("com.example.p", args, {}, { timeout: step.timeout, ...this.signal(true) });
        this.watch(this.read(stream, step.leaves));
        return this.watch(stream.result.then(({ args }) => args[0]), (value) => value === token);
      }
      case "publish":
        return this.watch(
          client.publish("com.example.t", [], {}, { acknowledge: true, ...this.signal(step.abortable) }),
          (id) => id !== MISTAKE,
        );
      case "register":
      case "subscribe": {
        const uri = `com.example.n${this.#made % 4}`;
        const serve = uri.endsWith("0") ? readAll : ([value]: Args) => value;
        const options = this.signal(step.abortable);
        const made = step.step === "register"
          ? client.register(uri, serve, options).then((handle) => {
            this.handles.push(() => handle.unregister());
            return handle.id;
          })
          : client.subscribe(uri, () => {}, options).then((handle) => {
            this.handles.push(() => handle.unsubscribe());
            return handle.id;
          });
        return this.watch(made, (id) => id !== MISTAKE);
      }
      case "release": {
        const [release] = this.handles.splice(step.at % (this.handles.length + 1), 1);
        if (release !== undefined) this.watch(release());
        return;
      }
      case "abort":
        return this.signals[step.at % (this.signals.length + 1)]?.abort();
      case "result":
      case "error":
      case "progress":
        return router.answer(step.at, step.step);
      case "repeat": {
        const old = router.answered[step.at % (router.answered.length + 1)];
        return old === undefined ? undefined : router.reply(old, step.at % 2 === 0 ? "result" : "error");
      }
      case "foreign":
        router.connection?.send([MessageType.RESULT, 1_000 + step.at, {}], Payload.of(["foreign"]));
        return router.connection?.send([MessageType.SUBSCRIBED, 1_000 + step.at, 5]);
      case "mistaken": {
        const open = router.requests[step.at % (router.requests.length + 1)];
        if (open === undefined) return;
        const type = open.head.type === MessageType.REGISTER ? MessageType.SUBSCRIBED : MessageType.REGISTERED;
        return open.on.send([type, open.head.firstId, MISTAKE]);
      }
      case "invoke": {
        const details = step.at % 4 < 2 ? {} : { progress: true };
        if (step.at % 3 > 0) router.invocations += 1;
        return router.connection?.send(
          [MessageType.INVOCATION, router.invocations, router.ids[step.at] ?? 1, details],
          Payload.of([step.at]),
        );
      }
      case "event":
        return router.connection?.send([MessageType.EVENT, router.ids[step.at] ?? 1, 9, {}]);
      case "revoke": {
        const id = router.ids[step.at] ?? 1;
        router.connection?.send([MessageType.UNREGISTERED, 0, { registration: id }]);
        return router.connection?.send([MessageType.UNSUBSCRIBED, 0, { subscription: id }]);
      }
      case "open":
        return this.watch(client.open({ retry: step.at % 2 === 0 }));
      case "close":
      case "drain": {
        const ending = client[step.step]();
        this.closed ||= step.step === "close";
        this.endings.push(ending);
        return this.watch(ending);
      }
      case "cut":
        return router.connection?.terminate();
      case "goodbye":
        return router.connection?.send([MessageType.GOODBYE, {}, "wamp.close.system_shutdown"]);
      case "advance":
        return clock.advance(step.at * 25);
      case "turn":
        return await settle();
    }
  }
}

for (const serializer of [direct, json]) {
  test(`whatever happens in whatever order, everything settles once and nothing is left (${serializer.name})`, async () => {
    await fc.assert(
      fc.asyncProperty(histories, async ({ listening, before, end, after }) => {
        const run = new History(serializer, listening);
        const statuses = run.readStatuses();
        run.watch(run.client.open({ retry: true }));
        await settle();
        for (const step of before) await run.take(step);
        await run.take(end);
        await settle();
        for (const step of after) await run.take(step);
        const { session } = run.client;
        if (end.step !== "drain") await run.client.close();
        // What a drain waits for no router may ever answer.
        run.clock.advance(60_000);
        await Promise.all(run.endings);
        await settle();
        expect(run.client.status).toBe("closed");
        expect(await statuses).toBe("idle,connecting");
        expect(run.wrong).toEqual([]);
        expect(run.router.violations).toEqual([]);
        expect(run.settled.filter((times) => times !== 1)).toEqual([]);
        expect(session?.pending ?? { calls: 0, requests: 0, invocations: 0 }).toEqual({
          calls: 0,
          requests: 0,
          invocations: 0,
        });
        expect(run.signals.map(({ listeners }) => listeners).filter((count) => count !== 0)).toEqual([]);
        expect([run.clock.pending, run.generating]).toEqual([0, 0]);
      }),
      { numRuns: 500 },
    );
  });
}
