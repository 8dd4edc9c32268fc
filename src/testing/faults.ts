import type { Frame, Serializer } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";
import { Delivery } from "../transport/delivery.ts";
import type { Dialer, DialRequest } from "../transport/dialer.ts";
import type { PeerInfo, Transport, TransportHandler } from "../transport/transport.ts";
import { systemClock } from "../wire/clock.ts";
import type { Clock } from "../wire/clock.ts";
import { ConnectError } from "../wire/errors.ts";
import { callable, checkOptions, clockRule } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import { checkFault } from "./fault_plans.ts";
import type { Fault, FaultPlan } from "./fault_plans.ts";
import { Lane } from "./lane.ts";

/** How a dialer is made to fail. */
export interface FaultOptions {
  /** What becomes of each frame (default: nothing unusual). */
  readonly plan?: FaultPlan | undefined;
  /** Whether an attempt to connect fails, by how many went before it (default: none does). */
  readonly refuses?: ((attempt: number) => boolean) | undefined;
  /** Where time comes from (default the runtime's clock). */
  readonly clock?: Clock | undefined;
}

const faultRules: OptionRules = {
  plan: callable("what seededFaults() gives, or (frame) => fault"),
  refuses: callable("(attempt) => boolean"),
  clock: clockRule,
};

/** A connection on which things go wrong. */
export interface FaultyConnection {
  /** Which connection of the dialer it is; the first is 0. */
  readonly index: number;
  /** Whether this side still has it. */
  readonly open: boolean;
  /** Loses the connection; the other side learns of it `lag` milliseconds later (default 0). */
  cut(lag?: number): void;
  /** Lets nothing through any more, and tells nobody; the other side learns of the end `lag` milliseconds after this side gives up (default 0). */
  halfOpen(lag?: number): void;
  /** Takes nothing from this side until {@linkcode resume}, as a reader that is slow. */
  stall(): void;
  /** Takes what waits. */
  resume(): void;
  /** Lets a frame come that the other side did not send. */
  inject(frame: Frame): void;
}

/** A dialer on whose connections things go wrong. */
export interface FaultyDialer extends Dialer {
  /** How often it was dialled. */
  readonly dialled: number;
  /** The connections that this side still has. */
  readonly connections: readonly FaultyConnection[];
  /** From here on nothing goes wrong by itself. */
  calm(): void;
  /** Ends what goes wrong: cuts at once the connections that are half open, or on which something waits, so that nobody waits for them. */
  giveUp(): void;
}

/**
 * Lets things go wrong between a client and its router: connections are cut or half open, frames are lost, doubled, shortened, late. By delays and lags
 * what is sent on one connection comes after what is sent on the next.
 *
 * @param dialer The dialer whose connections are to fail.
 * @param options What goes wrong.
 * @returns The dialer to use instead.
 * @throws {WampError} `invalid_argument` when there is no such option, or its value is wrong. A plan that gives what is no fault is an uncaught error, and
 * the frame lost.
 *
 * @example
 * ```ts
 * import { createClient } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { withFaults } from "@izaber/wamp/testing";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const dialer = withFaults(router.local());
 * await using wamp = createClient(dialer, { realm: "realm1", reconnect: { initialDelay: 1 } });
 * await wamp.open();
 * const again = new Promise((resolve) => wamp.on("ready", resolve));
 * dialer.connections[0]?.cut();
 * await again;
 * if (dialer.dialled !== 2) throw new Error("unexpected");
 * ```
 */
export function withFaults(dialer: Dialer, options: FaultOptions = {}): FaultyDialer {
  checkOptions("Cannot let things go wrong", options, faultRules, "{ refuses: (attempt) => attempt === 0 }");
  const { refuses, clock = systemClock } = options;
  const connections = new Set<FaultTransport>();
  // Those, too, of whose end the other side has not learned.
  const all = new Set<FaultTransport>();
  let { plan } = options;
  let dialled = 0;
  return {
    url: dialer.url,
    get dialled(): number {
      return dialled;
    },
    get connections(): FaultyConnection[] {
      return [...connections];
    },
    calm(): void {
      plan = undefined;
    },
    giveUp(): void {
      plan = undefined;
      for (const connection of all) connection.giveUp();
    },
    async dial(request: DialRequest): Promise<Connection> {
      const index = dialled++;
      if (refuses?.(index)) {
        throw new ConnectError("connection_refused", "Cannot connect: a fault was injected", { url: dialer.url });
      }
      const connection = await dialer.dial(request);
      return connection.through((transport) => {
        const faulty: FaultTransport = new FaultTransport(transport, connection.serializer, index, clock, {
          plan: (frame) => checkFault(plan?.(frame)),
          gone: () => connections.delete(faulty),
          ended: () => all.delete(faulty),
        });
        connections.add(faulty);
        all.add(faulty);
        return faulty;
      });
    },
  };
}

/** Who is told of a connection. */
interface Watch {
  readonly plan: FaultPlan;
  /** This side does not have it any more. */
  readonly gone: () => void;
  /** The other side does not, either. */
  readonly ended: () => void;
}

/** Stands between a connection and its transport. */
class FaultTransport implements Transport, FaultyConnection {
  readonly index: number;
  readonly peer: PeerInfo;
  readonly #inner: Transport;
  readonly #serializer: Serializer;
  readonly #watch: Watch;
  readonly #near = new Delivery();
  readonly #out: Lane;
  readonly #in: Lane;
  #sent = 0;
  #received = 0;
  #silent = false;
  #closing = false;
  #lag = 0;

  constructor(
    inner: Transport,
    serializer: Serializer,
    index: number,
    clock: Clock,
    watch: Watch,
  ) {
    this.index = index;
    this.peer = inner.peer;
    this.#inner = inner;
    this.#serializer = serializer;
    this.#watch = watch;
    this.#out = new Lane(clock, () => this.#near.drained());
    this.#in = new Lane(clock);
    inner.start({
      frame: (frame) => this.#pass("in", frame),
      drained: () => this.#near.drained(),
      closed: (info) => {
        this.#watch.ended();
        if (!this.#silent) this.#in.add(0, 0, () => this.#end(() => this.#near.end(info)));
      },
    });
  }

  get open(): boolean {
    return !this.#near.ended;
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes + this.#out.bytes;
  }

  get batchLimit(): number {
    return this.#inner.batchLimit ?? 1024 * 1024;
  }

  start(handler: TransportHandler): void {
    this.#near.start(handler);
  }

  turn(flush: () => void): void {
    this.#inner.turn(flush);
  }

  write(frames: readonly Frame[]): void {
    for (const frame of frames) this.#pass("out", frame);
  }

  close(code?: number, reason?: string): void {
    if (this.#silent) return this.terminate();
    this.#closing = true;
    this.#out.add(0, 0, () => this.#inner.close(code, reason));
  }

  terminate(): void {
    this.#lose(true, "terminated", this.#lag);
  }

  cut(lag = 0): void {
    this.#lose(false, "cut", lag);
  }

  halfOpen(lag = 0): void {
    // Whoever has closed does not wait for ever.
    if (this.#closing) return this.#lose(true, "closed", lag);
    this.#silent = true;
    this.#lag = lag;
  }

  stall(): void {
    this.#out.stall();
  }

  resume(): void {
    this.#out.resume();
  }

  inject(frame: Frame): void {
    this.#near.frame(frame);
  }

  giveUp(): void {
    if (!this.#silent && !this.#out.isStuck && !this.#in.isStuck) return;
    this.#out.clear();
    if (this.open) this.cut();
    else this.#inner.terminate();
  }

  #lose(local: boolean, reason: string, lag: number): void {
    if (this.#near.ended) return;
    this.#silent = true;
    this.#in.clear();
    this.#out.resume();
    // What has left already comes to the other side all the same.
    this.#out.add(lag, 0, () => this.#inner.terminate());
    this.#end(() => this.#near.end({ local, reason }));
  }

  #end(tell: () => void): void {
    this.#watch.gone();
    tell();
  }

  #pass(direction: "in" | "out", frame: Frame): void {
    if (this.#silent || this.#near.ended) return;
    const index = direction === "out" ? this.#sent++ : this.#received++;
    const fault = this.#watch.plan({ connection: this.index, direction, index, frame });
    if (fault?.kind === "cut") return this.cut(fault.lag);
    if (fault?.kind === "half-open") return this.halfOpen(fault.lag);
    const lane = direction === "out" ? this.#out : this.#in;
    const deliver = direction === "out"
      ? (frame: Frame) => this.#inner.write([frame])
      : (frame: Frame) => this.#near.frame(frame);
    const wait = fault?.kind === "delay" ? fault.milliseconds : 0;
    for (const changed of changedBy(fault, frame)) {
      lane.add(wait, this.#serializer.sizeOf(changed), () => deliver(changed));
    }
  }
}

function changedBy(fault: Fault | undefined, frame: Frame): Frame[] {
  switch (fault?.kind) {
    case "drop":
      return [];
    case "duplicate":
      return Array.from({ length: 1 + (fault.copies ?? 1) }, () => frame);
    case "replace":
      return [fault.frame];
    case "truncate":
      return [truncated(frame, fault.length)];
    default:
      return [frame];
  }
}

function truncated(frame: Frame, length?: number): Frame {
  if (typeof frame === "string") return frame.slice(0, length ?? frame.length >> 1);
  if (frame instanceof Uint8Array) return frame.slice(0, length ?? frame.length >> 1);
  // Values that are handed over unencoded have no half.
  return frame;
}
