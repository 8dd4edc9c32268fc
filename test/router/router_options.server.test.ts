import { describe, expect, test } from "vitest";
import { anonymousAuthenticator } from "../../src/auth/mod.ts";
import { connect } from "../../mod.ts";
import { memoryCookies, memoryHistory, openRealm, Router } from "../../src/router/mod.ts";
import type { RouterOptions } from "../../src/router/mod.ts";
import { systemRandom, WampError } from "../../src/wire/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";

const realm = openRealm("realm1");

function refusalOf(options: unknown, make: (options: never) => unknown = (given) => new Router(given)): string {
  try {
    make(options as never);
  } catch (error) {
    expect(WampError.is(error, "invalid_argument")).toBe(true);
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

describe("a router refuses", () => {
  test.each<[unknown, string]>([
    [
      undefined,
      'Cannot make a router: options is undefined, expected an object such as { realms: [openRealm("realm1")] }',
    ],
    [{}, "Cannot make a router: the option realms is undefined, expected an array of realms"],
    [{ realms: realm }, "the option realms is an object, expected an array"],
    [{ realms: [], bogus: 1 }, 'Cannot make a router: there is no option "bogus"; there are realms, onDemand, limits'],
    [{ realms: [], onDemand: false }, "the option onDemand is false, expected true, or (name) =>"],
    [{ realms: [], limits: null }, "the option limits is null"],
    [{ realms: [], cookies: {} }, "the option cookies is an object, expected what memoryCookies() gives"],
    [{ realms: [], serializers: [] }, "the option serializers is an array, expected at least one"],
    [{ realms: [], agent: 5 }, "the option agent is 5"],
    [{ realms: [], clock: Date }, "the option clock is a function, expected a clock: { now, timer }"],
    [
      { realms: [], random: Math },
      "the option random is an object, expected a source of randomness: { bytes, number }",
    ],
    [{ realms: [], onError: "log" }, 'the option onError is "log", expected (error) => void'],
  ])("%j", (options, why) => {
    expect(refusalOf(options)).toContain(why);
  });

  test.each<[unknown, string]>([
    [null, "Cannot open a realm: options is null"],
    [{ authenticators: [] }, "Cannot open a realm: the option name is undefined"],
    [{ ...realm, name: "a b" }, 'Cannot open realm "a b": the option name is "a b", expected a URI such as "realm1"'],
    [{ name: "r" }, 'Cannot open realm "r": the option authenticators is undefined'],
    [{ ...realm, bogus: 1 }, 'Cannot open realm "realm1": there is no option "bogus"; there are name, authenticators'],
    [
      { name: "r", authenticators: [{ method: "ticket" }] },
      "authenticators[0] is an object, expected { method, begin }",
    ],
    [{ name: "r", authenticators: [undefined] }, "authenticators[0] is undefined"],
    [{ name: "r", authenticators: [{ procedure: "a.b" }] }, "authenticators[0].method is undefined"],
    [{ name: "r", authenticators: [{ method: "x", procedure: "a b" }] }, 'authenticators[0].procedure is "a b"'],
    [
      { name: "r", authenticators: [{ method: "x", procedure: "a", timout: 1 }] },
      'no option "authenticators[0].timout"',
    ],
    [
      { name: "r", authenticators: [anonymousAuthenticator(), anonymousAuthenticator()] },
      'a second one for "anonymous"',
    ],
    [{ ...realm, authorizer: "com.x" }, 'the option authorizer is "com.x", expected { authorize('],
    [{ ...realm, authorizer: { procedure: "a", timeout: 0 } }, "the option authorizer.timeout is 0"],
    [{ ...realm, uriRules: "lose" }, 'the option uriRules is "lose", expected "loose" or "strict"'],
    [{ ...realm, strict: "yes" }, 'the option strict is "yes", expected true or false'],
    [{ ...realm, timeoutUnit: "ms" }, 'the option timeoutUnit is "ms", expected "milliseconds" or "seconds"'],
    [{ ...realm, slowSubscribers: "drop" }, 'slowSubscribers is "drop", expected "drop-newest" or "drop-o'],
    [{ ...realm, history: { topic: [] } }, 'there is no option "history.topic"; there are topics, store'],
    [{ ...realm, history: { topics: [], store: {} } }, "the option history.store is an object"],
    [{ ...realm, observer: {} }, "the option observer is an object"],
  ])("the realm %j", (options, why) => {
    expect(refusalOf({ realms: [options] })).toContain(why);
  });
});

describe("cookies in memory refuse", () => {
  test.each<[unknown, string]>([
    [null, "Cannot keep cookies: options is null, expected an object such as { maxAge: 3_600 }"],
    [{ nam: "id" }, 'Cannot keep cookies: there is no option "nam"; there are name, maxAge, secure, clock, random'],
    [{ name: "" }, 'the option name is "", expected a name of letters, digits'],
    [{ name: "id; Domain=example.com" }, 'the option name is "id; Domain=example.com", expected a name of letters'],
    [{ name: "id\r\nx" }, 'the option name is "id\\r\\nx", expected a name of letters'],
    [{ maxAge: 0 }, "the option maxAge is 0, expected a whole number of at least 1"],
    [{ maxAge: 1.5 }, "the option maxAge is 1.5, expected a whole number of at least 1"],
    [{ maxAge: Infinity }, "the option maxAge is Infinity, expected a whole number of at least 1"],
    [{ secure: "no" }, 'the option secure is "no", expected true or false'],
    [{ clock: { now: Date.now } }, "the option clock is an object, expected a clock: { now, timer }"],
    [{ random: Math.random }, "the option random is a function, expected a source of randomness"],
  ])("%j", (options, why) => {
    expect(refusalOf(options, memoryCookies)).toContain(why);
  });
});

describe("a history in memory refuses", () => {
  test.each<[unknown, string]>([
    [null, "Cannot keep a history: options is null, expected an object such as { bytes: 1_000_000 }"],
    [{ byte: 5 }, 'Cannot keep a history: there is no option "byte"; there are bytes'],
    [{ bytes: 0 }, "the option bytes is 0, expected a number above 0"],
    [{ bytes: "1 MiB" }, 'the option bytes is "1 MiB", expected a number above 0'],
    [{ bytes: NaN }, "the option bytes is NaN"],
  ])("%j", (options, why) => {
    expect(refusalOf(options, memoryHistory)).toContain(why);
  });
});

test("cookies in memory take what is right, and what is undefined for what was not said", () => {
  const given = { name: "__Host-id", maxAge: 60, secure: false, clock: new FakeClock(), random: systemRandom };
  const { value, setCookie } = memoryCookies(given).handshake(undefined);
  expect(setCookie).toBe(`__Host-id=${value}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax`);
  const unsaid = Object.fromEntries(Object.keys(given).map((name) => [name, undefined]));
  expect(memoryCookies(unsaid).handshake(undefined).setCookie).toMatch(/^cbtid=\w+; Max-Age=604800; .*; Secure$/);
});

test("a router takes what is undefined for what was not said, and objects of classes", async () => {
  class Rules {
    authorize(): boolean {
      return true;
    }
  }
  const router = new Router({
    realms: [{ ...realm, authorizer: new Rules(), strict: undefined, observer: undefined }],
    onDemand: undefined,
    onError: undefined,
    agent: undefined,
  } as unknown as RouterOptions);
  const client = await connect(router.local(), { realm: "realm1" });
  await client.close();
  await router.close();
});

test("a realm on demand that is none is told to the router's owner, and refused to the client", async () => {
  const errors: unknown[] = [];
  const router = new Router({
    realms: [],
    onDemand: () => ({ authenticators: "anybody" }) as never,
    onError: (error) => errors.push(error),
  });
  const refusal = await connect(router.local(), { realm: "r", reconnect: false }).catch((error) => error);
  expect(refusal).toMatchObject({ reason: "wamp.error.no_such_realm" });
  expect(errors).toEqual([
    expect.objectContaining({
      code: "invalid_argument",
      message: expect.stringContaining('Cannot open realm "r": the option authenticators is "anybody"'),
    }),
  ]);
  await router.close();
});
