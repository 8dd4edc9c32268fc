import { startProgram } from "../../src/testing/server_program.ts";
import type { ProgramSurroundings, ServerProgram } from "../../src/testing/server_program.ts";

/** A server of somebody else's, which can be started again. */
export class ServerProcess {
  readonly #command: readonly [string, ...string[]];
  readonly #surroundings: ProgramSurroundings;
  #running: ServerProgram | undefined;

  constructor(command: readonly [string, ...string[]], surroundings: ProgramSurroundings = {}) {
    this.#command = command;
    this.#surroundings = surroundings;
  }

  /** Starts it, and waits until something listens on the ports. */
  async start(ports: readonly number[]): Promise<void> {
    this.#running = await startProgram(this.#command, this.#surroundings);
    if (this.#running === undefined) throw new Error(`There is no program ${this.#command[0]}`);
    for (const port of ports) await this.#running.listens(port, 60_000);
  }

  /** Ends it and what it started. */
  async stop(): Promise<void> {
    await this.#running?.stop();
  }
}
