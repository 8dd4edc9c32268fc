import { performance } from "node:perf_hooks";
import process from "node:process";
import { randomUUID } from "node:crypto";
import type { Client } from "../client/client.ts";
import { absolute } from "../client/arguments.ts";
import { WampError } from "../wire/errors.ts";
import type { BenchOptions, Load } from "./bench.ts";
import { Latencies } from "./latencies.ts";
import { joinRouter } from "./router_client.ts";
import { isInteractive, print } from "./terminal.ts";

const LIVE = 200;
const BAR = 40;
/** For how long the last ones may be on their way, in milliseconds. */
const GRACE = 30_000;

/** Something that goes on until it is stopped, and notes how long each round of it took. */
type Rounds = (client: Client, note: (started: number) => void) => Promise<() => Promise<unknown>>;

/**
 * Puts a router under load and writes what came of it.
 *
 * @param load Which load.
 * @param options How much of it, and on which router.
 */
export async function bench(load: Load, options: BenchOptions): Promise<void> {
  const { seconds, clients: count, inFlight, payload } = options;
  const clients = [await joinRouter(options)];
  try {
    const senders = load === "fanout" ? 1 : count;
    for (let index = 0; index < count; index++) clients.push(await joinRouter(options));
    const [first, ...others] = clients as [Client, ...Client[]];
    const latencies = new Latencies();
    const rounds = loads[load](`com.izaber.wamp.bench.${randomUUID()}`, "x".repeat(payload), first, others);
    const steps = await Promise.all(
      others.slice(0, senders).map((client) => rounds(client, (at) => latencies.note(at))),
    );
    const begin = performance.now();
    const end = begin + seconds * 1000;
    const stopped = givenUp(clients, seconds * 1000 + (options.timeout ?? GRACE));
    const live = showLive(latencies, begin, end);
    const work = steps.flatMap((step) =>
      Array.from({ length: inFlight }, async () => {
        while (performance.now() < end) await step();
      })
    );
    try {
      await Promise.race([Promise.all(work), stopped.promise]);
    } finally {
      live();
      stopped.cancel();
    }
    report(load, latencies, (performance.now() - begin) / 1000, options);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** Events that are lost, with their session or since the router drops them, would be waited for without end. */
function givenUp(clients: readonly Client[], milliseconds: number): { promise: Promise<never>; cancel(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const stops = clients.map((client) =>
    client.on("disconnect", () => reject(new WampError("connection_lost", "the connection to the router was lost")))
  );
  const late = setTimeout(() => {
    reject(new WampError("timeout", "some events never came: the router drops them when it is asked for too much"));
  }, milliseconds);
  return {
    promise,
    cancel: () => {
      clearTimeout(late);
      for (const stop of stops) stop();
    },
  };
}

const loads: {
  readonly [name in Load]: (name: string, text: string, first: Client, others: readonly Client[]) => Rounds;
} = {
  rpc: (name, text, callee) => {
    const registered = callee.register(absolute(name), ([text]) => text);
    return async (caller, note) => {
      await registered;
      return async () => {
        const started = performance.now();
        await caller.call(absolute(name), [text]);
        note(started);
      };
    };
  },
  pubsub: (name, text, subscriber) => async (publisher, note) => {
    const topic = absolute(`${name}.${publisher.session!.id}`);
    const waiting: (() => void)[] = [];
    await subscriber.subscribe(topic, () => waiting.shift()?.());
    return async () => {
      const started = performance.now();
      const heard = new Promise<void>((resolve) => waiting.push(resolve));
      await publisher.publish(topic, [text]);
      await heard;
      note(started);
    };
  },
  fanout: (name, text, publisher, subscribers) => {
    const topic = absolute(name);
    const waiting = new Map<number, { left: number; readonly done: () => void }>();
    let rounds = 0;
    const counts = subscribers.map(() => 0);
    const subscribed = Promise.all(subscribers.map((subscriber, index) =>
      subscriber.subscribe(topic, () => {
        const number = counts[index]!++;
        const round = waiting.get(number);
        if (round === undefined || --round.left > 0) return;
        waiting.delete(number);
        round.done();
      })
    ));
    return async (_client, note) => {
      await subscribed;
      return async () => {
        const started = performance.now();
        const heard = new Promise<void>((done) => waiting.set(rounds++, { left: subscribers.length, done }));
        await publisher.publish(topic, [text]);
        await heard;
        for (let index = 0; index < subscribers.length; index++) note(started);
      };
    };
  },
};

function showLive(latencies: Latencies, begin: number, end: number): () => void {
  if (process.stderr.isTTY !== true) return () => {};
  const timer = setInterval(() => {
    const now = performance.now();
    const done = Math.round(BAR * Math.min(1, (now - begin) / (end - begin)));
    const rate = Math.round(1000 * latencies.count / (now - begin)).toLocaleString("en");
    process.stderr.write(`\r[${"#".repeat(done).padEnd(BAR)}] ${rate}/s   `);
  }, LIVE);
  return () => {
    clearInterval(timer);
    process.stderr.write(`\r${" ".repeat(BAR + 24)}\r`);
  };
}

function report(load: Load, latencies: Latencies, seconds: number, options: BenchOptions): void {
  const { clients, inFlight, payload, json } = options;
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => Number(latencies.at(share).toFixed(3)));
  const perSecond = Math.round(latencies.count / seconds);
  const result = {
    load,
    clients,
    in_flight: inFlight,
    payload,
    count: latencies.count,
    per_second: perSecond,
    p50,
    p99,
    p999,
  };
  if (json || !isInteractive()) return print(result, options);
  const what = load === "rpc" ? "calls" : "events";
  process.stdout.write(
    `${perSecond.toLocaleString("en")} ${what}/s, ${clients} clients, ${inFlight} in flight, ${payload} bytes\n` +
      `p50 ${p50} ms   p99 ${p99} ms   p99.9 ${p999} ms\n\n${latencies.picture(BAR)}`,
  );
}
