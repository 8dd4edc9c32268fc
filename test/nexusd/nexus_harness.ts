import { createClient } from "../../src/client/connect.ts";
import type { Client } from "../../src/client/client.ts";
import { anonymous, ticket } from "../../src/auth/mod.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { createNexus } from "../../src/nexusd/nexus.ts";
import type { Nexus, NexusOptions } from "../../src/nexusd/nexus.ts";
import { parseSeed } from "../../src/nexusd/seed.ts";
import { RemoteError } from "../../src/wire/errors.ts";

const seed = parseSeed(
  `
realm: izaber
roles:
  public:
    - { uri: "*", perms: "csq" }
  frontend:
    - { uri: "*", perms: "crsp" }
    - { uri: "roster.*", perms: "oq" }
    - { uri: "documented.*", perms: "r!c" }
    - { uri: "closed.*", perms: "" }
  backend:
    - { uri: "*", perms: "crspoq" }
users:
  - { login: "ann", password: "pass", role: "frontend" }
  - { login: "bob", password: "pass", role: "backend" }
  - { login: "tom", password: "pass", role: "trust", email: "tom@example.com" }
`,
  "seed.yaml",
);

/** A Nexus with its clients, all of this process; disposing of it closes them. */
export class NexusHarness implements AsyncDisposable {
  readonly nexus: Nexus;
  readonly #clients: Client[] = [];

  private constructor(nexus: Nexus) {
    this.nexus = nexus;
  }

  /** Starts one with the users `ann` (frontend), `bob` (backend) and `tom` (trust). */
  static async start(options: Partial<NexusOptions> = {}): Promise<NexusHarness> {
    return new NexusHarness(await createNexus({ store: memoryStore(), seed, passwordRounds: 100, ...options }));
  }

  /** Joins as a user, or as a stranger. */
  async join(login?: string): Promise<Client> {
    const auth = login === undefined ? anonymous() : ticket(login, "pass");
    const client = createClient(this.nexus.router.local(), { realm: this.nexus.realm, auth, reconnect: false });
    this.#clients.push(client);
    await client.open();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.nexus.close();
  }
}

/** The error that a call ends in. */
export async function refusal(call: Promise<unknown>): Promise<{ uri: string; text: string }> {
  const error = await call.then(() => undefined, (error: unknown) => error);
  if (!(error instanceof RemoteError)) throw new Error(`no refusal: ${String(error)}`);
  return { uri: error.uri, text: String(error.args[0]) };
}
