import { expect, test } from "vitest";
import type { ClientStatus } from "@izaber/wamp";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

const done = { value: undefined, done: true };

async function readAll(statuses: AsyncIterable<ClientStatus>): Promise<ClientStatus[]> {
  const seen: ClientStatus[] = [];
  for await (const status of statuses) seen.push(status);
  return seen;
}

test("statuses begin with the present one, come in order, however slowly they are read, and end with closed", async () => {
  const { client, router, clock } = scripted();
  const [read, kept] = [readAll(client.statuses()), client.statuses()];
  const opened = client.open();
  // What is under way to the listeners of `status` has been told here already.
  const late = readAll(client.statuses());
  const peer = await router.join(7);
  await opened;
  peer.connection.terminate();
  await settle();
  clock.advance(250);
  const next = await router.join(8);
  await settle();
  const leaving = client.leave();
  await next.goodbye();
  await leaving;
  await client.close();
  const all = ["idle", "connecting", "joined", "ready", "waiting", "connecting", "joined", "ready", "left", "closed"];
  expect(await read).toEqual(all);
  expect(await readAll(kept)).toEqual(all);
  expect(await late).toEqual(all.slice(1));
});

test("statuses of a client that is closed are this one", async () => {
  const { client, router } = scripted();
  router.failures.push(new Error("down"));
  const failing = readAll(client.statuses());
  await client.open().catch(() => {});
  expect(await failing).toEqual(["idle", "connecting", "closed"]);
  expect(await readAll(client.statuses())).toEqual(["closed"]);
});

test("a loop that is left hears of nothing any more, also one that waits", async () => {
  const { client, peer } = await joined();
  const [left, waiting, other] = [client.statuses(), client.statuses(), client.statuses()];
  for await (const status of left) {
    expect(status).toBe("ready");
    break;
  }
  expect(await waiting.next()).toEqual({ value: "ready", done: false });
  const next = waiting.next();
  expect(await waiting.return?.()).toEqual(done);
  expect(await next).toEqual(done);
  peer.connection.terminate();
  await settle();
  await client.close();
  expect([await left.next(), await waiting.next()]).toEqual([done, done]);
  expect(await readAll(other)).toEqual(["ready", "waiting", "closed"]);
});

test("what nobody reads is bounded, and the last is not lost", async () => {
  const { client, router, clock } = scripted();
  const slow = client.statuses();
  const opened = client.open({ retry: true });
  for (let n = 0; n < 600; n++) {
    const peer = await router.join(7);
    await opened;
    peer.connection.terminate();
    await settle();
    clock.advance(30_000);
  }
  await (await router.accept()).welcome(8);
  void client.close();
  const seen = await readAll(slow);
  expect([seen.length, seen.at(-1)]).toEqual([1024, "closed"]);
});

test("a reader that closes the client at a status finds everything in place", async () => {
  const { client, router, clock } = scripted();
  router.failures.push(new Error("down"));
  const reading = (async () => {
    for await (const status of client.statuses()) if (status === "waiting") await client.close();
  })();
  await expect(client.open({ retry: true })).rejects.toMatchObject({ code: "closed" });
  await reading;
  expect([client.status, clock.pending]).toEqual(["closed", 0]);
});
