import { expect } from "vitest";
import { connect } from "../../mod.ts";
import type { Client, ClientOptions } from "../../mod.ts";
import { createApp } from "../../src/app/mod.ts";
import type { App, AppOptions, ProcedureRoutes, TopicRoutes } from "../../src/app/mod.ts";
import { listen } from "../../src/serve/mod.ts";

/** An app on a loopback port with one client; nothing of it is left when it is disposed of. */
export interface Served extends AsyncDisposable {
  readonly app: App;
  readonly url: string;
  readonly client: Client;
  /** Connects another client. */
  connect(options?: Partial<ClientOptions>): Promise<Client>;
  /** Gives what the app reported; a test that expects failures has to take them. */
  takeErrors(): unknown[];
}

/**
 * Serves an app.
 *
 * @param options what it is made with
 * @param routes what it serves
 */
export async function served(
  options: Partial<AppOptions> = {},
  ...routes: (ProcedureRoutes | TopicRoutes)[]
): Promise<Served> {
  const errors: unknown[] = [];
  const app = createApp({ realm: "realm1", onError: (error) => errors.push(error), ...options }).add(...routes);
  const listener = await listen(app.router);
  const clients: Client[] = [];
  const join = async (options: Partial<ClientOptions> = {}) => {
    const client = await connect(listener.url, { realm: app.realm.name, reconnect: false, ...options });
    clients.push(client);
    return client;
  };
  return {
    app,
    url: listener.url,
    client: await join(),
    connect: join,
    takeErrors: () => errors.splice(0),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await listener.close();
      await app.close();
      expect([...app.sessions]).toEqual([]);
      expect(errors).toEqual([]);
    },
  };
}
