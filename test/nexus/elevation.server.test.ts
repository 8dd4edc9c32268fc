import { expect, test } from "vitest";
import { Nexus, nexus } from "../../src/nexus/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { RecordedNexus } from "./recorded_nexus.ts";

/** Answers reauthentication as Nexus does, over a clock of its own. */
async function start(elevatedFor = 0) {
  const router = await RecordedNexus.start();
  const [server, wamp] = [await router.connect(), await router.connect()];
  const clock = new FakeClock();
  const asked: string[] = [];
  let until = clock.now() + elevatedFor;
  const left = () => until > clock.now() && (until - clock.now()) / 1000;
  const grant = () => (until = clock.now() + 120_000, 120);
  const serve = (name: string, answer: (password: unknown) => unknown) =>
    server.register(`com.izaber.wamp.auth.${name}`, ([password]) => (asked.push(name), answer(password)));
  await serve("reauthenticate", (password) => password === "right" && grant());
  await serve("reauthenticate_expire", () => (until = 0, null));
  await serve("is_reauthenticated", () => left());
  await serve("extend_reauthenticate", () => left() !== false && grant());
  return {
    router,
    clock,
    asked,
    nexus: new Nexus(wamp, clock),
    [Symbol.asyncDispose]: () => router[Symbol.asyncDispose](),
  };
}

test("the timer is begun, read, extended and ended as recorded", async () => {
  await using router = await RecordedNexus.start("auth-reauthenticate");
  const wamp = nexus(await router.connect());
  expect(await wamp.isReauthenticated()).toEqual(expect.any(Number));
  expect(await wamp.extend()).toBe(120);
  expect(await wamp.expire()).toBe(undefined);
  expect(await wamp.isReauthenticated()).toBe(false);
  expect(await wamp.extend()).toBe(false);
  expect(await wamp.reauthenticate("wrong")).toBe(false);
  expect(await wamp.reauthenticate("frontend-2-pass")).toBe(120);
});

test("work is done elevated, and what began with it ends with it", async () => {
  await using test = await start();
  const answer = await test.nexus.withElevation(() => test.nexus.isReauthenticated(), { password: () => "right" });
  expect(answer).toBe(120);
  expect(await test.nexus.isReauthenticated()).toBe(false);
  expect(test.clock.pending).toBe(0);
});

test("a session that is elevated already is not asked for the password, and stays elevated", async () => {
  await using test = await start(60_000);
  const password = () => {
    throw new Error("asked");
  };
  expect(await test.nexus.withElevation(() => "done", { password })).toBe("done");
  expect(await test.nexus.isReauthenticated()).toBe(120);
});

test("a wrong or missing password refuses before the work begins", async () => {
  await using test = await start();
  let begun = false;
  const work = () => void (begun = true);
  await expect(test.nexus.withElevation(work, { password: "wrong" })).rejects.toMatchObject({
    code: "authentication_failed",
  });
  await expect(test.nexus.withElevation(work)).rejects.toThrow(/withElevation\(work, \{ password \}\)/);
  expect(begun).toBe(false);
  expect(test.asked).not.toContain("reauthenticate_expire");
  expect(test.clock.pending).toBe(0);
});

test("what the work throws comes through, and the elevation ends", async () => {
  await using test = await start();
  const failing = test.nexus.withElevation(() => Promise.reject(new Error("broken")), { password: "right" });
  await expect(failing).rejects.toThrow("broken");
  expect(test.asked.at(-1)).toBe("reauthenticate_expire");
});

test("long work stays elevated, without a password in between", async () => {
  await using test = await start();
  await test.nexus.withElevation(async () => {
    for (let minute = 0; minute < 5; minute++) {
      const extended = test.asked.length;
      test.clock.advance(60_000);
      await expect.poll(() => test.asked.length).toBe(extended + 1);
      await expect.poll(() => test.clock.pending).toBe(1);
    }
    expect(await test.nexus.isReauthenticated()).toBe(120);
  }, { password: "right" });
  expect(test.asked.filter((name) => name === "reauthenticate")).toHaveLength(1);
});

test("works at the same time share one password, and the last one ends it", async () => {
  await using test = await start();
  let asked = 0;
  const password = () => (asked += 1, "right");
  const first = Promise.withResolvers<void>();
  const one = test.nexus.withElevation(() => first.promise, { password });
  expect(await test.nexus.withElevation(() => "two", { password })).toBe("two");
  expect(await test.nexus.isReauthenticated()).not.toBe(false);
  first.resolve();
  await one;
  expect(asked).toBe(1);
  expect(await test.nexus.isReauthenticated()).toBe(false);
});
