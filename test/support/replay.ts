import type { CloseInfo } from "../../src/transport/transport.ts";
import type { RecordedStep, Recording } from "./recording.ts";
import { fillIn, matchMessage } from "./recording_match.ts";
import type { Bindings } from "./recording_match.ts";

/** A connection on which a recording is played: text goes out, text comes in. */
export interface ReplayPeer {
  /** The cookie that the server set when the connection was opened, if it did. */
  readonly setCookie?: string | undefined;
  /** Sends what the recorded client sent. */
  send(step: RecordedStep, text: string): void;
  /** Closes as the recorded client did. */
  close(code: number | undefined): void;
  /** Resolves when what the server has sent by now has come. */
  settle(): Promise<void>;
}

/** Who is told what happens on a {@linkcode ReplayPeer}. */
export interface ReplayListener {
  message(text: string): void;
  closed(info: CloseInfo): void;
}

/** A step that goes another way than it was recorded, and why. */
export interface Difference {
  /** A part of the recorded step's text ({@linkcode textOf}) that no other step of the recording has. */
  readonly recorded: string;
  /** The connection that it came on, where others have a message of the same text (default any). */
  readonly conn?: string;
  /** What comes instead (default what was recorded); `nothing` when nothing does. */
  readonly instead?: readonly unknown[] | "nothing";
  /** What comes besides, and on which connection. */
  readonly also?: readonly { readonly conn: string; readonly message: readonly unknown[] }[];
  /** Why ours is better, or what is not there yet. */
  readonly reason: string;
}

/** What differences know a step by: the message as JSON; of a close `{"close":code}`, `{"close":"tcp"}` for a connection that was dropped. */
export function textOf({ message, code, tcp }: RecordedStep): string {
  return JSON.stringify(message ?? { close: tcp === true ? "tcp" : code });
}

/** How a recording is played. */
export interface ReplayOptions {
  /** Opens a connection. */
  readonly open: (step: RecordedStep, listener: ReplayListener) => ReplayPeer | Promise<ReplayPeer>;
  /** Lets the recorded time pass (default: none passes). */
  readonly pass?: (seconds: number) => Promise<void>;
  /** Lets time pass while nothing but events is awaited (default: none passes). */
  readonly whileAwaitingEvents?: () => Promise<void>;
  /** Where the router deliberately differs. */
  readonly differences?: readonly Difference[];
  /** Changes what was recorded before it is compared. */
  readonly expecting?: (message: readonly unknown[]) => readonly unknown[];
}

const PATIENCE = 10_000;

/** One connection of a replay: what is awaited on it, and what came and was not awaited. */
class Line {
  peer: ReplayPeer | undefined;
  awaited: { readonly message: readonly unknown[]; readonly step: number }[] = [];
  received: unknown[][] = [];
  closed: CloseInfo | undefined;
}

/**
 * Plays a recording: sends what its clients sent and checks that what its server sent comes.
 *
 * Between two sends messages may come in any order.
 */
export async function replay(recording: Recording, options: ReplayOptions): Promise<void> {
  await new Replay(recording, options).run();
}

class Replay {
  readonly #recording: Recording;
  readonly #options: ReplayOptions;
  readonly #lines = new Map<string, Line>();
  #bindings: Bindings = new Map();
  #wake: () => void = () => {};

  constructor(recording: Recording, options: ReplayOptions) {
    this.#recording = recording;
    this.#options = options;
  }

  async run(): Promise<void> {
    try {
      for (const [index, step] of this.#recording.steps.entries()) await this.#play(step, index);
      await this.#settled();
      await this.#quiet();
    } finally {
      for (const line of this.#lines.values()) if (line.closed === undefined) line.peer?.close(undefined);
    }
  }

  async #play(step: RecordedStep, index: number): Promise<void> {
    switch (step.dir) {
      case "open":
        await this.#settled();
        return await this.#open(step);
      case "send":
        await this.#settled();
        return this.#send(step, index);
      case "recv":
        return this.#await(step, index);
      case "idle":
        await this.#settled();
        return await this.#quiet(step.seconds, step.conn);
      case "close":
        await this.#settled();
        return await this.#close(step, index);
    }
  }

  async #open(step: RecordedStep): Promise<void> {
    const line = new Line();
    this.#lines.set(step.conn!, line);
    const { cookie = null, result } = step;
    const shown = { ...step, cookie: fillIn(cookie, this.#bindings) as string | null };
    line.peer = await this.#options.open(shown, {
      message: (text) => {
        line.received.push(JSON.parse(text));
        this.#wake();
      },
      closed: (info) => {
        line.closed = info;
        this.#wake();
      },
    });
    this.#bindCookie(result?.set_cookie, line.peer.setCookie);
  }

  #bindCookie(recorded: string | null | undefined, actual: string | undefined): void {
    const [placeholder] = /<cbtid:\d+>/.exec(recorded ?? "") ?? [];
    if (placeholder === undefined && typeof recorded !== "string") {
      if (actual !== undefined && recorded === null) {
        throw new Error(`the cookie ${actual} was set, the recorded one not`);
      }
      return;
    }
    const [, value] = /^cbtid=([^;]+)/.exec(actual ?? "") ?? [];
    if (value === undefined) throw new Error(`the cookie ${recorded} was set, and now ${actual ?? "none"}`);
    this.#bindings.set(placeholder!, value);
  }

  #send(step: RecordedStep, index: number): void {
    const text = step.raw ?? JSON.stringify(fillIn(step.message, this.#bindings));
    this.#line(step).peer!.send(step, text);
    this.#awaitAlso(step, index);
  }

  #await(step: RecordedStep, index: number): void {
    const { expecting = (message) => message } = this.#options;
    const { instead = expecting(step.message ?? []) } = this.#difference(step) ?? {};
    this.#awaitAlso(step, index);
    if (instead !== "nothing") this.#line(step).awaited.push({ message: instead, step: index });
  }

  #awaitAlso(step: RecordedStep, index: number): void {
    const { also = [] } = this.#difference(step) ?? {};
    for (const { conn, message } of also) this.#lines.get(conn)!.awaited.push({ message, step: index });
  }

  #difference(step: RecordedStep): Difference | undefined {
    const text = textOf(step);
    return this.#options.differences?.find(({ recorded, conn }) =>
      text.includes(recorded) && (conn === undefined || conn === step.conn)
    );
  }

  async #close(step: RecordedStep, index: number): Promise<void> {
    const difference = this.#difference(step);
    if (difference !== undefined && step.by === "server") return this.#await(step, index);
    const line = this.#line(step);
    if (step.by !== "server") {
      line.peer!.close(step.code ?? undefined);
      await this.#until(() => line.closed !== undefined, () => `connection ${step.conn} stays open`);
      for (const { conn, message } of difference?.also ?? []) {
        this.#lines.get(conn)!.awaited.push({ message, step: index });
      }
      for (const { peer } of this.#lines.values()) await peer!.settle();
      return;
    }
    await this.#until(() => line.closed !== undefined, () => `connection ${step.conn} stays open`);
    // An ABORT before the close is welcome.
    line.received = line.received.filter(([type]) => type !== 3);
  }

  /** Waits until everything that is awaited has come. */
  async #settled(): Promise<void> {
    await this.#until(() => {
      for (const line of this.#lines.values()) this.#match(line);
      return [...this.#lines.values()].every(({ awaited }) => awaited.length === 0);
    }, () => this.#describe());
  }

  #match(line: Line): void {
    line.awaited = line.awaited.filter(({ message }) => {
      for (const [index, actual] of line.received.entries()) {
        const found = matchMessage(message, actual, this.#bindings);
        if (found === undefined) continue;
        this.#bindings = found;
        line.received.splice(index, 1);
        return false;
      }
      return true;
    });
  }

  /** Gives what is under way time to arrive, then there must be nothing that was not awaited. */
  async #quiet(seconds = 0, quiet?: string): Promise<void> {
    await this.#options.pass?.(seconds);
    for (const { peer } of this.#lines.values()) await peer!.settle();
    const surplus = [...this.#lines].filter(([conn, { received }]) =>
      received.length > 0 && (quiet === undefined || conn === quiet)
    );
    if (surplus.length === 0) return;
    throw new Error(
      `not in the recording: ${surplus.map(([conn, line]) => `${conn} ${shown(line.received)}`).join("; ")}`,
    );
  }

  async #until(condition: () => boolean, problem: () => string): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!condition()) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, end - performance.now());
      });
      if (condition()) {
        clearTimeout(timer);
        return;
      }
      if (this.#awaitsEvents()) await this.#letTimePass();
      else await woken;
      clearTimeout(timer);
      if (performance.now() >= end && !condition()) throw new Error(problem());
    }
  }

  #awaitsEvents(): boolean {
    const awaited = [...this.#lines.values()].flatMap((line) => line.awaited);
    return this.#options.whileAwaitingEvents !== undefined && awaited.length > 0 &&
      awaited.every(({ message: [type] }) => type === 36);
  }

  async #letTimePass(): Promise<void> {
    await this.#options.whileAwaitingEvents?.();
    for (const { peer } of this.#lines.values()) await peer!.settle();
  }

  #describe(): string {
    const lines = [...this.#lines].filter(([, { awaited }]) => awaited.length > 0);
    return lines.map(([conn, { awaited, received, closed }]) =>
      `step ${awaited[0]!.step} on ${conn}: awaited ${shown(awaited.map(({ message }) => message))}\n` +
      `got ${shown(received)}${closed === undefined ? "" : ", and the connection is closed"}`
    ).join("\n");
  }

  #line(step: RecordedStep): Line {
    return this.#lines.get(step.conn!)!;
  }
}

function shown(messages: readonly unknown[]): string {
  return messages.map((message) => JSON.stringify(message)).join(", ") || "nothing";
}
