import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect } from "../../mod.ts";
import { createApp, ProcedureRoutes, TopicRoutes } from "../../src/app/mod.ts";
import type { App, AppOptions } from "../../src/app/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import { settle } from "../support/scripted_router.ts";

/** A name that is as deep as a call can have it, and too deep for the event in which it comes. */
const nested = Array.from({ length: 125 }).reduce((inner) => [inner], 1 as unknown);

const rpc = new ProcedureRoutes()
  .route("shop.length", ([text]: [string]) => text.length)
  .route("shop.count", async function* ([text]: [string]) {
    yield 1;
    return text.length;
  })
  .route("shop.name", ([name]: [unknown], _kwargs, { session }) => session.send("shop.names", [{ name: [name] }]));

const topics = new TopicRoutes()
  .route("shop.names", () => {})
  .route(/shop\.before\.(.*)/, async function* ({ groups }) {
    yield JSON.parse(groups[0]!);
  })
  .route(/shop\.after\.(.*)/, async function* ({ groups }) {
    yield 1;
    JSON.parse(groups[0]!);
  })
  .route("shop.function", async function* () {
    yield () => {};
  });

const fails = () => {
  throw new Error("a listener's own fault");
};

const ways: readonly [string, AppOptions["onError"], number][] = [
  ["without onError", undefined, 0],
  ["with one that throws", fails, 1],
  ["with one that rejects", () => Promise.reject(new Error("a listener's own fault")), 1],
];

const uncaught: unknown[] = [];
beforeEach(() => void vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error)));
afterEach(() => {
  vi.unstubAllGlobals();
  // What a rejection or an error out of a microtask brings about fails the run itself.
  expect(uncaught.splice(0)).toEqual([]);
});

test.each(ways)("an app %s goes on, whatever strangers make its handlers do", async (_what, onError, least) => {
  const told = vi.fn(onError);
  const given = onError === undefined ? {} : { onError: told };
  const app = createApp({
    realm: "shop",
    authenticators: [({ peer }) => ({ authid: decodeURIComponent(peer.query ?? "") || "guest" })],
    ...given,
  }).add(rpc, topics);
  app.onOpen(fails);
  app.onClose(() => Promise.reject(new Error("closed")));
  app.onSubscribe(fails);
  app.onUnsubscribe(fails);
  await attacked(app);
  expect(told.mock.calls.length).toBeGreaterThanOrEqual(9 * least);
});

async function attacked(app: App): Promise<void> {
  const listener = await listen(app.router);
  const options = { realm: "shop", reconnect: false } as const;

  await expect(connect(`${listener.url}?%E0%A4%A`, options)).rejects.toMatchObject({ code: "authentication_failed" });

  const stranger = await connect(listener.url, options);
  await expect(stranger.call("shop.length", [null])).rejects.toMatchObject({ uri: "wamp.error.runtime_error" });
  await expect(stranger.call("shop.count", [null])).rejects.toMatchObject({ uri: "wamp.error.runtime_error" });
  await expect(stranger.subscribe("shop.before.x", () => {})).rejects.toMatchObject({
    uri: "wamp.error.runtime_error",
  });
  await stranger.subscribe("shop.after.x", () => {});
  await stranger.subscribe("shop.function", () => {});
  await stranger.subscribe("shop.names", () => {});
  await stranger.call("shop.name", [nested]);
  await stranger.close();

  const another = await connect(listener.url, options);
  expect(await another.call("shop.length", ["apple"])).toBe(5);
  await another.close();
  await listener.close();
  await app.close();
  await settle();
}
