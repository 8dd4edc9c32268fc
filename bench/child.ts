import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";

/** A process that answers every line it is sent by one line. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  #errors = "";

  private constructor(name: string, program: string, args: readonly string[]) {
    this.#name = name;
    this.#process = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr.on("data", (text) => this.#errors += text);
    this.#process.stdin.on("error", () => {}); // told when the answer does not come
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Starts a process.
   *
   * @param name What to call it in errors.
   * @param program The program.
   * @param args Its arguments.
   */
  static start(name: string, program: string, args: readonly string[]): Child {
    return new Child(name, program, args);
  }

  /** Reads its next line. */
  async read<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ended early: ${this.#errors.trim()}`);
    return JSON.parse(value);
  }

  /**
   * Sends a line and reads the answer.
   *
   * @param message What to send.
   */
  ask<T>(message: unknown): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
    return this.read();
  }

  /** Ends the process by ending its input. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin.end();
    await ended;
  }
}
