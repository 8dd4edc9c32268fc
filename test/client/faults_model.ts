import fc from "fast-check";
import { anonymous, createClient, json, msgpack } from "../../mod.ts";
import type { Client, Registration, Serializer, Subscription } from "../../mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { seededFaults, withFaults } from "../../src/testing/mod.ts";
import type { FaultRates, FaultyDialer } from "../../src/testing/mod.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FaultStreams } from "./faults_streams.ts";

/** One thing that happens in a history. */
type Step =
  | {
    readonly step:
      | "call"
      | "stream"
      | "loop"
      | "give up"
      | "serve"
      | "publish"
      | "open gate"
      | "leave"
      | "join"
      | "user"
      | "wake";
  }
  | {
    readonly step: "register" | "subscribe" | "release" | "cut" | "half-open" | "stall" | "resume";
    readonly at: number;
  }
  | { readonly step: "advance" | "nonsense"; readonly at: number };

const at = fc.nat(1_000);
const often = fc.constantFrom(
  ...["call", "stream", "loop", "give up", "serve", "publish", "open gate", "open gate"] as const,
);
const seldom = fc.constantFrom("leave" as const, "join" as const, "join" as const, "user" as const, "wake" as const);
const placed = fc.constantFrom("register" as const, "subscribe" as const, "release" as const);
const broken = fc.constantFrom("cut" as const, "half-open" as const, "stall" as const, "resume" as const);
const physical: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ step: often }) },
  { weight: 6, arbitrary: fc.record({ step: placed, at }) },
  { weight: 6, arbitrary: fc.record({ step: fc.constant("advance" as const), at }) },
  { weight: 3, arbitrary: fc.record({ step: broken, at }) },
  { weight: 2, arbitrary: fc.record({ step: seldom }) },
);

/** What can be made of the way between a client and its router. */
export interface Weather {
  /** The steps that happen. */
  readonly steps: fc.Arbitrary<readonly Step[]>;
  /** How often what happens to frames. */
  readonly rates: FaultRates;
  /** Whether frames are lost or changed, which no transport does: then nothing can be said of what is restored. */
  readonly damaged: boolean;
}

/** Connections are lost, half open, slow and late, but what comes is what was sent, in order. */
export const rough: Weather = {
  steps: fc.array(physical, { maxLength: 60 }),
  rates: { cut: 0.01, "half-open": 0.005, delay: 0.03 },
  damaged: false,
};

/** Frames are lost, doubled and shortened, too, and nonsense comes. */
export const nonsense: Weather = {
  steps: fc.array(
    fc.oneof({ weight: 5, arbitrary: physical }, {
      weight: 1,
      arbitrary: fc.record({ step: fc.constant("nonsense" as const), at }),
    }),
    { maxLength: 60 },
  ),
  rates: { cut: 0.01, delay: 0.02, drop: 0.01, duplicate: 0.02, truncate: 0.01 },
  damaged: true,
};

/** What a router may send that has lost its senses. */
const NONSENSE: readonly string[] = [
  "[]",
  "{}",
  "null",
  '"text"',
  "[2]",
  '[2,9,{"roles":{}}]',
  "[50,1]",
  "[50,999999,{},[1],{},1,2,3]",
  '[50,"1",{}]',
  "[50,-1,{}]",
  "[50,9007199254740993,{},[1]]",
  '[50,999999,{"progress":"yes"},5,6]',
  "[36,1,1,{}]",
  "[36,999999,1,{},[],{}]",
  '[36,1,1,{},"args"]',
  "[68,1,999999,{}]",
  "[68,1,1,[]]",
  '[69,999999,{"mode":"kill"}]',
  "[8,48,1,{},7]",
  '[8,48,999999,{},"a.b"]',
  '[8,99,1,{},"a.b"]',
  "[65,999999,5]",
  "[33,1,1,1,1]",
  "[67,0,{}]",
  '[67,0,{"registration":"x"}]',
  '[35,0,{"subscription":-5}]',
  "[17,999999,1]",
  "[1000,1]",
  '[4,"ticket",{}]',
  '[1,"realm1",{}]',
  "[48,1,{}]",
  `[36,1,1,{},${"[".repeat(5_000)}${"]".repeat(5_000)}]`,
  `[36,1,1,{},["${"x".repeat(200_000)}"]]`,
  '[50,999999,{"__proto__":{"a":1}},[{"__proto__":{"b":2}}]]',
  "[50,1,{}",
  "\u0000",
];

/** Lets happen what needs no more than turns of this event loop. */
async function settle(turns = 60): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

interface Made {
  readonly uri: string;
  readonly handle: Registration | Subscription;
  heard: number;
}

/** A durable client that goes through one history, beside one to which nothing happens. */
export class FaultHistory {
  readonly wrong: string[] = [];
  readonly #clock = new FakeClock();
  readonly #router: Router;
  readonly #dialer: FaultyDialer;
  readonly #client: Client;
  readonly #other: Client;
  readonly #weather: Weather;
  readonly #made = new Set<Made>();
  /** What was given up: two registrations of one URI are one, which may be given up before the later of them has heard that it was made. */
  readonly #released = new WeakSet<Made["handle"]>();
  readonly #settled: number[] = [];
  readonly #gates: (() => void)[] = [];
  readonly #lastSeen = new Map<string, number>();
  readonly #streams: FaultStreams = new FaultStreams(() => this.#gate(), (promise) => this.#watch(promise));
  readonly #drains: boolean;
  /** How many subscriptions the join listener makes in each run, each by code of its own. */
  readonly #inJoin: number;
  /** Who has heard how often of an event: what was made by the program by its number, what the join listener made by letter. */
  readonly #hearing = new Map<string, number>();
  /** Which of the join listener's subscriptions a router has granted once; one that was not answered in time is not there. */
  readonly #granted = new Set<string>();
  #sequence = 0;
  #subscriptions = 0;

  constructor(seed: number, weather: Weather, serializer: Serializer) {
    const clock = this.#clock;
    const random = { bytes: (length: number) => new Uint8Array(length), number: () => 0.5 };
    this.#weather = weather;
    this.#drains = seed % 3 === 0;
    this.#inJoin = seed % 4 % 3;
    this.#router = new Router({
      realms: [openRealm("realm1")],
      clock,
      onError: (error) => this.wrong.push(`router: ${error}`),
    });
    const near = {
      url: "router",
      dial: () => {
        const [near, far] = memoryPair(serializer);
        this.#router.accept(far);
        return Promise.resolve(near);
      },
    };
    this.#dialer = withFaults(near, { clock, plan: seededFaults(seed, weather.rates, { longest: 3_000 }) });
    this.#client = createClient(seed % 5 === 0 ? () => Promise.resolve(this.#dialer) : this.#dialer, {
      realm: "realm1",
      clock,
      random,
      liveness: { silence: 20_000, deadline: 5_000 },
      reconnect: { initialDelay: 100, maxDelay: 2_000 },
      ...(seed % 2 === 0 ? { offline: { ttl: 5_000, max: 3 } } : {}),
    });
    this.#client.on("error", () => {});
    if (this.#inJoin > 0) this.#client.on("join", () => this.#joined(seed % 7 < 4));
    this.#other = createClient(this.#router.local(), { realm: "realm1", clock, random, liveness: false });
    this.#other.on("error", () => {});
  }

  /**
   * Goes through all of it; what was wrong is in `wrong`.
   *
   * @param steps What happens.
   * @param turns How many turns lie between two steps (default 15): what is under way has come that far then.
   */
  async run(steps: readonly Step[], turns = 15): Promise<void> {
    await this.#other.open();
    await this.#other.register("com.example.echo", async ([value]) => {
      await this.#gate();
      return value;
    });
    await this.#streams.serve(this.#other, "com.example.echoes");
    this.#watch(this.#client.open({ retry: true }));
    for (const step of steps) {
      this.#take(step);
      await settle(turns);
    }
    await this.#heal();
    if (!this.#weather.damaged) await this.#checkRestored();
    await this.#end();
  }

  #take(step: Step): void {
    const client = this.#client;
    switch (step.step) {
      case "call":
        return this.#call(client, "com.example.echo");
      case "stream":
        return this.#streams.stream(client, "com.example.echoes", ++this.#sequence);
      case "loop":
        return this.#streams.loop(client, "com.example.t");
      case "give up":
        return this.#streams.giveUp();
      case "serve":
        return this.#call(this.#other, `com.example.p${this.#sequence % 4}`);
      case "publish":
        return void this.#other.publish("com.example.t", [++this.#sequence]);
      case "open gate":
        return this.#gates.shift()?.();
      case "register":
        return this.#register(`com.example.p${step.at % 4}`);
      case "subscribe":
        return this.#subscribe();
      case "release":
        return this.#release(step.at);
      case "cut":
        return this.#dialer.connections[0]?.cut(step.at * 3);
      case "half-open":
        return this.#dialer.connections[0]?.halfOpen(step.at * 3);
      case "stall":
      case "resume":
        return this.#dialer.connections[0]?.[step.step]();
      case "nonsense":
        return this.#dialer.connections[0]?.inject(NONSENSE[step.at % NONSENSE.length] as string);
      case "advance":
        return this.#clock.advance(step.at * 20);
      case "leave":
        return this.#watch(client.leave());
      case "join":
        return this.#watch(client.join({ retry: true }));
      case "user":
        return this.#watch(client.changeUser(anonymous()));
      case "wake":
        return client.reconnect();
    }
  }

  #call(client: Client, uri: string): void {
    const token = ++this.#sequence;
    const { signal } = this.#streams;
    const options = token % 3 === 0 ? { timeout: 4_000 } : token % 3 === 1 ? { signal } : {};
    this.#watch(
      client.call(uri, [token], {}, options).then((value) => {
        if (value !== token) this.wrong.push(`${uri}: asked with ${token}, answered with ${value}`);
      }),
    );
  }

  /** What is served takes until a step lets it end, which may be in another session. */
  #gate(): Promise<void> {
    return new Promise((resolve) => this.#gates.push(resolve));
  }

  /** A run of the join listener, which may outlive its session; what it makes is to be there once all the same. */
  async #joined(waits: boolean): Promise<void> {
    if (waits) await this.#gate();
    await this.#client.subscribe("com.example.t", ([value]: [number]) => this.#hear("a", value));
    this.#granted.add("a");
    if (this.#inJoin < 2) return;
    await this.#gate();
    await this.#client.subscribe("com.example.t", ([value]: [number]) => this.#hear("b", value));
    this.#granted.add("b");
  }

  #hear(who: string, value: number): void {
    const key = `${who} ${value}`;
    this.#hearing.set(key, (this.#hearing.get(key) ?? 0) + 1);
  }

  #register(uri: string): void {
    const registering = this.#client.register(uri, async ([value]) => {
      await this.#gate();
      return value;
    }, this.#signal());
    this.#watch(registering.then((handle) => {
      if (this.#released.has(handle)) return;
      for (const made of this.#made) if (made.uri === uri) this.#made.delete(made);
      this.#made.add({ uri, handle, heard: 0 });
    }));
  }

  #subscribe(): void {
    const number = ++this.#subscriptions;
    // Made while a join listener runs, by the same code as one before, it would be taken for that listener's.
    const own = this.#inJoin > 0 ? { _number: number } : {};
    let made: Made | undefined;
    const subscribing = this.#client.subscribe("com.example.t", ([value]: [number]) => {
      const place = `${number} in ${this.#client.session?.id}`;
      const last = this.#lastSeen.get(place) ?? 0;
      if (value < last) this.wrong.push(`subscription ${place} got ${value} after ${last}`);
      this.#lastSeen.set(place, value);
      if (made !== undefined) made.heard = value;
      this.#hear(String(number), value);
    }, { ...this.#signal(), ...own });
    this.#watch(subscribing.then((handle) => {
      made = { uri: "com.example.t", handle, heard: 0 };
      this.#made.add(made);
    }));
  }

  /** Every other thing that is made is given up by the next step that gives up, where no router has accepted it by then. */
  #signal(): { readonly signal?: AbortSignal } {
    return ++this.#sequence % 2 === 0 ? { signal: this.#streams.signal } : {};
  }

  #release(place: number): void {
    const made = [...this.#made][place % Math.max(1, this.#made.size)];
    if (made === undefined) return;
    this.#made.delete(made);
    this.#released.add(made.handle);
    this.#watch("unregister" in made.handle ? made.handle.unregister() : made.handle.unsubscribe());
  }

  #watch(promise: Promise<unknown>): void {
    const index = this.#settled.push(0) - 1;
    const done = () => this.#settled[index] = (this.#settled[index] ?? 0) + 1;
    promise.then(done, done);
  }

  /** Nothing goes wrong any more: everything has to come back. */
  async #heal(): Promise<void> {
    this.#dialer.calm();
    for (let second = 0; second < 120; second++) {
      if (this.#client.status === "left") this.#watch(this.#client.join({ retry: true }));
      for (const connection of this.#dialer.connections) connection.resume();
      this.#clock.advance(1_000);
      this.#openGates();
      await settle(this.#weather.damaged ? 10 : 30);
      if (second > 60 && this.#client.status === "ready" && this.#allActive()) break;
    }
    if (this.#client.status !== "ready") this.wrong.push(`not ready again, but ${this.#client.status}`);
  }

  #allActive(): boolean {
    return [...this.#made].every(({ handle }) => handle.active);
  }

  #openGates(): void {
    for (const open of this.#gates.splice(0)) open();
  }

  async #checkRestored(): Promise<void> {
    for (const { uri, handle } of this.#made) if (!handle.active) this.wrong.push(`${uri} was not restored`);
    for (const { uri, handle } of this.#made) {
      if ("unregister" in handle) this.#call(this.#other, uri);
    }
    await settle();
    this.#openGates();
    await settle();
    const last = ++this.#sequence;
    await this.#other.publish("com.example.t", [last]);
    await settle();
    for (const who of this.#granted) {
      if (!this.#hearing.has(`${who} ${last}`)) this.wrong.push(`${who} of the join listener does not hear`);
    }
    for (const [who, times] of this.#hearing) {
      if (who.endsWith(` ${last}`) && times > 1) this.wrong.push(`${who} was heard ${times} times`);
    }
    for (const { uri, handle, heard } of this.#made) {
      if ("unsubscribe" in handle && heard !== last) {
        this.wrong.push(`${uri} is not heard: ${heard} instead of ${last}`);
      }
    }
  }

  async #end(): Promise<void> {
    const { session } = this.#client;
    let closed = false;
    const ending = this.#drains ? this.#client.drain({ timeout: 5_000 }) : this.#client.close();
    const closing = ending.then(() => closed = true);
    for (let second = 0; second < 30 && !closed; second++) {
      await settle();
      this.#clock.advance(1_000);
    }
    await closing;
    await this.#other.close();
    this.#openGates();
    const left = session?.pending ?? { calls: 0, requests: 0, invocations: 0 };
    if (left.calls + left.requests > 0) this.wrong.push(`left pending: ${JSON.stringify(left)}`);
    this.#clock.advance(60_000);
    await settle();
    this.wrong.push(...this.#streams.left());
    if (!this.#weather.damaged) this.wrong.push(...this.#streams.wrong);
    const unsettled = this.#settled.flatMap((times, index) => times === 1 ? [] : [`${index}: ${times}`]);
    if (unsettled.length > 0) this.wrong.push(`settled not once: ${unsettled.join(", ")}`);
    if (this.#dialer.connections.length > 0) this.wrong.push(`${this.#dialer.connections.length} connections left`);
    const { sessions, registrations, subscriptions, pendingInvocations } = this.#router.statistics("realm1") ?? {};
    const onRouter = [sessions, registrations, subscriptions, pendingInvocations];
    if (onRouter.some((count) => count !== 0)) this.wrong.push(`left on the router: ${onRouter.join(", ")}`);
    await this.#router.close();
    await settle();
    if (this.#clock.pending > 0) this.wrong.push(`${this.#clock.pending} timers left`);
  }
}

/**
 * Goes through random histories.
 *
 * @param weather What goes wrong.
 * @param cases How many histories.
 * @param seed The same seed gives the same histories.
 * @throws When one shows something wrong; the message has the seed and the shortest history.
 */
export async function checkHistories(weather: Weather, cases: number, seed: number): Promise<void> {
  const history = fc.record({
    seed: fc.nat(1_000_000_000),
    serializer: weather.damaged ? fc.constant("json" as const) : fc.constantFrom("json" as const, "msgpack" as const),
    steps: weather.steps,
    turns: fc.integer({ min: 1, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ seed, serializer, steps, turns }) => {
      const run = new FaultHistory(seed, weather, serializer === "json" ? json : msgpack);
      await run.run(steps, turns);
      if (run.wrong.length > 0) throw new Error(run.wrong.join("\n"));
    }),
    { numRuns: cases, seed },
  );
}
