import type { Client } from "../client/client.ts";
import { connect } from "../client/connect.ts";
import type { Router } from "../router/router.ts";
import { WampError } from "../wire/errors.ts";
import type { WaitOptions } from "./wait_for.ts";

/** What the router tells when something comes. */
const COMINGS = ["wamp.session.on_join", "wamp.registration.on_create", "wamp.subscription.on_create"];

/** Sees what comes in a realm, by a session that nobody sees. */
export class RealmWatch {
  readonly #client: Client;
  readonly #waiting: Set<() => void> = new Set();

  private constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Begins to watch.
   *
   * @param router The router.
   * @param realm The name of the realm.
   * @returns The watch.
   */
  static async open(router: Router, realm: string): Promise<RealmWatch> {
    const principal = { authid: "test kit", authrole: "trusted", authprovider: "static" };
    const watch = new RealmWatch(await connect(router.local(principal), { realm, reconnect: false }));
    for (const topic of COMINGS) {
      await watch.#client.subscribe(topic, () => {
        for (const look of [...watch.#waiting]) look();
      });
    }
    return watch;
  }

  /**
   * Waits until something is so; looks whenever something comes.
   *
   * @param condition Whether it is.
   * @param options How long, and what it is called.
   * @throws {WampError} `timeout` when it does not come to be so.
   */
  async until(condition: (wamp: Client) => Promise<boolean>, options: WaitOptions): Promise<void> {
    const { timeout = 5_000, what = "the condition" } = options;
    const changed = new Signal();
    const look = () => changed.raise();
    const late = setTimeout(() => changed.fail(), timeout);
    this.#waiting.add(look);
    try {
      while (!await condition(this.#client)) {
        if (!await changed.next()) throw new WampError("timeout", `${what} did not come within ${timeout} ms`);
      }
    } finally {
      this.#waiting.delete(look);
      clearTimeout(late);
    }
  }

  /**
   * Tells whose sessions there are.
   *
   * @returns The identity of each, one for each session.
   */
  async identities(): Promise<string[]> {
    const ids = await this.#client.call<number[]>("wamp.session.list");
    const all = ids.map((id) => this.#client.call<{ authid: string }>("wamp.session.get", [id]));
    const known = await Promise.allSettled(all); // one may have ended meanwhile
    return known.flatMap((session) => session.status === "fulfilled" ? [session.value.authid] : []);
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** Raised any number of times, and waited for by one. */
class Signal {
  #raised = false;
  #failed = false;
  #wake: () => void = () => {};

  raise(): void {
    this.#raised = true;
    this.#wake();
  }

  fail(): void {
    this.#failed = true;
    this.#wake();
  }

  async next(): Promise<boolean> {
    if (!this.#raised && !this.#failed) await new Promise<void>((resolve) => this.#wake = resolve);
    const raised = this.#raised;
    this.#raised = false;
    return raised;
  }
}
