import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { WampValue } from "../../mod.ts";
import { Mailbox, within } from "./mailbox.ts";
import { PeerError } from "./peer.ts";
import type {
  Ability,
  CancelMode,
  Deed,
  Heard,
  Joined,
  Listening,
  OpenOptions,
  Options,
  Outcome,
  Payload,
  Peer,
  Running,
  Served,
} from "./peer.ts";
import { fromPlain, toPlain } from "./plain.ts";
import type { Plain } from "./plain.ts";

/** How a driver is started. */
export interface Driver {
  readonly name: string;
  readonly version: string;
  readonly can: Iterable<Ability>;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

interface Reply {
  readonly id?: number;
  readonly ok?: Plain;
  readonly error?: { readonly uri?: string; readonly message: string; readonly args?: Plain; readonly kwargs?: Plain };
  readonly note?: Plain;
  readonly key?: string;
}

/** A peer in a process of its own, driven by lines of JSON: `{ id, op, ... }` in, `{ id, ok }`, `{ id, error }` and `{ key, note }` out. */
export class ChildPeer implements Peer {
  readonly name: string;
  readonly version: string;
  readonly can: ReadonlySet<Ability>;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #pending = new Map<number, PromiseWithResolvers<Plain>>();
  readonly #notes = new Map<string, Mailbox<Plain>>();
  #lastId = 0;
  #errors = "";

  constructor({ name, version, can, command: [program, ...args], env = {} }: Driver) {
    this.name = name;
    this.version = version;
    this.can = new Set(can);
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
    let rest = ""; // node:readline would split at U+2028, too
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      const complete = (rest + text).split("\n");
      rest = complete.pop()!;
      for (const line of complete) this.#read(line);
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    this.#child.stdin!.on("error", () => {});
    this.#gone = new Promise((resolve) => {
      const ended = (why: string) => {
        for (const { reject } of this.#pending.values()) reject(new Error(`${name} ended (${why}): ${this.#errors}`));
        this.#pending.clear();
        resolve();
      };
      this.#child.once("error", (error) => ended(error.message));
      this.#child.once("close", (code, signal) => ended(String(code ?? signal)));
    });
  }

  /** What it printed as errors, the last of it. */
  get errors(): string {
    return this.#errors;
  }

  async open(options: OpenOptions): Promise<Joined> {
    return await this.#ask("open", options) as unknown as Joined;
  }

  async call(
    uri: string,
    args: readonly WampValue[] = [],
    kwargs: Options = {},
    options: Options = {},
  ): Promise<Outcome> {
    return outcome(await this.#ask("call", { uri, args: toPlain(args), kwargs: toPlain(kwargs), options }));
  }

  start(uri: string, args: readonly WampValue[], mode: CancelMode): Running {
    const key = `call${this.#lastId + 1}`;
    const answer = this.#ask("call", { key, uri, args: toPlain(args), kwargs: {}, options: {} }).then(outcome);
    answer.catch(() => {});
    return { outcome: answer, cancel: async () => void await this.#ask("cancel", { key, mode }) };
  }

  async register(uri: string, does: Deed, options: Options = {}): Promise<Served> {
    const key = `procedure${this.#lastId + 1}`;
    const notes = this.#mailbox(key, `a note of ${this.name}'s procedure ${uri}`);
    await this.#ask("register", { key, uri, does, options });
    return {
      next: async () => payload(await notes.next()),
      unregister: async () => void await this.#ask("unregister", { key }),
    };
  }

  async subscribe(topic: string, options: Options = {}): Promise<Listening> {
    const key = `topic${this.#lastId + 1}`;
    const notes = this.#mailbox(key, `an event of ${topic} at ${this.name}`);
    await this.#ask("subscribe", { key, uri: topic, options });
    return {
      next: async () => heard(await notes.next()),
      get waiting() {
        return notes.waiting;
      },
      unsubscribe: async () => void await this.#ask("unsubscribe", { key }),
    };
  }

  async publish(
    topic: string,
    args: readonly WampValue[] = [],
    kwargs: Options = {},
    options: Options = {},
  ): Promise<void> {
    await this.#ask("publish", { uri: topic, args: toPlain(args), kwargs: toPlain(kwargs), options });
  }

  /** Asks for what only this peer has. */
  async special(op: string, values: Options = {}): Promise<WampValue> {
    return fromPlain(await this.#ask(op, toPlain(values) as object));
  }

  async close(): Promise<void> {
    await this.#ask("close", {});
  }

  async end(): Promise<void> {
    this.#child.stdin!.end();
    await within(this.#gone, "the end of a driver", 2_000).catch(() => {});
    this.#child.kill("SIGKILL");
    await this.#gone;
  }

  #mailbox(key: string, what: string): Mailbox<Plain> {
    const notes = new Mailbox<Plain>(what);
    this.#notes.set(key, notes);
    return notes;
  }

  #ask(op: string, values: object): Promise<Plain> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Plain>();
    if (this.#child.exitCode !== null) return Promise.reject(new Error(`${this.name} has ended: ${this.#errors}`));
    this.#pending.set(id, answer);
    this.#child.stdin!.write(JSON.stringify({ id, op, ...values }) + "\n");
    return within(answer.promise, `${this.name}'s answer to ${op}`).finally(() => this.#pending.delete(id));
  }

  #read(line: string): void {
    let reply: Reply;
    try {
      reply = JSON.parse(line);
    } catch {
      this.#errors += `\n${line}`; // some peers print what they have to say
      return;
    }
    if (reply.key !== undefined) return this.#notes.get(reply.key)?.put(reply.note!);
    const pending = this.#pending.get(reply.id!);
    if (reply.error === undefined) return pending?.resolve(reply.ok!);
    const { uri = "", message, args = [], kwargs = {} } = reply.error;
    pending?.reject(new PeerError(uri, message, fromPlain(args) as WampValue[], fromPlain(kwargs) as Options));
  }
}

function payload(plain: Plain): Payload {
  const { args, kwargs } = fromPlain(plain) as unknown as Payload;
  return { args, kwargs };
}

function heard(plain: Plain): Heard {
  return fromPlain(plain) as unknown as Heard;
}

function outcome(plain: Plain): Outcome {
  const { progress, ...rest } = fromPlain(plain) as unknown as Outcome;
  return { ...rest, progress: progress ?? [] };
}
