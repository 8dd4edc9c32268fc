import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../src/client/connect.ts";
import type { Client } from "../../src/client/client.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { RemoteError } from "../../src/wire/errors.ts";
import type { Args, Dict, WampValue } from "../../src/wire/values.ts";
import { root } from "../run/alias.ts";
import { fillIn } from "../support/recording_match.ts";
import type { Bindings } from "../support/recording_match.ts";

/** A call of a recording, with its answer; beside the whole recordings, of which our own Nexus plays what it can. */
interface Exchange {
  readonly uri: string;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly result: unknown;
  /** The URI of an ERROR; undefined for a RESULT. */
  readonly error?: string;
}

const recordings: { readonly [scenario: string]: readonly Exchange[] } = JSON.parse(
  readFileSync(join(root, "test", "vectors", "nexus_calls.json"), "utf8"),
);

/** A router whose `com.izaber.wamp.*` answers as a real Nexus was recorded to, and the clients of one test. */
export class RecordedNexus implements AsyncDisposable {
  readonly router: Router = new Router({ realms: [openRealm("izaber")] });
  /** Every call that came, as URI, args, kwargs. */
  readonly calls: [uri: string, args: Args, kwargs: Dict][] = [];
  readonly #exchanges: Exchange[] = [];
  readonly #bindings: Bindings = new Map();
  readonly #clients: Client[] = [];

  /** @param scenarios The recordings; each exchange answers once, in their order. */
  static async start(...scenarios: string[]): Promise<RecordedNexus> {
    const nexus = new RecordedNexus();
    for (const scenario of scenarios) nexus.#exchanges.push(...recordings[scenario]!);
    const callee = await nexus.connect();
    await callee.register("com.izaber.wamp.", (args, kwargs, call) => nexus.#answer(call.procedure, args, kwargs), {
      match: "prefix",
    });
    return nexus;
  }

  /** @param prefix The client's prefix. */
  async connect(prefix = ""): Promise<Client> {
    const client = await connect(this.router.local(), { realm: "izaber", prefix });
    this.#clients.push(client);
    return client;
  }

  /** What a placeholder of the recordings stands for in this run. */
  value(placeholder: string): WampValue {
    return fillIn(placeholder, this.#bindings) as WampValue;
  }

  #answer(uri: string, args: Args, kwargs: Dict): WampValue {
    this.calls.push([uri, args, kwargs]);
    const asked = canonical([uri, args, kwargs]);
    const at = this.#exchanges.findIndex((one) =>
      canonical(fillIn([one.uri, one.args, one.kwargs], this.#bindings)) === asked
    );
    if (at < 0) throw new RemoteError("test.error.not_recorded", [asked]);
    const [{ result, error }] = this.#exchanges.splice(at, 1) as [Exchange];
    const values = fillIn(result, this.#bindings) as Args;
    if (error !== undefined) throw new RemoteError(error, values);
    return values[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.router.close();
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item: unknown) =>
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => a < b ? -1 : 1))
        : item,
  );
}
