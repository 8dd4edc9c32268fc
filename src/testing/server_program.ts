import { WampError } from "../wire/errors.ts";

/** Where a program runs. */
export interface ProgramSurroundings {
  /** Its folder (default the one of this process). */
  readonly cwd?: string | undefined;
  /** What its environment has besides that of this process (default nothing). */
  readonly env?: { readonly [name: string]: string } | undefined;
}

/** A program that was started and serves on ports of this machine. */
export interface ServerProgram {
  /**
   * Waits until something listens on a port.
   *
   * @param port The port.
   * @param timeout For how long, in milliseconds.
   * @returns When it does.
   * @throws {WampError} `listen_failed` when the program ends before or does not listen in time; it is stopped then, and the message has what it printed.
   */
  listens(port: number, timeout: number): Promise<void>;

  /**
   * Ends it and what it started.
   *
   * @returns When it is gone.
   */
  stop(): Promise<void>;
}

/** For how long a program may take to end before it is killed, in milliseconds. */
const PATIENCE = 5_000;
const PAUSE = 50;

/**
 * Starts a program that serves.
 *
 * @param command The program and its arguments; it is looked for on the PATH.
 * @param surroundings Where it runs.
 * @returns The program, or undefined when there is none of that name.
 */
export async function startProgram(
  [program, ...args]: readonly [program: string, ...args: string[]],
  { cwd, env }: ProgramSurroundings = {},
): Promise<ServerProgram | undefined> {
  const { spawn } = await import("node:child_process");
  const { default: process } = await import("node:process");
  const child = spawn(program, args, {
    ...cwd === undefined ? {} : { cwd },
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, since routers start workers.
    detached: true,
  });
  let output = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => output = (output + text).slice(-4_000));
  }
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      resolve();
    });
  });
  const missing = await new Promise<boolean>((resolve, reject) => {
    child.once("spawn", () => resolve(false));
    child.once("error", (error) => "code" in error && error.code === "ENOENT" ? resolve(true) : reject(error));
  });
  if (missing) return undefined;
  const stop = async () => {
    const end = (signal: "SIGTERM" | "SIGKILL") => {
      try {
        process.kill(-child.pid!, signal);
      } catch {
        // It is gone already.
      }
    };
    end("SIGTERM");
    const late = setTimeout(() => end("SIGKILL"), PATIENCE);
    await gone;
    clearTimeout(late);
  };
  return {
    stop,
    async listens(port, timeout) {
      const until = performance.now() + timeout;
      while (!await answers(port)) {
        if (!ended && performance.now() < until) {
          await new Promise((resolve) => setTimeout(resolve, PAUSE));
          continue;
        }
        const why = ended ? "it ended" : `it did not within ${timeout} ms`;
        await stop();
        throw new WampError("listen_failed", `${program} does not listen on port ${port}: ${why}. ${output.trim()}`);
      }
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const { connect } = await import("node:net");
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
