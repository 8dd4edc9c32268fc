import type { Client } from "../client/client.ts";
import type { RealmWatch } from "./realm_watch.ts";
import { waitFor } from "./wait_for.ts";

/** For how long what is about to end may take to do so, in milliseconds. */
const GRACE = 1_000;

/**
 * Tells what still runs on a client: nothing where it ends within a second.
 *
 * @param client The client.
 * @param login Whose it is.
 * @returns A sentence, for people, if something does.
 */
export async function leftRunning(client: Client, login: string): Promise<string[]> {
  const pending = () => {
    const { calls = 0, requests = 0, invocations = 0 } = client.session?.pending ?? {};
    return [
      ...(calls > 0 ? [`${calls} calls without an answer`] : []),
      ...(requests > 0 ? [`${requests} requests without an answer`] : []),
      ...(invocations > 0 ? [`${invocations} handlers running`] : []),
    ];
  };
  await within(() => pending().length === 0);
  const what = pending();
  return what.length === 0 ? [] : [`the client of ${login} has ${what.join(" and ")}`];
}

/**
 * Tells which sessions are still there when a router has closed its own clients: none where they end within a second.
 *
 * @param watch Sees the realm.
 * @returns A sentence for each, for people.
 */
export async function leftOpen(watch: RealmWatch): Promise<string[]> {
  await within(async () => (await watch.identities()).length === 0);
  return (await watch.identities()).map((authid) =>
    `a session of ${authid} is open, of a client that is the test's own`
  );
}

async function within(condition: () => boolean | Promise<boolean>): Promise<void> {
  await waitFor(condition, { timeout: GRACE }).catch(() => {});
}
