import { direct } from "../codec/direct.ts";
import { Payload } from "../codec/payload.ts";
import type { HeaderElement, Serializer } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import { memoryPair } from "../transport/memory.ts";
import { systemClock } from "../wire/clock.ts";
import { messageShapes } from "../wire/message_shape.ts";
import { MessageType } from "../wire/message_type.ts";
import type { Args, Dict } from "../wire/values.ts";
import { messageOf, shownEntry } from "./wire_log.ts";
import type { WireEntry, WireLog, WireMessage } from "./wire_log.ts";
import { WireMatch } from "./wire_match.ts";

/** A router that says what a recorded one said, as long as its client says what the recorded one did. */
export interface ReplayedRouter extends Dialer {
  /** Serves a connection that came otherwise, such as by a port; the next of the recording. */
  accept(connection: Connection): void;

  /** In what the client differed, for people; empty while it did not. */
  readonly differences: readonly string[];
  /** How many recorded messages have not passed yet. */
  readonly remaining: number;
  /** Resolves when all has been said and the connection on which the last was said is gone. */
  readonly finished: Promise<void>;
}

/**
 * Makes a router out of a recording: each message of the client is held against the recorded one, and answered as that was.
 *
 * @param log The recording.
 * @returns What to connect to. A client that says something else gets ABORT, and `differences` says what it was.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { captureWire, replayRouter } from "@izaber/wamp/testing";
 *
 * const countSessions = async (target: Parameters<typeof connect>[0]) => {
 *   const wamp = await connect(target, { realm: "realm1" });
 *   const count = await wamp.call("wamp.session.count");
 *   await wamp.close();
 *   return count;
 * };
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const recorded = captureWire(router.local());
 * await countSessions(recorded);
 * await router.close();
 *
 * const replayed = replayRouter(recorded.wire); // no router is there any more
 * if (await countSessions(replayed) !== 1 || replayed.differences.length > 0) throw new Error("unexpected");
 * ```
 */
export function replayRouter(log: WireLog): ReplayedRouter {
  const differences: string[] = [];
  const scripts = scriptsOf(log);
  const finished = Promise.withResolvers<void>();
  const remaining = () => scripts.reduce((sum, script) => sum + script.length, 0);
  const closed = () => {
    if (remaining() === 0) finished.resolve();
  };
  let dialled = 0;
  return {
    url: "replay:",
    differences,
    finished: finished.promise,
    get remaining(): number {
      return remaining();
    },
    dial(): Promise<Connection> {
      const [client, router] = memoryPair(direct, { highWaterMark: Infinity });
      this.accept(router);
      return Promise.resolve(client);
    },
    accept(connection: Connection): void {
      const script = scripts[dialled++];
      if (script !== undefined) return serve(connection, script, differences, closed);
      differences.push(`the recording has ${scripts.length} connections, this is one more`);
      connection.terminate();
    },
  };
}

/** How a recording is replayed to a router. */
export interface ReplayOptions {
  /** What to speak (default values are handed over unencoded, as a router of this process takes them). */
  readonly serializer?: Serializer | undefined;
  /** Milliseconds that the router has for each message (default 5 000). */
  readonly timeout?: number | undefined;
}

/**
 * Says to a router what a recorded client said, and holds its answers against the recorded ones.
 *
 * @param log The recording.
 * @param dialer Leads to the router.
 * @param options How long to wait.
 * @returns In what the router differed, for people; empty when it did not.
 */
export async function replayClient(log: WireLog, dialer: Dialer, options: ReplayOptions = {}): Promise<string[]> {
  const { timeout = 5_000, serializer = direct } = options;
  const differences: string[] = [];
  for (const script of scriptsOf(log)) {
    const connection = await dialer.dial({
      serializers: [serializer],
      signal: AbortSignal.timeout(timeout),
      clock: systemClock,
    });
    differences.push(...await speak(connection, script, timeout));
  }
  return differences;
}

function scriptsOf({ entries }: WireLog): WireEntry[][] {
  const scripts = new Map<number, WireEntry[]>();
  for (const entry of entries) {
    const script = scripts.get(entry.connection);
    if (script === undefined) scripts.set(entry.connection, [entry]);
    else script.push(entry);
  }
  return [...scripts].sort(([a], [b]) => a - b).map(([, script]) => script);
}

function serve(connection: Connection, script: WireEntry[], differences: string[], closed: () => void): void {
  const match = new WireMatch();
  const answer = () => {
    while (script[0]?.direction === "in") send(connection, match.renamed(script.shift()!.message));
  };
  const refuse = (difference: string) => {
    differences.push(difference);
    script.length = 0;
    send(connection, [MessageType.ABORT, { message: difference }, "wamp.error.protocol_violation"]);
    connection.close();
  };
  connection.start({
    message: (head) => {
      const message = messageOf(head);
      const recorded = script.shift();
      const actual: WireEntry = { connection: recorded?.connection ?? 0, direction: "out", message };
      if (recorded === undefined) return refuse(`nothing more was recorded\n     got ${shownEntry(actual)}`);
      const difference = match.difference(recorded, actual);
      if (difference !== undefined) return refuse(difference);
      answer();
    },
    violation: (error) => refuse(error.message),
    drained: () => {},
    closed,
  });
  answer();
}

async function speak(connection: Connection, script: readonly WireEntry[], timeout: number): Promise<string[]> {
  const match = new WireMatch();
  const arrived: WireMessage[] = [];
  let wake: () => void = () => {};
  let over = false;
  connection.start({
    message: (head) => {
      arrived.push(messageOf(head));
      wake();
    },
    violation: () => connection.terminate(),
    drained: () => {},
    closed: () => {
      over = true;
      wake();
    },
  });
  const next = async (): Promise<WireMessage | undefined> => {
    const until = AbortSignal.timeout(timeout);
    until.addEventListener("abort", () => wake());
    while (arrived.length === 0 && !over && !until.aborted) await new Promise<void>((resolve) => wake = resolve);
    return arrived.shift();
  };
  try {
    for (const entry of script) {
      if (entry.direction === "out") {
        send(connection, match.renamed(entry.message));
        continue;
      }
      const message = await next();
      if (message === undefined) return [`recorded ${shownEntry(entry)}\n     got nothing`];
      const difference = match.difference(entry, { ...entry, message });
      if (difference !== undefined) return [difference];
    }
    return [];
  } finally {
    connection.close();
  }
}

/**
 * Sends a message that is a list of its elements.
 *
 * @param connection On which connection.
 * @param message The message.
 */
export function send(connection: Connection, message: WireMessage): void {
  const count = 1 + (messageShapes.get(message[0] as number)?.elements.length ?? message.length);
  const [args, kwargs] = message.slice(count) as [Args?, Dict?];
  const header = message.slice(0, count) as HeaderElement[];
  connection.send(header, args === undefined ? undefined : Payload.of(args, kwargs));
}
