import type { PeerInfo } from "../transport/transport.ts";
import type { CountedLimits } from "./limits.ts";

/** Counts the sessions of a router, together and by where they come from. */
export class Census {
  readonly #limits: CountedLimits;
  readonly #hosts: Map<string, number> = new Map();
  #sessions = 0;

  /** @param limits How many there may be. */
  constructor(limits: CountedLimits) {
    this.#limits = limits;
  }

  /**
   * Tells whether there may be one more.
   *
   * @param peer Where it comes from.
   * @returns Why not, or undefined when there may.
   */
  refusal(peer: PeerInfo): string | undefined {
    const { sessions, sessionsPerAddress } = this.#limits;
    if (this.#sessions >= sessions) {
      this.#limits.reached("sessions");
      return `this router has ${sessions} sessions, the most it may`;
    }
    const host = hostOf(peer);
    if (host === undefined || (this.#hosts.get(host) ?? 0) < sessionsPerAddress) return undefined;
    this.#limits.reached("sessionsPerAddress");
    return `${host} has ${sessionsPerAddress} sessions, the most it may`;
  }

  /**
   * Counts one that has joined.
   *
   * @param peer Where it comes from.
   */
  joined(peer: PeerInfo): void {
    this.#sessions++;
    const host = hostOf(peer);
    if (host !== undefined) this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1);
  }

  /**
   * Takes one off that has left.
   *
   * @param peer Where it came from.
   */
  left(peer: PeerInfo): void {
    this.#sessions--;
    const host = hostOf(peer);
    if (host === undefined) return;
    const rest = (this.#hosts.get(host) ?? 0) - 1;
    if (rest > 0) this.#hosts.set(host, rest);
    else this.#hosts.delete(host);
  }
}

/** The address without the port, which a proxy does not tell; of a connection inside this process or over a unix socket there is none. */
function hostOf({ transport, address }: PeerInfo): string | undefined {
  if (transport === "memory" || address === "") return undefined;
  // That of a unix socket is its path.
  if (transport === "rawsocket" && address.includes("/")) return undefined;
  const [, host] = /^(\[.*\]|[^:]*):\d+$/.exec(address) ?? [];
  return host ?? (transport === "rawsocket" ? undefined : address);
}
