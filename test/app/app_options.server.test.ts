import { describe, expect, test } from "vitest";
import { connect } from "../../mod.ts";
import { createApp, ProcedureRoutes, serveApps, TopicRoutes } from "../../src/app/mod.ts";
import type { App, AppOptions } from "../../src/app/mod.ts";
import { anonymousAuthenticator } from "../../src/auth/mod.ts";
import { WampError } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";

function refusalOf(options: unknown): string {
  try {
    createApp(options as AppOptions);
  } catch (error) {
    expect(WampError.is(error, "invalid_argument")).toBe(true);
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

function thrownBy(act: (app: App) => unknown): unknown {
  try {
    act(createApp({ realm: "realm1" }));
  } catch (error) {
    return error;
  }
  throw new Error("it was taken");
}

test.each<[string, (app: App) => unknown, string]>([
  [
    "routes",
    (app) => app.add({} as never),
    "Cannot add routes: the option routes[0] is an object, expected new Proced",
  ],
  ["no factory", (app) => app.provide("a", 5 as never), 'Cannot provide "a": the option factory is 5, expected (call)'],
  ["no name", (app) => app.provide(5 as never, () => 1), "Cannot provide an argument: the option name is 5, expected"],
  [
    "no listener",
    (app) => app.onOpen(5 as never),
    'Cannot listen to "open": the option listener is 5, expected a func',
  ],
  [
    "no listener",
    (app) => app.onUnsubscribe(undefined as never),
    'Cannot listen to "unsubscribe": the option listener',
  ],
])("an app refuses what is %s", (_what, act, why) => {
  const error = thrownBy(act);
  expect(error).toMatchObject({ code: "invalid_argument", message: expect.stringContaining(why) });
});

test.each<[object | null, string]>([
  [{ parms: [] }, 'Cannot add a route for a.b: there is no option "parms"; there are match, params, schemas'],
  [{ params: "name" }, 'the option params is "name", expected an array of names, or { name, default }'],
  [{ params: [null] }, "the option params is an array, expected an array of names, or { name, default }"],
  [{ schemas: 5 }, "the option schemas is 5, expected an object with args, kwargs, result"],
  [{ schemas: { arg: {} } }, 'there is no option "schemas.arg"; there are args, kwargs, result'],
  [{ schemas: { args: {} } }, "the option schemas.args is an object, expected a Standard Schema, as zod and others"],
  [null, "Cannot add a route for a.b: options is null, expected an object"],
])("the route of a procedure refuses the options %j", (options, why) => {
  const error = thrownBy(() => new ProcedureRoutes().route("a.b", () => 1, options as object));
  expect(error).toMatchObject({ code: "invalid_argument", message: expect.stringContaining(why) });
});

test("the route of a topic refuses options that there are not", () => {
  const error = thrownBy(() => new TopicRoutes().route("a.b", () => {}, { params: [] } as object));
  expect(error).toMatchObject({ code: "invalid_argument", message: expect.stringContaining('no option "params"') });
});

const guest = () => ({ authid: "guest" });

describe("an app refuses", () => {
  test.each<[unknown, string]>([
    [undefined, 'Cannot make an app: options is undefined, expected an object such as { realm: "realm1" }'],
    ["realm1", 'Cannot make an app: options is "realm1", expected an object such as { realm: "realm1" }'],
    [{}, 'Cannot make an app: the option realm is undefined, expected a URI such as "realm1"'],
    [{ realm: "a b" }, 'the option realm is "a b", expected a URI such as "realm1"'],
    [
      { realm: "r", authenticator: guest },
      'Cannot make an app: there is no option "authenticator"; there are realm, authenticators, identify',
    ],
    [{ realm: "r", authenticators: guest }, "the option authenticators is a function, expected an array of authentica"],
    [
      { realm: "r", authenticators: [guest, "guest"] },
      'the option authenticators[1] is "guest", expected a function such as (request) => ({ authid }), or { method, be',
    ],
    [{ realm: "r", authenticators: [undefined] }, "the option authenticators[0] is undefined, expected a function"],
    [{ realm: "r", authenticators: [{ method: "ticket" }] }, "the option authenticators[0] is an object, expected"],
    [
      { realm: "r", authenticators: [{ method: "ticket", procedure: "com.example.login" }] },
      "the option authenticators[0] is an object, expected a function",
    ],
    [{ realm: "r", identify: "name" }, 'the option identify is "name", expected (principal, request) => identity'],
    [{ realm: "r", limits: 5 }, "the option limits is 5, expected an object such as { sessions: 1_000 }"],
    [{ realm: "r", limits: { session: 5 } }, 'there is no option "limits.session"; there are joinTimeout'],
    [{ realm: "r", limits: { sessions: "5" } }, 'the option limits.sessions is "5", expected a number above 0'],
    [{ realm: "r", slowSubscribers: "drop" }, 'the option slowSubscribers is "drop", expected "drop-newest" or "drop-'],
    [{ realm: "r", onError: null }, "the option onError is null, expected (error) => void"],
    [{ realm: "r", clock: { now: Date.now } }, "the option clock is an object, expected a clock: { now, timer }"],
  ])("%j", (options, why) => {
    expect(refusalOf(options)).toContain(why);
  });
});

test("several apps are served all or not at all, and only apps", async () => {
  const [one, two] = [createApp({ realm: "one" }), createApp({ realm: "two" })];
  const served = createApp({ realm: "three" });
  await using client = await connect(served.router.local(), { realm: "three", reconnect: false });
  const wrong: [unknown[], string][] = [
    [[undefined], "Cannot serve apps: the option apps is undefined, expected an array of apps that createApp() made"],
    [[one], "the option apps is a App, expected an array of apps"],
    [[[one, { realm: "two" }]], "the option apps is an array, expected an array of apps that createApp() made"],
    [[[one, one]], "one"],
    [[[one, served]], "Cannot serve the app of realm three twice"],
    [[[one], { limit: {} }], 'Cannot make a router: there is no option "limit"'],
  ];
  for (const [given, why] of wrong) {
    const serve = () => serveApps(...given as Parameters<typeof serveApps>);
    expect(serve).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(serve).toThrow(why);
  }
  expect(client.status).toBe("ready");
  const router = serveApps([one, two]);
  await (await connect(router.local(), { realm: "one", reconnect: false })).close();
  await Promise.all([one.close(), two.close(), served.close()]);
  await router.close();
});

test("an app takes everything that there is, and what is undefined for what was not said", async () => {
  const options: Required<AppOptions> = {
    realm: "realm1",
    authenticators: [() => undefined, anonymousAuthenticator()],
    identify: ({ authid }) => authid,
    limits: { sessions: 10, messagesPerSecond: Infinity },
    slowSubscribers: "disconnect",
    onError: () => {},
    clock: new FakeClock(),
  };
  const unsaid = Object.fromEntries(Object.keys(options).map((name) => [name, undefined]));
  for (const given of [options, { ...unsaid, realm: "realm1" }]) {
    const app = createApp(given);
    await using client = await connect(app.router.local(), { realm: "realm1", reconnect: false });
    expect(client.session).toBeDefined();
    await app.close();
  }
});
