import { describe, expect, test } from "vitest";
import { WampError } from "@izaber/wamp";
import { Config, connectionOf } from "@izaber/wamp/izaber";

function failure(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (WampError.is(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("an environment", () => {
  const sections = {
    default: { wamp: { connection: { url: "wss://a/ws", username: "u" }, list: [1, 2] }, only: "default" },
    live: { wamp: { connection: { url: "wss://b/ws" }, list: [3] }, empty: null, "with.dot": 1 },
    empty: null,
  };

  test("goes over the section default: mappings are merged, lists replaced", () => {
    const live = new Config(sections, "izaber.yaml", { environment: "live" });
    expect(live.values).toEqual({
      wamp: { connection: { url: "wss://b/ws", username: "u" }, list: [3] },
      only: "default",
      empty: null,
      "with.dot": 1,
    });
    expect(new Config(sections, "izaber.yaml", { environment: "empty" }).get("only")).toBe("default");
  });

  test("is left alone by what is merged over it", () => {
    const before = structuredClone(sections);
    new Config(sections, "izaber.yaml", {
      environment: "live",
      overlays: [{ wamp: { connection: { username: "x" } } }],
    });
    expect(sections).toEqual(before);
  });

  test("lies under the overlays, which go in order and in which null replaces nothing", () => {
    const overlays = [{ only: "first", wamp: { connection: { username: null } } }, { only: "second" }];
    const config = new Config(sections, "izaber.yaml", { overlays });
    expect(config.get("only")).toBe("second");
    expect(config.get("wamp.connection.username")).toBe("u");
  });

  test("gives values by path, a key with a dot in it first, and the fallback where there is none", () => {
    const config = new Config(sections, "izaber.yaml", { environment: "live" });
    expect(config.get("wamp.connection.url")).toBe("wss://b/ws");
    expect(config.get("with.dot")).toBe(1);
    for (const path of ["wamp.nothing", "only.more", "wamp.list.0", "toString", "wamp.constructor", "", "__proto__"]) {
      expect(config.get(path)).toBeUndefined();
      expect(config.get(path, "fallback")).toBe("fallback");
    }
  });

  test("that is not there is an error that names those that are", () => {
    const { code, message } = failure(() => new Config(sections, "conf/izaber.yaml", { environment: "staging" }));
    expect(code).toBe("config_invalid");
    expect(message).toMatch(/^conf\/izaber\.yaml: .*"staging".*default, live, empty$/);
    expect(failure(() => new Config({ live: {} }, "izaber.yaml")).message).toMatch(/"default"/);
    expect(failure(() => new Config([1], "izaber.yaml")).message).toMatch(/no environments; begin with `default:`/);
    expect(failure(() => new Config(null, "izaber.yaml")).code).toBe("config_invalid");
  });

  test.each([
    [{ wamp: 5 }, { wamp: { run: true } }, /wamp is a number in one place and a mapping in another/],
    [{ wamp: { run: true } }, { wamp: { run: "no" } }, /wamp\.run is a boolean in one place and a string in another/],
    [{ list: [1] }, { list: { a: 1 } }, /list is a list in one place and a mapping in another/],
    [5, null, /the section of environment "live" is a number; write keys/],
    [5, { a: 1 }, /a section is a number in one place and a mapping/],
  ])("that does not go together with default is an error: %j, %j", (base, live, expected) => {
    const { code, message } = failure(() =>
      new Config({ default: base, live }, "izaber.yaml", { environment: "live" })
    );
    expect(code).toBe("config_invalid");
    expect(message).toMatch(expected);
  });

  test("cannot reach the prototypes of objects", () => {
    const sections = JSON.parse(
      '{"default": {"__proto__": {"polluted": 1}, "a": {}}, "x": {"__proto__": {"more": 2}}}',
    );
    const config = new Config(sections, "izaber.yaml", { environment: "x" });
    expect(Object.hasOwn(config.values, "__proto__")).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(config.get("polluted")).toBeUndefined();
  });
});

describe("wamp.connection", () => {
  const connection = (values: Record<string, unknown>) =>
    connectionOf(new Config({ default: { wamp: { connection: values } } }, "conf/izaber.yaml"));

  test("has the defaults of izaber-wamp", () => {
    const { url, options } = connection({ username: "USERNAME", password: "PASSWORD" });
    expect(url).toBe("wss://nexus.izaber.com/ws");
    expect(options).toMatchObject({ realm: "izaber", prefix: "com.izaber.wamp", timeout: 300_000 });
    expect(options.serializers?.map(({ name }) => name)).toEqual(["cbor"]);
    expect(options.auth).toMatchObject([{ method: "ticket", authid: "USERNAME" }]);
    expect(options.reconnect).toBeUndefined();
  });

  test("is read key by key", () => {
    const { url, options } = connection({
      url: "ws://127.0.0.1:8282/ws",
      realm: "realm1",
      uri_base: "",
      timeout: 1.5,
      serializers: ["msgpack", "json"],
      authmethods: ["anonymous"],
      auto_reconnect: false,
      agent: "tests",
    });
    expect(url).toBe("ws://127.0.0.1:8282/ws");
    expect(options).toMatchObject({ realm: "realm1", prefix: "", timeout: 1500, reconnect: false, agent: "tests" });
    expect(options.serializers?.map(({ name }) => name)).toEqual(["msgpack", "json"]);
    expect(options.auth).toMatchObject([{ method: "anonymous" }]);
  });

  test("takes `serializer` before `serializers`", () => {
    const { options } = connection({ authmethods: ["anonymous"], serializer: "json", serializers: ["cbor"] });
    expect(options.serializers?.map(({ name }) => name)).toEqual(["json"]);
  });

  test.each([
    [{ username: null }, 'wamp.connection.username of environment "default" is missing; add it'],
    [{ password: null }, 'wamp.connection.password of environment "default" is missing; add it'],
    [{ username: 5, password: "p" }, 'wamp.connection.username of environment "default" is 5; write a text, in quotes'],
    [{ url: "nexus.example.com" }, 'wamp.connection.url of environment "default" is "nexus.example.com"; write a URL'],
    [{ url: "https://nexus.example.com/ws" }, '"https://nexus.example.com/ws"; write a URL that begins with wss://'],
    [{ url: "ws://" }, "write a URL that begins with"],
    [{ realm: "a b" }, 'wamp.connection.realm of environment "default" is "a b"; write the realm'],
    [{ uri_base: "com." }, 'wamp.connection.uri_base of environment "default" is "com."; write a URI'],
    [{ serializer: "xml" }, 'wamp.connection.serializer of environment "default" is "xml"; use cbor, msgpack or json'],
    [{ serializers: "cbor" }, 'wamp.connection.serializers of environment "default" is "cbor"; write a list'],
    [{ serializers: [] }, 'wamp.connection.serializers of environment "default" is []; write a list'],
    [{ authmethods: ["magic"] }, 'wamp.connection.authmethods of environment "default" is ["magic"]; use ticket'],
    [{ timeout: "300" }, 'wamp.connection.timeout of environment "default" is "300"; write a number of seconds'],
    [{ timeout: -1 }, 'wamp.connection.timeout of environment "default" is -1; write a number of seconds'],
    [{ timeout: Infinity }, 'wamp.connection.timeout of environment "default" is Infinity; write a number of seconds'],
    [{ timeout: NaN }, 'wamp.connection.timeout of environment "default" is NaN; write a number of seconds'],
    [{ timeout: 1e300 }, 'wamp.connection.timeout of environment "default" is 1e+300; write a number of seconds'],
    [{ auto_reconnect: 1e300 }, 'wamp.connection.auto_reconnect of environment "default" is 1e+300; write true'],
    [{ url: "http://user:hunter2@h/?token=x" }, 'wamp.connection.url of environment "default" is "http://...@h/?..."'],
    [{ auto_reconnect: -1 }, 'wamp.connection.auto_reconnect of environment "default" is -1; write true, false or'],
    [{ serialiser: "cbor" }, 'wamp.connection.serialiser of environment "default" is not known; there are url, realm'],
    [{ auto_reconnect: "off" }, 'wamp.connection.auto_reconnect of environment "default" is "off"; write true'],
  ])("is refused with file, key, value and remedy: %j", (values, expected) => {
    const { code, message } = failure(() => connection({ username: "u", password: "p", ...values }));
    expect(code).toBe("config_invalid");
    expect(message).toMatch(/^conf\/izaber\.yaml: /);
    expect(message).toContain(expected);
  });

  test("may wait for its first attempt to reconnect as long as swampyer does", () => {
    const { options } = connection({ authmethods: ["anonymous"], auto_reconnect: 5 });
    expect(options.reconnect).toEqual({ initialDelay: 5000, maxDelay: 30_000 });
    expect(connection({ authmethods: ["anonymous"], auto_reconnect: 60 }).options.reconnect).toEqual({
      initialDelay: 60_000,
      maxDelay: 60_000,
    });
    expect(connection({ authmethods: ["anonymous"], auto_reconnect: true }).options.reconnect).toBeUndefined();
    expect(connection({ authmethods: ["anonymous"], auto_reconnect: 0 }).options.reconnect).toBe(false);
  });

  test("passes over what only swampyer knows, and takes its word for the username", () => {
    const { options } = connection({ authid: "ann", password: "p", sslopt: {}, ping_interval: 3, concurrency_max: 1 });
    expect(options.auth).toMatchObject([{ method: "ticket", authid: "ann" }]);
  });

  test.each([
    [
      { default: { wamp: { connection: "ann:secret" } } },
      'wamp.connection of environment "default" is a string; write',
    ],
    [{ default: { wamp: ["secret"] } }, 'wamp of environment "default" is a list; write keys and values'],
    [{ default: { "wamp.connection": 5 } }, 'wamp.connection of environment "default" is a number; write keys'],
  ])("is refused by its kind when it is no mapping: %j", (sections, expected) => {
    const { code, message } = failure(() => connectionOf(new Config(sections, "izaber.yaml")));
    expect([code, message]).toEqual(["config_invalid", expect.stringContaining(expected)]);
    expect(message).not.toContain("secret");
  });

  test.each([
    [{ wamp: { run: "false" } }, 'wamp.run of environment "default" is "false"; write true or false'],
    [
      { wamp: null, connection: { username: "u", password: "p" } },
      'connection of environment "default" stands beside wamp; indent it',
    ],
  ])("is refused for what stands beside it: %j", (section, expected) => {
    const { code, message } = failure(() => connectionOf(new Config({ default: section }, "izaber.yaml")));
    expect([code, message]).toEqual(["config_invalid", expect.stringContaining(expected)]);
  });

  test("never shows a password in an error", () => {
    const { message } = failure(() => connection({ username: "u", password: 123456 }));
    expect(message).toContain("wamp.connection.password");
    expect(message).not.toContain("123456");
  });
});
