import type { CrowdCommand } from "./commands.ts";
import { messagesOf } from "./frames.ts";
import { Peer } from "./peer.ts";

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

  /** Drops all connections. */
  close(): void {
    for (const peer of this.#peers) peer.close();
  }
}
