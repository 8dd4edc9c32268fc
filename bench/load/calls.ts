import process from "node:process";
import type { JoinCommand, RunCommand, RunResult } from "./commands.ts";
import { type Messages, messagesOf, type Template } from "./frames.ts";
import { Peer } from "./peer.ts";
import { percentiles } from "./percentiles.ts";
import { tableMessages } from "./table.ts";

const CALL_RESULT = 50;
const ERROR = 8;
const INVOCATION = 68;
const MAX_SAMPLES = 1 << 21;
const IN_FLIGHT_SLOTS = 1 << 8;

/** One router with a callee and its callers. */
export class Calls {
  readonly #callers: Peer[];
  readonly #callee: Peer;
  readonly #calls: readonly Template[];
  readonly #lastIds: number[];

  private constructor(
    url: string,
    messages: Messages,
    callers: Peer[],
    callee: Peer,
    calls: readonly Template[],
    mute: boolean,
  ) {
    this.#callers = callers;
    this.#callee = callee;
    this.#calls = calls;
    this.#lastIds = callers.map(() => 0);
    callee.onMessages((types, ids) => {
      for (const type of types) {
        if (type !== INVOCATION) throw new Error(`The callee at ${url} got a message of type ${type}`);
      }
      if (mute) return;
      const wide = ids.some((id) => id > 0xffff_ffff);
      callee.send(wide ? messages.wideYield : messages.yield, ids.length, (i) => ids[i]!);
    });
  }

  /** Joins with the callee, registers, and joins with the callers. */
  static async join(command: JoinCommand): Promise<Calls> {
    const { url, realm, format, login, bytes, table } = command;
    const payload = "x".repeat(bytes);
    const messages = messagesOf(format, realm, payload);
    const callees = messagesOf(command.calleeFormat ?? format, realm, payload);
    const { requests, uses } = table === undefined
      ? { requests: [callees.register], uses: [messages.call] }
      : tableMessages(messages, table, 64, 48, payload);
    const callee = await Peer.join(url, callees, login);
    await callee.request(requests);
    const callers: Peer[] = [];
    for (let i = 0; i < command.callers; i++) callers.push(await Peer.join(url, messages, login));
    return new Calls(url, callees, callers, callee, uses, command.mute ?? false);
  }

  /** Calls for some time. */
  async run({ callers, inFlight, seconds }: RunCommand): Promise<RunResult> {
    const samples = new Float64Array(MAX_SAMPLES);
    let count = 0;
    let refused = 0;
    const cpu = process.cpuUsage();
    const begin = performance.now();
    const end = begin + seconds * 1000;
    await Promise.all(
      this.#callers.slice(0, callers).map((caller, index) =>
        new Promise<void>((resolve) => {
          const started = new Float64Array(IN_FLIGHT_SLOTS);
          let open = 0;
          const nextId = () => ++this.#lastIds[index]!;
          const send = (some: number) => {
            const now = performance.now();
            open += some;
            const timed = () => {
              const id = nextId();
              started[id % IN_FLIGHT_SLOTS] = now;
              return id;
            };
            if (this.#calls.length === 1) caller.send(this.#calls[0]!, some, timed);
            else caller.sendOf(some, () => this.#calls[this.#lastIds[index]! % this.#calls.length]!, timed);
          };
          caller.onMessages((types, ids) => {
            const now = performance.now();
            for (let i = 0; i < ids.length; i++) {
              if (types[i] === ERROR) {
                refused++;
                continue;
              }
              if (types[i] !== CALL_RESULT) throw new Error(`A caller got a message of type ${types[i]}`);
              samples[count++ % MAX_SAMPLES] = now - started[ids[i]! % IN_FLIGHT_SLOTS]!;
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
    const sorted = samples.subarray(0, Math.min(count, MAX_SAMPLES)).sort();
    const load = (user + system) / 1000 / elapsed;
    return { count, refused, seconds: elapsed / 1000, ...percentiles(sorted), load };
  }

  /** Drops all connections. */
  close(): void {
    for (const peer of [this.#callee, ...this.#callers]) peer.close();
  }
}
