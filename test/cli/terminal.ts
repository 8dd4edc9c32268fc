import { spawn } from "@lydell/node-pty";
import type { IPty } from "@lydell/node-pty";
import { join } from "node:path";
import process from "node:process";
import { root } from "../run/alias.ts";

/** The `nexus` command in a pseudo-terminal, as a person has it. */
export class TerminalProgram implements AsyncDisposable {
  /** Its exit code. */
  readonly ended: Promise<number>;
  readonly #pty: IPty;
  #screen = "";
  #over = false;
  #onOutput: (() => void) | undefined;

  /** @param args its arguments */
  constructor(...args: readonly string[]) {
    this.#pty = spawn(process.execPath, [join(root, "src/cli/main.ts"), ...args], {
      cwd: root,
      cols: 200,
      rows: 50,
      env: personal(),
    });
    this.#pty.onData((text) => {
      this.#screen += text;
      this.#onOutput?.();
    });
    this.ended = new Promise((resolve) =>
      this.#pty.onExit(({ exitCode }) => {
        this.#over = true;
        resolve(exitCode);
      })
    );
  }

  /** Everything that it has shown. */
  get screen(): string {
    return this.#screen;
  }

  /** @param what what to wait for on the screen */
  async shows(what: string | RegExp): Promise<void> {
    const shown = new Promise<void>((resolve) => {
      this.#onOutput = () => {
        if (typeof what === "string" ? this.#screen.includes(what) : what.test(this.#screen)) resolve();
      };
      this.#onOutput();
    });
    const early = this.ended.then((code) => {
      this.#onOutput?.();
      throw new Error(`it ended with ${code} before it showed ${what}: ${this.#screen}`);
    });
    await Promise.race([shown, early]);
  }

  /** @param text what a person types */
  type(text: string): void {
    this.#pty.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.#pty.kill("SIGKILL");
    await this.ended;
  }
}

/** What a person's environment is, also where a machine runs the tests and wants no colours. */
function personal(): Record<string, string | undefined> {
  const { CI: _ci, NO_COLOR: _noColor, FORCE_COLOR: _forceColor, ...env } = process.env;
  return { ...env, TERM: "xterm-256color" };
}
