import type { AnyClient } from "../client/api.ts";
import type { Client } from "../client/client.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { checkOptions, numberRule } from "../wire/option_rules.ts";
import { service } from "./service.ts";

/** How much is told of what happens, the most first. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "none";

/** A client, and what it serves. */
export interface Running {
  /** The client, not opened. */
  readonly client: AnyClient;
  /** Objects, or classes of which one is made, as `service()` takes them. */
  readonly services: readonly object[];
}

/** What can be said of how services run. */
export interface RunOptions {
  /** From which level on to tell what happens (default `"info"`). */
  readonly logLevel?: LogLevel | undefined;
  /**
   * Told of it: how bad it is, a line of text, and the error where it is one (default the runtime's console, with the stacks of a program's own errors: this is
   * a program's main function, and the one place where this package writes).
   */
  readonly log?: ((level: Exclude<LogLevel, "none">, text: string, error?: unknown) => void) | undefined;
  /** How many milliseconds there are to finish after the first signal, 0 for any time (default 20 000). */
  readonly drainTimeout?: number | undefined;
}

/** The part of `process` that is the same on Node, Deno and Bun. */
interface Process {
  exitCode?: number | string | null | undefined;
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
  exit(code: number): unknown;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "none"];
const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 2, SIGTERM: 15 };

/**
 * Runs services until the process is told to end: opens the clients, tries again and again where there is no router, and tells what happens.
 *
 * The first SIGINT or SIGTERM drains them: no more work is taken, and what runs may finish. A second one ends the process at once, with 128 and the
 * number of the signal. When a client ends by itself, such as by credentials that are refused, the others are drained, too.
 *
 * @param running The clients, or clients with what they serve.
 * @param options How much to tell, and how long to wait.
 * @returns The exit code, when all are closed: 0, or 1 when one of them could not go on. It has been set as that of the process, which ends when nothing
 * else keeps it.
 * @throws {WampError} `invalid_argument` when there is nothing to run, or an option is wrong. What is wrong with a service ends all, with 1.
 *
 * @example
 * ```ts
 * import { createClient } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { run } from "@izaber/wamp/service";
 *
 * class Greeter {
 *   static procedures = { "com.example.hello": "hello" };
 *   hello([name]: [string]) {
 *     return `Hello ${name}`;
 *   }
 * }
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const client = createClient(router.local(), { realm: "realm1" });
 * client.on("ready", () => void client.drain()); // a program would wait for a signal instead
 * if (await run([{ client, services: [Greeter] }], { logLevel: "warn" }) !== 0) throw new Error("unexpected");
 * ```
 */
export function run(running: readonly (AnyClient | Running)[], options: RunOptions = {}): Promise<number> {
  return runHeeding(running, options, () => true);
}

/**
 * Runs services as {@linkcode run} does, where a signal may be one of before, said again by somebody else.
 *
 * @param running The clients, or clients with what they serve.
 * @param options How much to tell, and how long to wait.
 * @param counts Asked once for each signal: whether it is a request of its own.
 * @returns As `run`.
 * @throws {WampError} As `run`.
 */
export async function runHeeding(
  running: readonly (AnyClient | Running)[],
  options: RunOptions,
  counts: () => boolean,
): Promise<number> {
  checkOptions("Cannot run", options, {
    logLevel: { expected: `one of ${LEVELS.join(", ")}`, allows: (value) => LEVELS.includes(value as LogLevel) },
    log: { expected: "(level, text, error) => void", allows: (value) => typeof value === "function" },
    drainTimeout: numberRule(0),
  }, '{ logLevel: "warn" }');
  if (!Array.isArray(running)) {
    throw new WampError(
      "invalid_argument",
      `Cannot run ${describe(running)}: give a list of clients, such as [client]`,
    );
  }
  const tell = teller(options);
  const all = (running as readonly (AnyClient | Running)[]).map((one) => {
    if (isClient(one)) return { client: one.untyped, services: [] };
    checkOptions("Cannot run", one, {
      client: { expected: "a client", allows: isClient, required: true },
      services: { expected: "a list of objects and classes", allows: Array.isArray, required: true },
    }, "{ client, services: [Greeter] }");
    const { client, services } = one;
    return { client: client.untyped, services };
  });
  if (all.length === 0) throw new WampError("invalid_argument", "Cannot run nothing: give at least one client");
  let failed = false;
  const drainAll = async () => {
    const { drainTimeout: timeout } = options;
    await Promise.all(all.map(({ client }) => client.drain({ timeout })));
  };
  const stopListening = onSignal((signal, times) => {
    if (times > 1) return tell("warn", `${signal} again: ending at once`);
    tell("info", `${signal}: draining`);
    void drainAll();
  }, counts);
  try {
    await Promise.all(all.map(async ({ client, services }, index) => {
      const name = all.length === 1 ? "" : `client ${index + 1}: `;
      const stop = follow(client, (level, text, error) => tell(level, `${name}${text}`, error));
      try {
        const error = await serve(client, services);
        if (error === undefined) return;
        failed = true;
        tell("error", `${name}cannot go on: ${textOf(error)}`, error);
      } finally {
        await drainAll();
        stop();
      }
    }));
  } finally {
    stopListening();
  }
  const code = failed ? 1 : 0;
  tell("info", "ended");
  const { process } = globalThis as { readonly process?: Process };
  if (process !== undefined && failed) process.exitCode = code;
  return code;
}

function isClient(value: unknown): value is AnyClient {
  return (value as Partial<AnyClient> | null | undefined)?.untyped !== undefined;
}

/** Opens a client and serves with it; resolves when it is closed, or something is not to be served. */
async function serve(client: Client, services: readonly object[]): Promise<Error | undefined> {
  const refused = Promise.withResolvers<Error>();
  const begun = [...services.map((one) => service(client, one)), client.open({ retry: true })];
  for (const one of begun) {
    one.catch((error: Error) => {
      // What a client gives up when it closes is no failure of its own.
      if (!WampError.is(error, "closed")) refused.resolve(error);
    });
  }
  return await Promise.race([client.closed, refused.promise]);
}

function follow(client: Client, tell: NonNullable<RunOptions["log"]>): () => void {
  const stops = [
    client.on("connect", ({ url }) => tell("debug", `connected to ${url}`)),
    client.on("join", (session, { authid, authrole }) => {
      const who = authid === undefined ? "" : ` as ${authid}`;
      const role = authrole === undefined ? "" : ` (${authrole})`;
      tell("info", `joined ${session.realm}${who}${role}, session ${session.id}`);
    }),
    client.on("ready", () => tell("info", "ready")),
    client.on("leave", ({ cause, reason, message }) => {
      const said = [reason, message].filter((text) => text !== "").join(", ");
      tell(cause === "closed" ? "info" : "warn", `the session ended: ${cause}${said === "" ? "" : ` (${said})`}`);
    }),
    client.on("slow", ({ queuedBytes }) => tell("warn", `the connection is slow: ${queuedBytes} bytes wait`)),
    client.on("error", (error, { during, uri, retried }) => {
      const where = uri === undefined ? during : `${during} of ${uri}`;
      tell(retried ? "warn" : "error", `${where}: ${textOf(error)}`, error);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Listens to the signals that end a process, where there are any; the second one that counts ends it. */
function onSignal(heard: (signal: string, times: number) => void, counts: () => boolean): () => void {
  const { process } = globalThis as { readonly process?: Process };
  let times = 0;
  const listeners = Object.entries(SIGNALS).map(([signal, number]) => {
    const listener = () => {
      if (counts()) times++;
      heard(signal, times);
      if (times > 1) process?.exit(128 + number);
    };
    return { signal, listener };
  });
  for (const { signal, listener } of listeners) process?.on(signal, listener);
  return () => listeners.forEach(({ signal, listener }) => process?.off(signal, listener));
}

function teller({ logLevel = "info", log = write }: RunOptions): NonNullable<RunOptions["log"]> {
  return (level, text, error) => {
    if (LEVELS.indexOf(level) >= LEVELS.indexOf(logLevel)) log(level, text, error);
  };
}

function textOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}

function write(level: Exclude<LogLevel, "none">, text: string, error?: unknown): void {
  const line = `${new Date().toISOString()} ${level} ${text}`;
  // The text of an error of this package says all that there is to know; of any other it is the stack that tells where to look.
  if (error === undefined || WampError.is(error)) console[level](line);
  else console[level](line, error);
}
