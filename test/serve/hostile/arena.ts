import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { connect } from "@izaber/wamp";
import type { Client } from "@izaber/wamp";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen, listenRawSocket } from "@izaber/wamp/serve";
import type { Listener } from "@izaber/wamp/serve";

/** How often it is looked at what the process has used, in milliseconds. */
const LOOK = 10;

/** A router on every transport, and people who only want to work with it while it is attacked. */
export class Arena {
  readonly router: Router;
  readonly web: Listener;
  readonly tcp: Listener;
  readonly unix: Listener;
  /** What failed inside the router. */
  readonly failures: unknown[];
  /** What went wrong for those who behave well. */
  readonly complaints: unknown[] = [];
  /** How often they have done everything that they do. */
  rounds = 0;
  /** The most CPU time, in milliseconds, that went by between two turns of the event loop. */
  worstTurn = 0;
  #server: Client | undefined;
  #caller: Client | undefined;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;
  #folder: string;

  private constructor(router: Router, failures: unknown[], listeners: [Listener, Listener, Listener], folder: string) {
    this.router = router;
    this.failures = failures;
    [this.web, this.tcp, this.unix] = listeners;
    this.#folder = folder;
  }

  static async open(): Promise<Arena> {
    const failures: unknown[] = [];
    const router = new Router({
      realms: [openRealm("realm1")],
      limits: { queuedBytes: 32 * 1024 * 1024 },
      onError: (error) => failures.push(error),
    });
    const folder = await mkdtemp(join(tmpdir(), "wamp-hostile-"));
    const listeners = await Promise.all([
      listen(router, { longPoll: true, closeTimeout: 500 }),
      listenRawSocket(router, { closeTimeout: 500 }),
      listenRawSocket(router, { path: join(folder, "socket"), closeTimeout: 500 }),
    ]);
    const arena = new Arena(router, failures, listeners, folder);
    await arena.#begin();
    return arena;
  }

  /** What there is when nobody attacks: two sessions, a procedure, a topic. */
  get isAtRest(): boolean {
    const { sessions, registrations, subscriptions, pendingInvocations } = this.router.statistics("realm1")!;
    return registrations === 1 && subscriptions === 1 && sessions <= 3 && pendingInvocations <= 1 &&
      this.web.statistics.connections <= 3 && this.tcp.statistics.connections + this.unix.statistics.connections === 0;
  }

  /** Waits until those who behave well have done what they do some more times. */
  async progress(rounds: number): Promise<void> {
    const until = this.rounds + rounds;
    while (this.rounds < until && this.complaints.length === 0) await pause(LOOK);
  }

  /** Waits until nothing is left of an attack. */
  async rest(): Promise<void> {
    while (!this.isAtRest) await pause(LOOK);
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#working;
    await Promise.all([this.#server?.close(), this.#caller?.close()]);
    await this.router.close();
    await Promise.all([this.web.close(), this.tcp.close(), this.unix.close()]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const [server, caller] = await Promise.all([
      connect(this.web.url, { realm: "realm1", reconnect: false }),
      connect(this.web.url, { realm: "realm1", reconnect: false }),
    ]);
    this.#server = server;
    this.#caller = caller;
    const heard = new Map<number, () => void>();
    await server.register("good.add", ([a, b]) => Number(a) + Number(b));
    await server.subscribe("good.news", ([number]) => heard.get(Number(number))?.());
    this.#working = this.#work(caller, heard).catch((error) => void this.complaints.push(error));
    this.#look();
  }

  async #work(caller: Client, heard: Map<number, () => void>): Promise<void> {
    while (!this.#stopped) {
      const number = this.rounds;
      const sum = await caller.call("good.add", [number, 1]);
      if (sum !== number + 1) throw new Error(`the sum of ${number} and 1 was ${sum}`);
      const came = new Promise<void>((resolve) => heard.set(number, resolve));
      await caller.publish("good.news", [number], {}, { acknowledge: true });
      await came;
      heard.delete(number);
      const newcomer = await connect(this.web.url, { realm: "realm1", reconnect: false });
      const product = await newcomer.call("good.add", [number, 2]);
      if (product !== number + 2) throw new Error(`the sum of ${number} and 2 was ${product}`);
      await newcomer.close();
      this.rounds++;
      await pause(1);
    }
  }

  // CPU time and not the clock, so that a busy machine does not count.
  #look(): void {
    let before = cpuTime();
    const look = () => {
      const now = cpuTime();
      this.worstTurn = Math.max(this.worstTurn, now - before);
      before = now;
      if (!this.#stopped) setTimeout(look, LOOK);
    };
    setTimeout(look, LOOK);
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
