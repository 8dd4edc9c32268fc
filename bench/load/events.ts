import process from "node:process";
import type { PublishCommand, RunResult, SubscribeCommand } from "./commands.ts";
import { messagesOf, type Template } from "./frames.ts";
import { Peer } from "./peer.ts";
import { percentiles } from "./percentiles.ts";
import { tableMessages } from "./table.ts";

const EVENT = 36;
/** After so long without an event those that are missing are taken for lost. */
const STALLED_MS = 2_000;

/** One router with a publisher and subscribers. */
export class Events {
  readonly #publisher: Peer;
  readonly #subscribers: Peer[];
  readonly #publications: readonly Template[];
  #lastId = 0;

  private constructor(publisher: Peer, subscribers: Peer[], publications: readonly Template[]) {
    this.#publisher = publisher;
    this.#subscribers = subscribers;
    this.#publications = publications;
  }

  /** Joins with the subscribers, subscribes, and joins with the publisher. */
  static async join(command: SubscribeCommand): Promise<Events> {
    const { url, realm, format, login, bytes, table } = command;
    const payload = "x".repeat(bytes);
    const messages = messagesOf(format, realm, payload);
    const { requests, uses } = table === undefined
      ? { requests: [messages.subscribe], uses: [messages.publish] }
      : tableMessages(messages, table, 32, 16, payload);
    const subscribers: Peer[] = [];
    for (let i = 0; i < command.subscribers; i++) {
      const subscriber = await Peer.join(url, messages, login);
      await subscriber.request(requests);
      subscribers.push(subscriber);
    }
    return new Events(await Peer.join(url, messages, login), subscribers, uses);
  }

  /** Publishes for some time; each event that has reached everybody makes room for another. */
  async run({ inFlight, seconds }: PublishCommand): Promise<RunResult> {
    const audience = this.#subscribers.length;
    const latencies: number[] = [];
    const started: number[] = [];
    let count = 0;
    let published = 0;
    let whole = 0;
    const cpu = process.cpuUsage();
    const begin = performance.now();
    const end = begin + seconds * 1000;
    let lost = 0;
    let last = begin;
    await new Promise<void>((resolve) => {
      const publish = (some: number) => {
        const now = performance.now();
        for (let i = 0; i < some; i++) started.push(now);
        published += some;
        const next = () => this.#publications[this.#lastId % this.#publications.length]!;
        this.#publisher.sendOf(some, next, () => ++this.#lastId);
      };
      const take = (types: number[]) => {
        for (const type of types) if (type !== EVENT) throw new Error(`A subscriber got a message of type ${type}`);
        count += types.length;
        const before = whole;
        whole = Math.floor((count + lost) / audience);
        if (whole === before) return;
        const now = last = performance.now();
        for (let i = before; i < whole; i++) latencies.push(now - started[i]!);
        if (now < end) publish(whole - before);
        else if (count + lost === published * audience) finish();
      };
      // A router may drop events to those who do not read fast enough; then it goes on with new ones.
      const watch = setInterval(() => {
        if (performance.now() - last < STALLED_MS) return;
        last = performance.now();
        lost = published * audience - count;
        whole = published;
        if (last < end) publish(inFlight);
        else finish();
      }, STALLED_MS / 4);
      const finish = () => {
        clearInterval(watch);
        resolve();
      };
      for (const one of this.#subscribers) one.onMessages(take);
      publish(inFlight);
    });
    const elapsed = last - begin;
    const { user, system } = process.cpuUsage(cpu);
    const sorted = latencies.sort((a, b) => a - b);
    const load = (user + system) / 1000 / elapsed;
    return { count, refused: 0, seconds: elapsed / 1000, ...percentiles(sorted), load };
  }

  /** Drops all connections. */
  close(): void {
    for (const peer of [this.#publisher, ...this.#subscribers]) peer.close();
  }
}
