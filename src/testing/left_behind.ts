import type { Client } from "../client/client.ts";

/** A client, and whose it is. */
export interface NamedClient {
  /** The client. */
  readonly client: Client;
  /** Whose it is. */
  readonly login: string;
}

/**
 * Tells what a test left behind.
 *
 * @param clients The clients that it had.
 * @returns A sentence for each thing, for people.
 */
export function leftBehind(clients: readonly NamedClient[]): string[] {
  return clients.flatMap(({ client, login }) => {
    if (client.status === "closed" || client.status === "idle") return [];
    const { calls = 0, requests = 0, invocations = 0 } = client.session?.pending ?? {};
    const what = [
      ...(calls > 0 ? [`${calls} calls without an answer`] : []),
      ...(requests > 0 ? [`${requests} requests without an answer`] : []),
      ...(invocations > 0 ? [`${invocations} handlers running`] : []),
    ];
    return [`the client of ${login} is ${client.status}${what.length > 0 ? `, with ${what.join(" and ")}` : ""}`];
  });
}
