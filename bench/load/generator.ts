/**
 * The load generator: callers and callee over raw sockets, in a process of its own.
 *
 * It takes one JSON command a line from standard input and answers each with one line.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { type Format, type Messages, messagesOf } from "./frames.ts";
import { Peer } from "./peer.ts";

/** Asks the generator to join a router, under a name. */
export interface JoinCommand {
  readonly do: "join";
  readonly target: string;
  readonly url: string;
  readonly realm: string;
  readonly format: Format;
  readonly payload: string;
  readonly callers: number;
}

/** Asks the generator to call for some time. */
export interface RunCommand {
  readonly do: "run";
  readonly target: string;
  readonly callers: number;
  readonly inFlight: number;
  readonly seconds: number;
}

/** What came of a run. */
export interface RunResult {
  /** Calls that were answered, those that were on their way when time was up included. */
  readonly calls: number;
  /** Seconds until the last answer. */
  readonly seconds: number;
  /** Median latency in microseconds. */
  readonly p50: number;
  /** The latency in microseconds that one call in a hundred exceeded. */
  readonly p99: number;
  /** The CPU time of the generator as a share of the time that passed. */
  readonly load: number;
}

const CALL_RESULT = 50;
const INVOCATION = 68;
const MAX_SAMPLES = 1 << 21;
const IN_FLIGHT_SLOTS = 1 << 8;

/** One router with a callee and its callers. */
class Target {
  readonly #messages: Messages;
  readonly #callers: Peer[];
  readonly #callee: Peer;
  readonly #lastIds: number[];

  private constructor(messages: Messages, callers: Peer[], callee: Peer) {
    this.#messages = messages;
    this.#callers = callers;
    this.#callee = callee;
    this.#lastIds = callers.map(() => 0);
    callee.onMessages((types, ids) => {
      for (const type of types) if (type !== INVOCATION) throw new Error(`The callee got a message of type ${type}`);
      callee.send(messages.yield, ids.length, (i) => ids[i]!);
    });
  }

  static async join({ url, realm, format, payload, callers }: JoinCommand): Promise<Target> {
    const messages = messagesOf(format, realm, payload);
    const callee = await Peer.join(url, messages);
    await callee.register();
    const peers: Peer[] = [];
    for (let i = 0; i < callers; i++) peers.push(await Peer.join(url, messages));
    return new Target(messages, peers, callee);
  }

  async run({ callers, inFlight, seconds }: RunCommand): Promise<RunResult> {
    const samples = new Float64Array(MAX_SAMPLES);
    let calls = 0;
    const cpu = process.cpuUsage();
    const begin = performance.now();
    const end = begin + seconds * 1000;
    await Promise.all(
      this.#callers.slice(0, callers).map((caller, index) =>
        new Promise<void>((resolve) => {
          const started = new Float64Array(IN_FLIGHT_SLOTS);
          let open = 0;
          const send = (count: number) => {
            const now = performance.now();
            open += count;
            caller.send(this.#messages.call, count, () => {
              const id = ++this.#lastIds[index]!;
              started[id % IN_FLIGHT_SLOTS] = now;
              return id;
            });
          };
          caller.onMessages((types, ids) => {
            const now = performance.now();
            for (let i = 0; i < ids.length; i++) {
              if (types[i] !== CALL_RESULT) throw new Error(`A caller got a message of type ${types[i]}`);
              samples[calls++ % MAX_SAMPLES] = now - started[ids[i]! % IN_FLIGHT_SLOTS]!;
            }
            open -= ids.length;
            if (now < end) send(ids.length);
            else if (open === 0) resolve();
          });
          send(inFlight);
        })
      ),
    );
    const elapsed = performance.now() - begin;
    const { user, system } = process.cpuUsage(cpu);
    const sorted = samples.subarray(0, Math.min(calls, MAX_SAMPLES)).sort();
    const at = (share: number) => 1000 * sorted[Math.floor(share * (sorted.length - 1))]!;
    return {
      calls,
      seconds: elapsed / 1000,
      p50: at(0.5),
      p99: at(0.99),
      load: (user + system) / 1000 / elapsed,
    };
  }

  close(): void {
    for (const peer of [this.#callee, ...this.#callers]) peer.close();
  }
}

const targets = new Map<string, Target>();

async function obey(command: JoinCommand | RunCommand): Promise<unknown> {
  if (command.do === "run") return await targets.get(command.target)!.run(command);
  targets.set(command.target, await Target.join(command));
  return {};
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await obey(JSON.parse(line))));
}
for (const target of targets.values()) target.close();
