import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "../run/alias.ts";

/** How a program ended. */
export interface Ending {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What may be otherwise of a program. */
export interface ProgramOptions {
  /** What is run in place of Node. */
  readonly program?: string;
  /** The file that takes its standard output (default: `stdout` has it). */
  readonly stdout?: string;
  /** Whether it leads a group of processes of its own (default false). */
  readonly detached?: boolean;
}

/** The `nexus` command as a process of its own. */
export class Program implements AsyncDisposable {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";
  #onOutput: (() => void) | undefined;

  /**
   * @param args its arguments
   * @param entry what Node runs, and its own options (default the command's source)
   * @param env what its environment has besides (default nothing)
   * @param options how else it differs from a program whose output the test reads
   */
  constructor(
    args: readonly string[],
    entry: readonly string[] = [join(root, "src/cli/main.ts")],
    env: Readonly<Record<string, string>> = {},
    { program = process.execPath, stdout, detached = false }: ProgramOptions = {},
  ) {
    const file = stdout === undefined ? undefined : openSync(stdout, "w");
    this.#child = spawn(program, [...entry, ...args], {
      cwd: root,
      stdio: ["ignore", file ?? "pipe", "pipe"],
      env: { ...process.env, ...env },
      detached,
    });
    if (file !== undefined) closeSync(file);
    this.#child.stdout?.setEncoding("utf8").on("data", (text) => {
      this.#stdout += text;
      this.#onOutput?.();
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text) => {
      this.#stderr += text;
      this.#onOutput?.();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** What it has written to its standard output so far. */
  get output(): string {
    return this.#stdout;
  }

  /** @returns the URL in the line that says that it is ready */
  ready(): Promise<string> {
    return this.says(/^nexus listens on (ws:\/\/\S+) /m);
  }

  /**
   * @param what what to wait for in anything that it writes
   * @returns the first group of it
   */
  async says(what: RegExp): Promise<string> {
    const line = new Promise<string>((resolve) => {
      this.#onOutput = () => {
        const found = what.exec(this.#stdout) ?? what.exec(this.#stderr);
        if (found !== null) resolve(found[1] ?? found[0]);
      };
      this.#onOutput();
    });
    const early = this.ended.then(({ code, stderr }) => {
      throw new Error(`it ended with ${code} before it said ${what}: ${stderr}`);
    });
    return await Promise.race([line, early]);
  }

  /** Asks it to stop. */
  stop(signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL" = "SIGTERM"): Promise<Ending> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Asks it and all that it has started, as a terminal does; it has to lead a group of its own. */
  stopGroup(signal: "SIGTERM" | "SIGINT"): Promise<Ending> {
    process.kill(-this.#child.pid!, signal);
    return this.ended;
  }

  /** Closes a pipe into which it writes. */
  stopReading(pipe: "stdout" | "stderr" = "stdout"): void {
    this.#child[pipe]!.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.ended;
  }
}

/** Runs the command to its end. */
export async function nexus(...args: string[]): Promise<Ending> {
  await using program = new Program(args);
  return await program.ended;
}
