import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { connect } from "../../mod.ts";
import { openRealm, Router } from "../../src/router/mod.ts";
import { listen, listenRawSocket, mountBun, mountNode } from "../../src/serve/mod.ts";
import type { ListenOptions, RawSocketListenOptions } from "../../src/serve/mod.ts";

const router = new Router({ realms: [openRealm("realm1")] });

describe("listen refuses", () => {
  test.each<[unknown, string]>([
    [5, "Cannot listen: options is 5, expected an object such as { port: 8080 }"],
    [{ bogus: 1 }, 'Cannot listen: there is no option "bogus"; there are port, hostname, tls'],
    [{ port: 99_999 }, "Cannot listen: the option port is 99999, expected a whole number from 0 to 65535"],
    [{ port: "80" }, 'the option port is "80"'],
    [{ port: -1 }, "the option port is -1"],
    [{ hostname: 5 }, "the option hostname is 5"],
    [{ hostname: "" }, 'the option hostname is "", expected an address such as "127.0.0.1"'],
    [{ tls: { cert: "a" } }, "the option tls.key is undefined"],
    [{ tls: { cert: "a", key: "b", clientCertificate: true } }, "the option tls.clientCertificate is true"],
    [{ paths: ["ws"] }, 'the option paths is an array, expected an array of paths that begin with "/"'],
    [{ origins: "*" }, 'the option origins is "*", expected an array of origins'],
    [{ proxies: "10.0.0.1" }, 'the option proxies is "10.0.0.1"'],
    [{ limits: { conections: 5 } }, 'there is no option "limits.conections"; there are connections'],
    [{ limits: { connections: 0 } }, "the option limits.connections is 0, expected a number above 0"],
    [{ longPoll: { path: "lp" } }, 'the option longPoll.path is "lp"'],
    [
      { longPoll: { path: "/lp/" } },
      'the option longPoll.path is "/lp/", expected a path that begins with "/" and does',
    ],
    [{ longPoll: { path: "/" } }, 'the option longPoll.path is "/"'],
    [{ compression: "yes" }, 'the option compression is "yes"'],
    [{ pingInterval: -1 }, "the option pingInterval is -1"],
    [{ pingInterval: Infinity }, "the option pingInterval is Infinity, expected a finite number of at least 0"],
    [{ maxMessageSize: "1 MiB" }, 'the option maxMessageSize is "1 MiB"'],
    [{ clock: Date }, "the option clock is a function, expected a clock: { now, timer }"],
    [{ random: Math }, "the option random is an object, expected a source of randomness: { bytes, number }"],
  ])("%j", async (options, why) => {
    const refusal = await listen(router, options as ListenOptions).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "invalid_argument", message: expect.stringContaining(why) });
  });
});

describe("listenRawSocket refuses", () => {
  test.each<[unknown, string]>([
    [{ paths: ["/ws"] }, 'Cannot listen for RawSocket: there is no option "paths"; there are port, hostname, path'],
    [{ port: 65_536 }, "the option port is 65536"],
    [{ path: "" }, 'the option path is ""'],
    [{ hostname: "" }, 'the option hostname is ""'],
    [{ path: "a.socket", clock: { now: Date.now } }, "the option clock is an object, expected a clock: { now, timer }"],
    [{ maxMessageSize: 1_000 }, "Cannot take messages up to 1000 bytes"],
  ])("%j", async (options, why) => {
    const refusal = await listenRawSocket(router, options as RawSocketListenOptions).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "invalid_argument", message: expect.stringContaining(why) });
  });
});

test("mounts refuse what is for a port of their own", () => {
  const wrong = { port: 80 } as object;
  const why = 'Cannot mount the router: there is no option "port"; there are paths';
  expect(() => mountBun(router, wrong)).toThrow(why);
  // On Bun that does not mount on node:http at all.
  if (!("Bun" in globalThis)) expect(() => mountNode(router, createServer(), wrong)).toThrow(why);
});

test("what is undefined leaves the default in its place", async () => {
  const unsaid = { port: undefined, hostname: undefined, paths: undefined, pingInterval: undefined, limits: undefined };
  const listener = await listen(router, unsaid as unknown as ListenOptions);
  const client = await connect(listener.url, { realm: "realm1" });
  expect(listener.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/);
  await client.close();
  await listener.close();
});

test("a connection may have no high-water mark", async () => {
  const listener = await listen(router, { highWaterMark: Infinity });
  const client = await connect(listener.url, { realm: "realm1" });
  expect(await client.call("wamp.session.count")).toBe(1);
  await client.close();
  await listener.close();
});
