import { expect, test } from "vitest";
import type { Client, EventHandler } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";
import type { ScriptedPeer } from "../support/scripted_router.ts";

/** A client whose router grants every subscription as soon as it is told to, and counts who hears of an event. */
class Runs {
  readonly client: Client;
  /** Who has heard of the last event, in order. */
  heard: string[] = [];
  readonly #on = scripted();
  #peer: ScriptedPeer | undefined;
  #session = 7;

  constructor() {
    this.client = this.#on.client;
    void this.client.open({ retry: true });
  }

  handler(name: string): EventHandler {
    return () => this.heard.push(name);
  }

  /** Lets the next session join, after the one before is lost. */
  async join(): Promise<void> {
    if (this.#peer !== undefined) {
      this.#peer.connection.terminate();
      await settle();
      this.#on.clock.advance(60_000);
    }
    this.#peer = await this.#on.router.join(this.#session++);
    await this.grant();
  }

  async grant(): Promise<void> {
    await settle();
    while (this.#peer !== undefined && this.#peer.unread > 0) {
      await this.#peer.subscribed(3);
      await settle();
    }
  }

  /** Who hears of an event now. */
  async hear(): Promise<string[]> {
    this.heard = [];
    this.#peer?.send([MessageType.EVENT, 3, 20, {}]);
    await settle();
    return this.heard;
  }
}

function gates(): PromiseWithResolvers<void>[] {
  return Array.from({ length: 4 }, () => Promise.withResolvers<void>());
}

for (const [order, say] of [[[0, 1], "before"], [[1, 0], "after"]] as const) {
  test(`what a join listener makes late, ${say} the next run of it does, is made once`, async () => {
    const runs = new Runs();
    const gate = gates();
    let run = 0;
    runs.client.on("join", async () => {
      const mine = run++;
      await gate[mine]?.promise;
      await runs.client.subscribe("a.t", () => runs.heard.push(`run ${mine}`));
    });
    await runs.join();
    await runs.join();
    for (const late of order) {
      gate[late]?.resolve();
      await runs.grant();
    }
    expect(runs.client.status).toBe("ready");
    expect(await runs.hear()).toEqual([`run ${order[1]}`]);
    for (const next of [2, 3]) {
      gate[next]?.resolve();
      await runs.join();
      expect(await runs.hear()).toEqual([`run ${next}`]);
    }
  });
}

test("what a program makes while a join listener runs stays its own, also beside what that makes of the same kind", async () => {
  const runs = new Runs();
  const gate = gates();
  let run = 0;
  runs.client.on("join", async () => {
    await gate[run++]?.promise;
    await runs.client.subscribe("a.t", runs.handler("listener"));
  });
  await runs.join();
  const own = runs.client.subscribe("a.t", runs.handler("program"));
  const other = runs.client.subscribe("a.t", () => void runs.heard.push("other code"));
  await runs.grant();
  gate[0]?.resolve();
  await runs.grant();
  for (let session = 1; session < 4; session++) {
    expect(await runs.hear()).toEqual(expect.arrayContaining(["listener", "program", "other code"]));
    expect(runs.heard).toHaveLength(3);
    gate[session]?.resolve();
    await runs.join();
  }
  await (await own).unsubscribe();
  await (await other).unsubscribe();
  expect(await runs.hear()).toEqual(["listener"]);
});

test("a loop that is begun while a join listener runs goes on beside what that makes", async () => {
  const runs = new Runs();
  const gate = gates();
  let run = 0;
  runs.client.on("join", async () => {
    await gate[run++]?.promise;
    await runs.client.subscribe("a.t", runs.handler("listener"));
  });
  gate[0]?.resolve();
  await runs.join();
  await runs.join();
  const read = async () => {
    for await (const { publication } of runs.client.events("a.t")) runs.heard.push(`loop ${publication}`);
  };
  void read();
  void read();
  gate[1]?.resolve();
  await runs.grant();
  for (let session = 2; session < 4; session++) {
    expect((await runs.hear()).toSorted()).toEqual(["listener", "loop 20", "loop 20"]);
    gate[session]?.resolve();
    await runs.join();
  }
  expect((await runs.hear()).toSorted()).toEqual(["listener", "loop 20", "loop 20"]);
});

test("what a join listener makes several times by the same code is made as often, and what it makes once more is added", async () => {
  const runs = new Runs();
  let run = 0;
  runs.client.on("join", async () => {
    const mine = run++;
    for (const name of ["a", "b", "c"].slice(0, mine === 0 ? 2 : 3)) {
      await runs.client.subscribe("a.t", runs.handler(`${name}${mine}`));
    }
  });
  await runs.join();
  expect(await runs.hear()).toEqual(["a0", "b0"]);
  for (const session of [1, 2]) {
    await runs.join();
    expect((await runs.hear()).toSorted()).toEqual([`a${session}`, `b${session}`, `c${session}`]);
  }
});

test("a join listener that outlives its session replaces nothing that the program makes once the next one is ready", async () => {
  const runs = new Runs();
  const gate = gates();
  let run = 0;
  runs.client.on("join", async () => {
    await gate[run++]?.promise;
    await runs.client.subscribe("a.t", () => void runs.heard.push("listener"));
  });
  await runs.join();
  gate[1]?.resolve();
  await runs.join();
  expect(runs.client.status).toBe("ready");
  for (const name of ["a", "b"]) void runs.client.subscribe("a.t", runs.handler(name));
  await runs.grant();
  expect((await runs.hear()).toSorted()).toEqual(["a", "b", "listener"]);
  gate[0]?.resolve();
  await runs.grant();
  expect((await runs.hear()).toSorted()).toEqual(["a", "b", "listener"]);
  gate[2]?.resolve();
  await runs.join();
  expect((await runs.hear()).toSorted()).toEqual(["a", "b", "listener"]);
});
