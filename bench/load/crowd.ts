import process from "node:process";
import type { CrowdCommand, JoinsCommand, RunResult } from "./commands.ts";
import { messagesOf } from "./frames.ts";
import { Peer } from "./peer.ts";
import { percentiles } from "./percentiles.ts";

/** Sessions that have joined one router and stay. */
export class Crowd {
  readonly #peers: Peer[] = [];

  /** Joins, some at a time. */
  async join({ url, realm, format, login, sessions, atOnce }: CrowdCommand): Promise<{ seconds: number }> {
    const messages = messagesOf(format, realm, "");
    const begin = performance.now();
    let left = sessions;
    const joinInTurn = async () => {
      while (left-- > 0) this.#peers.push(await Peer.join(url, messages, login));
    };
    await Promise.all(Array.from({ length: atOnce }, joinInTurn));
    return { seconds: (performance.now() - begin) / 1000 };
  }

  /** Joins for some time, some at a time. */
  async joinFor({ url, realm, format, login, atOnce, seconds }: JoinsCommand): Promise<RunResult> {
    const messages = messagesOf(format, realm, "");
    const latencies: number[] = [];
    const cpu = process.cpuUsage();
    const begin = performance.now();
    const end = begin + seconds * 1000;
    const joinInTurn = async () => {
      for (let now = begin; now < end;) {
        this.#peers.push(await Peer.join(url, messages, login));
        const joined = performance.now();
        latencies.push(joined - now);
        now = joined;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, joinInTurn));
    const elapsed = performance.now() - begin;
    const { user, system } = process.cpuUsage(cpu);
    const load = (user + system) / 1000 / elapsed;
    const told = percentiles(latencies.sort((a, b) => a - b));
    return { count: latencies.length, refused: 0, seconds: elapsed / 1000, ...told, load };
  }

  /** Drops all connections. */
  close(): void {
    for (const peer of this.#peers) peer.close();
  }
}
