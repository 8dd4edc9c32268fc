import type { Clock } from "../wire/clock.ts";
import { isLoopback } from "./origins.ts";

const MINUTE = 60_000;
/** Below so many addresses it is not worth looking for those that there is nothing to remember of. */
const FEW = 4_096;

/** How many connections a listener takes. */
export interface ListenLimits {
  /** Connections at one time; further ones are refused with 503 (default 65,536). */
  readonly connections: number;
  /**
   * Connections from one address at one time, for IPv6 from one /64; further ones are refused with 429 (default 1,024). This machine's own address has
   * no such limit, since a proxy may stand behind it.
   */
  readonly connectionsPerAddress: number;
  /** New connections from one address within a minute, likewise (default 1,200). */
  readonly connectionsPerMinute: number;
}

/** The limits unless something else is asked for. */
export const defaultListenLimits: ListenLimits = {
  connections: 65_536,
  connectionsPerAddress: 1_024,
  connectionsPerMinute: 1_200,
};

/** What a listener has seen. */
export interface ListenerStatistics {
  /** The connections that there are. */
  readonly connections: number;
  /** Those that were ever taken. */
  readonly accepted: number;
  /** Those that were refused, by the reason. */
  readonly refused: {
    /** No common subprotocol, or the router is shutting down. */
    readonly handshake: number;
    /** The page's origin may not connect. */
    readonly origin: number;
    /** All places were taken. */
    readonly connections: number;
    /** All places of the address were taken. */
    readonly connectionsPerAddress: number;
    /** Too many came from the address within a minute. */
    readonly connectionsPerMinute: number;
  };
}

/** Why a connection is not taken. */
export type Refusal = keyof ListenerStatistics["refused"];

/** A connection's place; given back when it is gone. */
export interface Place {
  /** Gives the place back; more than once is the same. */
  release(): void;
}

interface Visitor {
  connections: number;
  /** How many connections may come at once, as of `at`. */
  allowance: number;
  at: number;
}

/** Counts the connections of a listener, and those that it refuses. */
export class Admission {
  readonly #limits: ListenLimits;
  readonly #clock: Clock;
  readonly #visitors = new Map<string, Visitor>();
  readonly #refused: Record<Refusal, number> = {
    handshake: 0,
    origin: 0,
    connections: 0,
    connectionsPerAddress: 0,
    connectionsPerMinute: 0,
  };
  #connections = 0;
  #forgetAt = FEW;

  /**
   * @param limits How many are taken.
   * @param clock Where time comes from.
   */
  constructor(limits: ListenLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** What was counted. */
  get counts(): Pick<ListenerStatistics, "connections" | "refused"> {
    return { connections: this.#connections, refused: { ...this.#refused } };
  }

  /**
   * Takes a connection.
   *
   * @param address The address it comes from; empty where there is none.
   * @returns Its place, or why it has none; that is counted.
   */
  admit(address: string): Place | Refusal {
    const { connections, connectionsPerAddress } = this.#limits;
    if (this.#connections >= connections) return this.refuse("connections");
    const visitor = address === "" || isLoopback(address) ? undefined : this.#visitor(keyOf(address));
    if (visitor !== undefined) {
      if (visitor.connections >= connectionsPerAddress) return this.refuse("connectionsPerAddress");
      if (visitor.allowance < 1) return this.refuse("connectionsPerMinute");
      visitor.allowance--;
      visitor.connections++;
    }
    this.#connections++;
    return new Held(visitor, this.#released);
  }

  /**
   * Counts a refusal.
   *
   * @param why Why.
   * @returns The same.
   */
  refuse(why: Refusal): Refusal {
    this.#refused[why]++;
    return why;
  }

  readonly #released = (): void => {
    this.#connections--;
  };

  #visitor(key: string): Visitor {
    const { connectionsPerMinute } = this.#limits;
    const now = this.#clock.now();
    let visitor = this.#visitors.get(key);
    if (visitor === undefined) {
      if (this.#visitors.size >= this.#forgetAt) this.#forget(now);
      visitor = { connections: 0, allowance: connectionsPerMinute, at: now };
      this.#visitors.set(key, visitor);
    }
    visitor.allowance = this.#allowance(visitor, now);
    visitor.at = now;
    return visitor;
  }

  #allowance({ allowance, at }: Visitor, now: number): number {
    const { connectionsPerMinute } = this.#limits;
    return Math.min(connectionsPerMinute, allowance + Math.max(0, now - at) / MINUTE * connectionsPerMinute);
  }

  #forget(now: number): void {
    for (const [key, visitor] of this.#visitors) {
      const isRested = this.#allowance(visitor, now) >= this.#limits.connectionsPerMinute;
      if (visitor.connections === 0 && isRested) this.#visitors.delete(key);
    }
    this.#forgetAt = Math.max(FEW, 2 * this.#visitors.size);
  }
}

/** A place that is taken: a class, since a function for each connection would hold a context of its own. */
class Held implements Place {
  readonly #visitor: Visitor | undefined;
  #released: (() => void) | undefined;

  constructor(visitor: Visitor | undefined, released: () => void) {
    this.#visitor = visitor;
    this.#released = released;
  }

  release(): void {
    if (this.#released === undefined) return;
    this.#released();
    this.#released = undefined;
    if (this.#visitor !== undefined) this.#visitor.connections--;
  }
}

/** One site has a whole /64 of IPv6 for itself. */
function keyOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address.slice(0, 64);
  const [head = "", tail] = address.toLowerCase().split("%")[0]!.slice(0, 64).split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  return [...front, ...middle, ...back].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":");
}
