import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient, WampError } from "@izaber/wamp";
import type { Clock, LivenessLimits } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { joined, scripted } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

const liveness = { silence: 20_000, deadline: 5_000 };

afterEach(() => {
  vi.unstubAllGlobals();
  // A browser's own document is what it was.
  if (page !== undefined) { for (const name of stubbed) Reflect.deleteProperty(page, name); }
});

const { document: page } = globalThis as { document?: object };
const stubbed = ["visibilityState", "addEventListener", "removeEventListener"];

/** A browser with one page, seen at first. */
function stubBrowser() {
  const target = new EventTarget();
  const browser = {
    listeners: 0,
    visibilityState: "visible",
    dispatch: (type: string) => target.dispatchEvent(new Event(type)),
  };
  const addEventListener = (type: string, listener: () => void) => {
    browser.listeners += 1;
    target.addEventListener(type, listener);
  };
  const removeEventListener = (type: string, listener: () => void) => {
    browser.listeners -= 1;
    target.removeEventListener(type, listener);
  };
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("addEventListener", addEventListener);
  vi.stubGlobal("removeEventListener", removeEventListener);
  if (page === undefined) vi.stubGlobal("document", {});
  Object.defineProperties((globalThis as { document?: object }).document, {
    visibilityState: { get: () => browser.visibilityState, configurable: true },
    addEventListener: { value: addEventListener, configurable: true },
    removeEventListener: { value: removeEventListener, configurable: true },
  });
  return browser;
}

describe("liveness", () => {
  test("a router that has been silent is asked, and any answer is a sign of life", async () => {
    const { client, clock, peer } = await joined({ liveness });
    clock.advance(10_000);
    clock.advance(9_999);
    await settle();
    expect(peer.unread).toBe(0);
    clock.advance(1);
    const probe = await peer.next(MessageType.CALL);
    expect(probe.uri).toBe("wamp.session.count");
    peer.send([MessageType.ERROR, MessageType.CALL, probe.firstId, {}, "wamp.error.not_authorized"]);
    await settle();
    clock.advance(5_000);
    await settle();
    expect([client.status, client.session?.pending.calls]).toEqual(["ready", 0]);
    clock.advance(10_000);
    clock.advance(10_000);
    expect((await peer.next(MessageType.CALL)).uri).toBe("wamp.session.count");
  });

  test("a router that sends is not asked, whatever it sends", async () => {
    const { client, clock, peer } = await joined({ liveness });
    for (let n = 0; n < 20; n++) {
      peer.send([MessageType.EVENT, 1, n, {}]);
      await settle();
      clock.advance(10_000);
    }
    await settle();
    expect([client.status, peer.unread]).toEqual(["ready", 0]);
  });

  test("a connection that is half open is dropped with a reason, and another one made", async () => {
    const { client, router, clock, peer } = await joined({ liveness });
    const left: unknown[] = [];
    client.on("leave", (info) => left.push(info));
    const call = client.call("a.slow").catch((error) => error);
    await peer.next(MessageType.CALL);
    clock.advance(20_000);
    await peer.next(MessageType.CALL);
    clock.advance(5_000);
    await peer.closed;
    expect(await call).toMatchObject({
      code: "connection_lost",
      mayHaveRun: true,
      message: expect.stringContaining(
        "no answer from the router within 5000 ms, after 20000 ms in which nothing came",
      ),
    });
    expect(left).toMatchObject([{ cause: "lost", message: expect.stringContaining("no answer from the router") }]);
    await settle();
    clock.advance(60_000);
    await router.join(8);
    await settle();
    expect([client.status, client.session?.id]).toEqual(["ready", 8]);
  });

  test("what comes while the answer is awaited counts, too", async () => {
    const { client, clock, peer } = await joined({ liveness });
    clock.advance(20_000);
    await peer.next(MessageType.CALL);
    peer.send([MessageType.EVENT, 1, 1, {}]);
    await settle();
    clock.advance(5_000);
    await settle();
    expect(client.status).toBe("ready");
  });

  test("an answer that lies unread as time is up, since this side was busy, is a sign of life", async () => {
    const { client, clock, peer } = await joined({ liveness });
    clock.advance(20_000);
    const probe = await peer.next(MessageType.CALL);
    // Timers fire before what has come is read.
    clock.sleep(5_100);
    await settle();
    peer.send([MessageType.RESULT, probe.firstId, {}], [1]);
    await peer.next(MessageType.CANCEL);
    await peer.next(MessageType.CALL);
    await settle();
    clock.advance(5_000);
    await settle();
    expect(client.status).toBe("ready");
  });

  test("of who is busy as time is up a router that says nothing is asked once more", async () => {
    const { client, clock, peer } = await joined({ liveness });
    clock.advance(20_000);
    await peer.next(MessageType.CALL);
    clock.sleep(5_100);
    await peer.next(MessageType.CANCEL);
    await peer.next(MessageType.CALL);
    clock.sleep(5_100);
    await peer.closed;
    expect(client.status).toBe("waiting");
  });

  test("a machine that has slept asks at once, and dials at once", async () => {
    const { client, router, clock, peer } = await joined({ liveness });
    clock.sleep(3_600_000);
    const probe = await peer.next(MessageType.CALL);
    peer.send([MessageType.RESULT, probe.firstId, {}], [1]);
    await settle();
    expect(client.status).toBe("ready");
    router.failures.push(
      new WampError("host_unknown", "no network yet"),
      new WampError("host_unknown", "no network yet"),
    );
    peer.connection.terminate();
    await settle();
    clock.advance(clock.next ?? 0);
    await settle();
    expect([client.status, router.dialled]).toEqual(["waiting", 2]);
    clock.sleep(3_600_000);
    await settle();
    expect(router.dialled).toBeGreaterThanOrEqual(3);
  });

  test("in a page in the background, whose timers all fire late, a half-open connection is noticed, too", async () => {
    const { client, clock, peer } = await joined({ liveness });
    for (let minute = 0; minute < 5; minute++) {
      clock.sleep(60_000);
      const probe = await peer.next(MessageType.CALL);
      peer.send([MessageType.RESULT, probe.firstId, {}], [1]);
      await settle();
    }
    expect(client.status).toBe("ready");
    clock.sleep(60_000);
    await peer.next(MessageType.CALL);
    // That it was not answered in time says nothing yet: the machine may have slept.
    clock.sleep(60_000);
    await settle();
    expect(client.status).toBe("ready");
    await peer.next(MessageType.CANCEL);
    await peer.next(MessageType.CALL);
    clock.sleep(60_000);
    await peer.closed;
    expect(client.status).toBe("waiting");
    await client.close();
    expect(clock.pending).toBe(0);
  });

  test("a machine that sleeps again and again while it asks keeps a connection that answers", async () => {
    const { client, clock, peer } = await joined({ liveness });
    for (let night = 0; night < 3; night++) {
      clock.sleep(3_600_000);
      await peer.next(MessageType.CALL);
      clock.sleep(3_600_000);
      await peer.next(MessageType.CANCEL);
      const probe = await peer.next(MessageType.CALL);
      peer.send([MessageType.RESULT, probe.firstId, {}], [1]);
      await settle();
    }
    expect(client.status).toBe("ready");
  });

  test("a clock that is set back keeps nothing from being noticed", async () => {
    const time = new FakeClock();
    let set = 0;
    const clock: Clock = { now: () => time.now() + set, timer: (milliseconds, fire) => time.timer(milliseconds, fire) };
    const { client, peer } = await joined({ liveness, clock });
    set = -3_600_000;
    time.advance(10_000);
    time.advance(20_000);
    await peer.next(MessageType.CALL);
    set *= 2;
    time.advance(5_000);
    await peer.closed;
    expect(client.status).toBe("waiting");
    await client.close();
    expect(time.pending).toBe(0);
  });

  test("false asks nothing, ever", async () => {
    const { clock, peer } = await joined({ liveness: false });
    expect(clock.pending).toBe(0);
    clock.sleep(3_600_000);
    await settle();
    expect(peer.unread).toBe(0);
  });

  test("it is on unless it is turned off, and ends with the client", async () => {
    const { client, clock, peer } = await joined({ liveness: undefined });
    clock.advance(10_000);
    clock.advance(10_000);
    clock.advance(10_000);
    expect((await peer.next(MessageType.CALL)).uri).toBe("wamp.session.count");
    const closing = client.close();
    await peer.goodbye();
    await closing;
    expect(clock.pending).toBe(0);
  });

  test("the network's coming back is noticed where the runtime tells", async () => {
    const browser = stubBrowser();
    const { client, router, clock } = scripted();
    router.failures.push(new WampError("host_unknown", "offline"));
    const opened = client.open({ retry: true });
    await settle();
    expect([client.status, browser.listeners]).toEqual(["waiting", 3]);
    browser.dispatch("online");
    const peer = await router.join(7);
    await opened;
    const leaving = client.leave();
    await peer.goodbye();
    await leaving;
    expect(browser.listeners).toBe(0);
    const joining = client.join();
    await peer.welcome(8);
    await joining;
    expect(browser.listeners).toBe(3);
    const closing = client.close();
    await peer.goodbye();
    await closing;
    expect([browser.listeners, clock.pending]).toEqual([0, 0]);
  });

  test("a page that is seen again asks at once, and dials at once", async () => {
    const browser = stubBrowser();
    const { client, router, peer } = await joined({ liveness });
    const probed = async (type: string) => {
      browser.dispatch(type);
      await settle();
      if (peer.unread === 0) return false;
      const probe = await peer.next(MessageType.CALL);
      peer.send([MessageType.RESULT, probe.firstId, {}], [1]);
      await settle();
      return true;
    };
    expect(await probed("pageshow")).toBe(true);
    expect(await probed("visibilitychange")).toBe(true);
    browser.visibilityState = "hidden";
    expect(await probed("visibilitychange")).toBe(false);
    router.failures.push(new WampError("host_unknown", "no network yet"));
    peer.connection.terminate();
    await settle();
    expect(client.status).toBe("waiting");
    browser.dispatch("visibilitychange");
    await settle();
    expect([client.status, router.dialled]).toEqual(["waiting", 1]);
    browser.visibilityState = "visible";
    browser.dispatch("visibilitychange");
    await settle();
    expect(router.dialled).toBe(2);
    await client.close();
    expect(browser.listeners).toBe(0);
  });

  test("a thousand lost sessions leave no timer and no request behind", async () => {
    const { client, router, clock } = scripted({ liveness, reconnect: { initialDelay: 1, maxDelay: 1 } });
    const opened = client.open({ retry: true });
    for (let id = 1; id <= 1_000; id++) {
      const peer = await router.join(id);
      await settle();
      if (id % 2 === 0) peer.connection.terminate();
      else {
        // Half open.
        clock.advance(20_000);
        await peer.next(MessageType.CALL);
        clock.advance(5_000);
        await peer.closed;
      }
      await settle();
      expect(clock.pending).toBe(2);
      clock.advance(1);
    }
    await opened;
    const peer = await router.join(1_001);
    await settle();
    const closing = client.close();
    await peer.goodbye();
    await closing;
    expect([clock.pending, router.dialled]).toEqual([0, 1_001]);
  });

  test.each([
    ["silence", { silence: 0 }],
    ["deadline", { deadline: -1 }],
    ["pause", { pause: 1 }],
  ])("%s is refused where it is wrong", (name, wrong) => {
    expect(() => createClient("ws://127.0.0.1:1/", { realm: "realm1", liveness: wrong as LivenessLimits })).toThrow(
      `liveness.${name}`,
    );
  });
});
