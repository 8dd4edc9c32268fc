import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A server of somebody else's, in a process group of its own. */
export class ServerProcess {
  readonly #command: readonly [string, ...string[]];
  readonly #options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #output = "";

  constructor(
    command: readonly [string, ...string[]],
    options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ) {
    this.#command = command;
    this.#options = options;
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** Starts it, and waits until something listens on the ports. */
  async start(ports: readonly number[], seconds: number = 60): Promise<void> {
    const [program, ...args] = this.#command;
    const { cwd, env } = this.#options;
    const child = spawn(program, args, {
      ...cwd === undefined ? {} : { cwd },
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    const keep = (text: string) => this.#output = (this.#output + text).slice(-20_000);
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    let ended = false;
    this.#gone = new Promise((resolve) => {
      child.once("error", (error) => {
        keep(error.message);
        ended = true;
        resolve();
      });
      child.once("close", () => {
        ended = true;
        resolve();
      });
    });
    const deadline = Date.now() + seconds * 1_000;
    for (const port of ports) {
      while (!await answers(port)) {
        if (ended || Date.now() > deadline) {
          await this.stop();
          throw new Error(`${program} does not listen on port ${port}: ${this.#output.slice(-3_000)}`);
        }
        await delay(50);
      }
    }
  }

  /** Ends it and what it started. */
  async stop(): Promise<void> {
    const { pid } = this.#child ?? {};
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGTERM");
    } catch {
      return; // it is gone
    }
    const timer = setTimeout(() => {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // it went in the meantime
      }
    }, 5_000);
    await this.#gone;
    clearTimeout(timer);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
