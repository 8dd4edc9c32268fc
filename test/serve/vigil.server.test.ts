import { expect, inject, test, vi } from "vitest";
import { listen } from "../../src/serve/listen.ts";
import { Vigil } from "../../src/serve/vigil.ts";
import { RawWebSocket } from "../support/raw_websocket.ts";
import { testWhere } from "../support/test_where.ts";
import { TestAcceptor } from "./acceptor.ts";

/** An event loop whose turns are the test's, and how many of them nothing slept through. */
class Loop {
  #next: (() => void) | undefined;
  readonly vigil = new Vigil((then) => this.#next = then);

  get awake(): boolean {
    return this.#next !== undefined;
  }

  turn(): void {
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }

  /** How many turns it stays awake when nothing comes. */
  rest(): number {
    let turns = 0;
    for (; this.awake; turns++) this.turn();
    return turns;
  }

  /** Lone messages until a vigil begins. */
  occasions(): number {
    for (let count = 1;; count++) {
      this.vigil.wrote(["short"]);
      if (this.awake) return count;
    }
  }
}

test("after a lone message the loop stays awake for a while, then it may sleep", () => {
  const loop = new Loop();
  loop.vigil.wrote([new Uint8Array(40)]);
  expect(loop.rest()).toBe(101);
});

test("each message that follows in time begins the while anew", () => {
  const loop = new Loop();
  loop.vigil.wrote(["question"]);
  for (let message = 0; message < 10; message++) {
    for (let turn = 0; turn < 90; turn++) loop.turn();
    expect(loop.awake).toBe(true);
    loop.vigil.wrote(["answer"]);
  }
  expect(loop.rest()).toBe(101);
});

test("vigils in vain become rare, to one in 257 occasions", () => {
  const loop = new Loop();
  const occasions = [];
  for (let vigil = 0; vigil < 7; vigil++) {
    occasions.push(loop.occasions());
    loop.rest();
  }
  expect(occasions).toEqual([1, 2, 6, 22, 86, 257, 257]);
});

test("vigils that are worth it become frequent again", () => {
  const loop = new Loop();
  for (let vigil = 0; vigil < 5; vigil++) {
    loop.occasions();
    loop.rest();
  }
  expect(loop.occasions()).toBe(257);
  for (let message = 0; message < 9; message++) {
    loop.turn();
    loop.turn();
    loop.vigil.wrote(["in time"]);
  }
  loop.rest();
  expect(loop.occasions()).toBe(2);
});

test("many messages, or large ones, keep no vigil, and end one", () => {
  for (const frames of [["one", "two"], ["x".repeat(1024)], [new Uint8Array(1024)]]) {
    const loop = new Loop();
    loop.vigil.wrote(frames);
    expect(loop.awake).toBe(false);
    loop.vigil.wrote(["lone"]);
    loop.turn();
    loop.vigil.wrote(frames);
    expect(loop.rest()).toBe(1);
  }
});

test("two connections that get one message each in the same turn are many", () => {
  const loop = new Loop();
  loop.vigil.wrote(["one"]);
  loop.vigil.wrote(["another"]);
  expect(loop.rest()).toBe(1);
});

// On Deno there is none.
testWhere(inject("runtime") !== "deno")("a listener says what it has written", async () => {
  const wrote = vi.spyOn(Vigil.prototype, "wrote");
  const acceptor = new TestAcceptor();
  const listener = await listen(acceptor);
  const client = await RawWebSocket.open(listener.url, { protocols: ["wamp.2.json"] });
  const { connection } = await acceptor.next();
  connection.sendFrame("answer");
  expect(await client.text()).toBe("answer");
  expect(wrote).toHaveBeenCalledExactlyOnceWith(["answer"]);
  wrote.mockRestore();
  client.destroy();
  await listener.close();
});
