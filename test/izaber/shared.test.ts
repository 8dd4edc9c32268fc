import { afterEach, describe, expect, inject, test as testAnywhere, vi } from "vitest";
import { WampError } from "@izaber/wamp";
import type { Trace } from "@izaber/wamp";
import { config, initialize, wamp } from "@izaber/wamp/izaber";
import type { InitializeOptions } from "@izaber/wamp/izaber";
import { Queues } from "@izaber/wamp/service";
import { testWhere } from "../support/test_where.ts";

// An edge worker has no shared client.
const test = testWhere(inject("runtime") !== "workerd");

/** Sessions of one run share a router, so each test has a prefix of its own. */
function sections(connection: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  const uri_base = `com.example.t${crypto.randomUUID().replaceAll("-", "")}`;
  const url = inject("routerUrl");
  return {
    default: {
      wamp: { connection: { url, realm: "realm1", authmethods: ["anonymous"], uri_base, ...connection } },
      ...more,
    },
  };
}

afterEach(async () => {
  if (isInitialized()) await wamp.close();
});

function isInitialized(): boolean {
  try {
    return wamp.status !== "closed";
  } catch {
    return false;
  }
}

test("before initialize, wamp and config say what is to be done first", async () => {
  expect(() => wamp.call("a.b")).toThrow(/await initialize\(\)/);
  expect(() => wamp.status).toThrow(WampError);
  expect(() => config.get("a")).toThrow(/await initialize\(\)/);
  expect(await Promise.resolve(wamp)).toBe(wamp);
});

test("initialize connects the shared client, with the prefix of the configuration", async () => {
  const given = sections({}, { colour: "blue" });
  await initialize({ config: given });
  expect(wamp.status).toBe("ready");
  expect(wamp.serializer).toBe("cbor");
  expect(config.get("colour")).toBe("blue");
  expect([config.source, config.environment]).toEqual(["config", "default"]);
  const registration = await wamp.register("hello", ([name]) => `Hello ${name}`);
  expect(registration.procedure).toBe(`${given.default.wamp.connection.uri_base}.hello`);
  expect(await wamp.call("hello", ["you"])).toBe("Hello you");
});

test("the configuration says what is in force, the defaults of izaber-wamp where it is silent", async () => {
  await initialize({
    config: { live: {}, ...sections() },
    environment: "live",
    overlays: [{ wamp: { connection: { username: "me" } } }],
  });
  const names = ["username", "realm", "authmethods", "timeout", "serializer"];
  expect(names.map((name) => config.get(`wamp.connection.${name}`))).toEqual(
    ["me", "realm1", ["anonymous"], 300, undefined],
  );
  expect([config.environment, config.get("wamp.run"), config.get("wamp.connection.url")]).toEqual(
    ["live", true, inject("routerUrl")],
  );
  expect(config.get("wamp.connection.password", "none")).toBe("none");
});

test("without an interface it is still the shared client, which follows initialize", async () => {
  const { untyped } = wamp;
  expect(untyped).toBe(wamp);
  await initialize({ config: sections() });
  await initialize({ config: sections() });
  expect(untyped.status).toBe("ready");
});

test("queues, classes of errors and what traces go to the client", async () => {
  class Refused extends Error {}
  const queues = new Queues({ slow: { limit: 1 } });
  const traced: string[] = [];
  const trace: Trace = ({ kind }, proceed) => {
    traced.push(kind);
    return proceed();
  };
  await initialize({ config: sections(), queues, errors: { "com.example.refused": Refused }, trace });
  await wamp.register("refuse", () => Promise.reject(new Refused("not today")), { queue: "slow" });
  await expect(wamp.call("refuse")).rejects.toThrow(Refused);
  expect(queues.get("slow").statistics.started).toBe(1);
  expect(traced).toContain("invocation");
});

test("whoami asks auth.whoami", async () => {
  await initialize({ config: sections({ serializer: "json" }) });
  await wamp.register("auth.whoami", () => ({ authid: "someone", role: "frontend" }));
  expect(await wamp.whoami()).toEqual({ authid: "someone", role: "frontend" });
});

test("with run: false, or wamp.run false in the configuration, it does not connect until opened", async () => {
  const joins: string[] = [];
  await initialize({ config: sections(), run: false });
  expect(wamp.status).toBe("idle");
  wamp.on("join", (_, details) => void joins.push(details.realm ?? "realm1"));
  await wamp.open();
  expect(joins).toHaveLength(1);
  const given = sections();
  await initialize({ config: given, overlays: [{ wamp: { run: false } }] });
  expect(wamp.status).toBe("idle");
  await initialize({ config: given, overlays: [{ wamp: { run: false } }], run: true });
  expect(wamp.status).toBe("ready");
});

test("a listener given before initialize hears the first client, and every later one", async () => {
  const joins: unknown[] = [];
  const removed: unknown[] = [];
  const remove = wamp.on("join", (session) => void joins.push(session));
  wamp.on("join", () => void removed.push(1))();
  await initialize({ config: sections() });
  const first = wamp.session;
  await initialize({ config: sections() });
  expect(joins).toEqual([first, wamp.session]);
  expect(joins[1]).not.toBe(first);
  remove();
  await initialize({ config: sections() });
  expect(joins).toHaveLength(2);
  expect(removed).toEqual([]);
  expect(() => wamp.on("joined" as "join", () => {})).toThrow("expected a function for one of connect");
});

test("initialize again starts anew and closes the client of the time before", async () => {
  await initialize({ config: sections() });
  const { session } = wamp;
  const left = new Promise((resolve) => wamp.on("leave", resolve));
  await Promise.all([initialize({ config: sections() }), initialize({ config: sections() })]);
  await left;
  expect(wamp.status).toBe("ready");
  expect(wamp.session).not.toBe(session);
});

test("options that are wrong are refused before anything is read", async () => {
  const wrong = (options: unknown) => initialize(options as InitializeOptions).catch((error) => error);
  expect(await wrong({ enviroment: "live", config: sections() })).toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining('Cannot initialize: there is no option "enviroment"; there are environment'),
  });
  expect(await wrong("wamp")).toMatchObject({ code: "invalid_argument" });
  expect(await wrong({ run: "false", config: sections() })).toMatchObject({ code: "invalid_argument" });
  expect(isInitialized()).toBe(false);
});

test("a wamp.run that is none is refused before a session is there", async () => {
  const joined: string[] = [];
  const stop = wamp.on("join", () => void joined.push("joined"));
  const error = await initialize({ config: sections(), overlays: [{ wamp: { run: "false" } }] }).catch((e) => e);
  stop();
  expect(error).toMatchObject({ code: "config_invalid", message: expect.stringContaining("wamp.run of environment") });
  expect(joined).toEqual([]);
});

test("a failure leaves the client and the configuration of the time before in place", async () => {
  await initialize({ config: sections({}, { colour: "blue" }) });
  const { session } = wamp;
  await expect(initialize({ config: sections({ url: 5 }) })).rejects.toMatchObject({ code: "config_invalid" });
  await expect(initialize({ config: { live: {} } })).rejects.toMatchObject({ code: "config_invalid" });
  await expect(initialize({ config: sections({ realm: "no.such.realm" }) })).rejects.toBeInstanceOf(WampError);
  expect(wamp.session).toBe(session);
  expect(config.get("colour")).toBe("blue");
});

test("what Nexus adds is on the shared client, and follows it from one to the next", async () => {
  const connection = {
    url: inject("nexusUrl"),
    realm: "izaber",
    username: "USERNAME",
    password: "PASSWORD",
    authmethods: ["ticket"],
  };
  const given = { default: { wamp: { connection } } };
  await initialize({ config: given });
  expect(await wamp.whoami()).toEqual({ authid: "username", role: "frontend" });
  const { metadata } = wamp;
  const key = crypto.randomUUID();
  await metadata.set(key, "kept");
  await initialize({ config: given });
  expect(await wamp.metadata.get(key)).toBe("kept");
  expect(wamp.metadata).toBe(metadata);
  await metadata.delete(key);
  expect(await wamp.metadata.get(key)).toBeNull();
});

describe("on an edge worker", () => {
  testAnywhere("the shared client throws, and says what to do instead", async () => {
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    try {
      expect(() => wamp.call).toThrow("await using wamp = await connect(url, options)");
      expect(() => wamp.roster).toThrow(WampError);
      await expect(initialize({ config: sections() })).rejects.toThrow("its sockets belong to one request");
      expect(await Promise.resolve(wamp)).toBe(wamp);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  testWhere(inject("runtime") === "workerd")("workerd is one", () => {
    expect(() => wamp.call).toThrow("await using");
  });
});
