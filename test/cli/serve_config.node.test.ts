import { execFileSync } from "node:child_process";
import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { connect as connectTls } from "node:tls";
import { join } from "node:path";
import { connect, ticket } from "@izaber/wamp";
import { longPollDialer } from "@izaber/wamp/longpoll";
import { rawSocketDialer } from "@izaber/wamp/rawsocket";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseServeConfig } from "../../src/cli/serve_config.ts";
import { certificate, key, otherCertificate, otherKey } from "../support/certificate.ts";
import { nexus, Program } from "./program.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "wamp-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const SEED = `
roles:
  frontend:
    - { uri: "com.izaber.wamp.*", perms: "crsp" }
users:
  - { login: "someone", password: "secret", role: "frontend" }
`;

const someone = { realm: "izaber", auth: ticket("someone", "secret"), prefix: "com.izaber.wamp" };

describe("a configuration", () => {
  test("that nexus init writes is accepted, and so is every key that it shows", async () => {
    const file = join(folder, "nexus.yaml");
    expect(await nexus("init", file)).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(file) });
    const text = await readFile(file, "utf8");
    const config = parseServeConfig(text, file);
    expect(config).toEqual({
      ...parseServeConfig("", file),
      nexus: { ...parseServeConfig("", file).nexus, realm: "izaber" },
      listeners: [{ kind: "websocket", tls: undefined, options: { hostname: "127.0.0.1", port: 8080, limits: {} } }],
    });
    const all = text.replaceAll(/^(\s*)# (?=(- |[a-z_]+:|  +(- |[a-z_]+:)))/gm, "$1");
    expect(all.match(/leniency:|rawsocket:|cookie:/g)?.length).toBeGreaterThan(3);
    const shown = parseServeConfig(all, file);
    expect(shown.listeners).toHaveLength(3);
    expect(shown.directory).toMatchObject({
      ldap: { servers: [{ host: "ldap.example.com", port: 636, tls: true }], lookupPassword: "PASSWORD" },
    });
    expect(shown.restrictions.get("apikey")).toEqual([{ uri: "com.izaber.wamp.system.db.*", perms: "" }]);
    expect(shown.nexus).toMatchObject({ timeZone: "America/Vancouver", notificationGrace: 120_000 });
    expect(shown.nexus.slowSubscribers).toBe("drop-newest");

    expect(await nexus("init", file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("it is there already"),
    });
    expect(await readFile(file, "utf8")).toBe(text);
    expect(await nexus("init", `${file}/none/nexus.yaml`)).toMatchObject({ code: 1 });
    expect(await nexus("init", join(folder, "none", "nexus.yaml"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the folder for it is not there; make that, or name another file"),
    });
    expect((await nexus("init", "-")).stdout).toBe(text);
  });

  test.each<[string, string | RegExp]>([
    ["nexuz: {}", "nexuz is an unknown key; the file may have nexus"],
    ["nexus: { relm: x }", "nexus.relm is an unknown key; nexus may have realm,"],
    ["nexus: { db: { pth: x } }", "nexus.db.pth is an unknown key; nexus.db may have path,"],
    ["nexus: { db: 1 }", "nexus.db is 1; it has to be a section"],
    ["nexus: { realm: 1 }", "nexus.realm is 1; it has to be a URI"],
    ["nexus: { realm: 'a b' }", 'nexus.realm is "a b"; it has to be a URI'],
    ["nexus: { db: { startup_vacuum: 1 } }", "nexus.db.startup_vacuum is 1; it has to be true or false"],
    ["nexus: { limits: { pending_calls: -1 } }", "nexus.limits.pending_calls is -1; it has to be a number above 0"],
    ["nexus: { limits: 0 }", "nexus.limits is 0; it has to be a section"],
    ["nexus: { limits: { pending_calls: 0 } }", "nexus.limits.pending_calls is 0; it has to be a number above 0"],
    [
      "nexus: { listeners: [{ websocket: { limits: { connections_per_address: 0 } } }] }",
      "nexus.listeners[0].websocket.limits.connections_per_address is 0; it has to be a number above 0",
    ],
    [
      "nexus: { listeners: [{ rawsocket: { port: 1, limits: { connections: 0 } } }] }",
      "nexus.listeners[0].rawsocket.limits.connections is 0; it has to be a number above 0",
    ],
    ["nexus: { roster: { entries: -1 } }", "nexus.roster.entries is -1; it has to be a finite number of at least 0"],
    ["nexus: { limits: { calls: 1 } }", /nexus\.limits\.calls is an unknown key.*pending_calls/],
    ["nexus: { cookie: { max_age: 0.5 } }", "nexus.cookie.max_age is 0.5; it has to be a whole number from 1"],
    [
      "nexus: { slow_subscribers: drop }",
      'slow_subscribers is "drop"; it has to be "drop-newest" or "drop-oldest" or "disconnect"',
    ],
    ["nexus: { time_zone: Nowhere }", /nexus\.time_zone is "Nowhere".*America\/Vancouver/],
    ["nexus: { leniency: { everything: true } }", /leniency\.everything is an unknown key.*keys_make_keys/],
    ["nexus: { apikey: { permissions: [{ uri: a.b, perms: x }] } }", /apikey\.permissions\[0\]\.perms is "x".*crspoq/],
    ["nexus: { apikey: { permissions: [{ uri: 'a..b', perms: c }] } }", "apikey.permissions[0].uri cannot be used"],
    ["nexus: { apikey: { permissions: a } }", 'nexus.apikey.permissions is "a"; it has to be a list'],
    ["nexus: { ldap: { server: [] } }", "nexus.ldap.server is empty"],
    ["nexus: { ldap: { server: [{}], basedn: a, login_template: '{login}' } }", "nexus.ldap.server[0].host is missing"],
    ["nexus: { ldap: { server: [{ host: a }] } }", "nexus.ldap.user_base is missing"],
    ["nexus: { ldap: { server: [{ host: a }], basedn: b, login_template: x } }", /login_template has no \{login\}/],
    ["nexus: { listeners: [] }", "nexus.listeners is empty"],
    ["nexus: { listeners: [{}] }", "nexus.listeners[0] has to be one listener"],
    ["nexus: { listeners: [{ websocket: { prt: 1 } }] }", "nexus.listeners[0].websocket.prt is an unknown key"],
    ["nexus: { listeners: [{ websocket: { port: 70000 } }] }", /websocket\.port is 70000.*0 to 65535/],
    ["nexus: { listeners: [{ websocket: { paths: [ws] } }] }", 'websocket.paths has "ws"'],
    ["nexus: { listeners: [{ websocket: { long_poll: { path: lp } } }] }", 'long_poll.path is "lp"'],
    ["nexus: { listeners: [{ websocket: { long_poll: { session_timeout: 0 } } }] }", "long_poll.session_timeout is 0"],
    ["nexus: { listeners: [{ websocket: { tls: { cert: a } } }] }", "websocket.tls.key is missing"],
    ["nexus: { listeners: [{ rawsocket: { host: a } }] }", "nexus.listeners[0].rawsocket needs a port or a path"],
  ])("%s is refused, with its place", (text, message) => {
    const parse = () => parseServeConfig(text, "some.yaml");
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: "config_invalid" }));
    expect(parse).toThrow("some.yaml");
  });

  test("that is no YAML is refused with the line", () => {
    expect(() => parseServeConfig("nexus:\n  realm: [\n", "some.yaml")).toThrow(/some\.yaml, line \d+/);
  });
});

describe("nexus serve --config", () => {
  test("opens the listeners of the file, on its data, and flags stand above it", async () => {
    const socket = join(folder, "nexus.socket");
    await write("seed.yaml", SEED);
    await write("cert.pem", certificate);
    await write("key.pem", key);
    const file = await write(
      "nexus.yaml",
      `
nexus:
  db: { path: ./data }
  seed: seed.yaml
  listeners:
    - websocket: { port: 1, long_poll: { path: /poll } }
    - websocket: { port: 0, tls: { cert: cert.pem, key: key.pem } }
    - rawsocket: { path: nexus.socket }
`,
    );
    await using program = new Program(["serve", "--config", file, "--port", "0", "--rawsocket", "0"]);
    await program.ready();
    const urls = /nexus listens on (.*) \(realm izaber/.exec(program.output)![1]!.split(", ");
    expect(urls.map((url) => url.replace(/\d+(?=$|\/ws$)/, "PORT"))).toEqual([
      "ws://127.0.0.1:PORT/ws",
      "wss://127.0.0.1:PORT/ws",
      `unix://${socket}`,
      "tcpip://127.0.0.1:PORT",
    ]);
    expect((await stat(join(folder, "data", "nexus.db"))).isFile()).toBe(true);
    const poll = urls[0]!.replace("ws:", "http:").replace("/ws", "/poll");
    for (const dialer of [urls[0]!, longPollDialer(poll), rawSocketDialer(urls[2]!), rawSocketDialer(urls[3]!)]) {
      const client = await connect(dialer, someone);
      expect(await client.call("auth.whoami")).toEqual({ authid: "someone", role: "frontend" });
      await client.close();
    }
    const status = await new Promise((resolve, reject) => {
      request(urls[1]!.replace("wss:", "https:"), { ca: certificate, servername: "localhost" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject).end();
    });
    expect(status).toBe(426);
    expect(await program.stop()).toMatchObject({ code: 0, stderr: "" });
  });

  test("asks the directory that the file names", async () => {
    await write(
      "people.yaml",
      "users: [{ dn: cn=ada, attributes: { name: [Ada], sAMAccountName: [ada] } }]\ngroups: []\n",
    );
    await write("seed.yaml", SEED);
    const ldap = "ldap: { server: [{ host: 'file://people.yaml' }] }";
    const file = await write(
      "nexus.yaml",
      `nexus: { seed: seed.yaml, ${ldap}, listeners: [{ websocket: { port: 0 } }] }`,
    );
    await using program = new Program(["serve", "--config", file]);
    const client = await connect(await program.ready(), someone);
    expect(JSON.stringify(await client.call("directory.users"))).toContain("cn=ada");
    await client.close();
    expect((await program.stop()).code).toBe(0);
  });

  test("takes in a changed seed and renewed certificates at SIGHUP", async () => {
    await write("seed.yaml", SEED);
    await write("cert.pem", certificate);
    await write("key.pem", key);
    const tls = "{ port: 0, tls: { cert: cert.pem, key: key.pem } }";
    const listeners = `[{ websocket: { port: 0 } }, { websocket: ${tls} }]`;
    const file = await write("nexus.yaml", `nexus: { seed: seed.yaml, listeners: ${listeners} }`);
    await using program = new Program(["serve", "--config", file]);
    await program.says(/nexus listens/);
    const [plain, secure] = /nexus listens on (.*) \(realm izaber/.exec(program.output)![1]!.split(", ");
    const shown = () =>
      new Promise((resolve, reject) => {
        const socket = connectTls(
          { port: Number(new URL(secure!).port), host: "127.0.0.1", rejectUnauthorized: false },
          () => {
            resolve(socket.getPeerCertificate().subject.CN);
            socket.destroy();
          },
        ).on("error", reject);
      });
    expect(await shown()).toBe("localhost");
    await write("seed.yaml", `${SEED}  - { login: "other", password: "secret", role: "frontend" }\n`);
    await write("cert.pem", otherCertificate);
    await write("key.pem", otherKey);
    void program.stop("SIGHUP");
    await program.says(/reloaded users/);
    expect(await shown()).toBe("renewed.example.com");
    const other = await connect(plain!, { ...someone, auth: ticket("other", "secret") });
    await other.close();
    expect((await program.stop()).code).toBe(0);
  });

  test(
    "takes in permissions at SIGHUP, says what needs a restart, and stays as it was when the file is wrong",
    async () => {
      await write("seed.yaml", SEED);
      const listeners = "listeners: [{ websocket: { port: 0 } }]";
      const text = (permissions: string, more = "") =>
        `nexus:\n  seed: seed.yaml\n  ${listeners}\n  local: { permissions: [${permissions}] }\n${more}`;
      const file = await write("nexus.yaml", text(""));
      await using program = new Program(["serve", "--config", file]);
      const url = await program.ready();
      const client = await connect(url, someone);
      await client.register("example.one", () => 1);
      expect(await client.call("example.one")).toBe(1);

      await write(
        "nexus.yaml",
        text(
          '{ uri: "com.izaber.wamp.example.*", perms: "" }',
          "  roster: { entries: 5 }\n  db: { zombie_lifespan: 60 }\n",
        ),
      );
      void program.stop("SIGHUP");
      await program.says(
        /reloaded users, roles and permissions; restart for what has changed in db\.zombie_lifespan, roster$/m,
      );
      await expect(client.call("example.one")).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });

      await write("nexus.yaml", "nexus: { relm: x }");
      void program.stop("SIGHUP");
      await program.says(/the configuration stays as it was: .*nexus\.relm is an unknown key/);
      await expect(client.call("example.one")).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
      expect(await client.call("auth.whoami")).toEqual({ authid: "someone", role: "frontend" });
      await client.close();

      // What the file says no more is in force no more.
      const data = join(folder, "nexus-data");
      const kept = ["restrictions", "list", "--data", data];
      expect((await nexus(...kept)).stdout).toContain('"local"');
      const refused = await nexus("restrictions", "save", "local", "a.b=", "--data", data);
      expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining("the server's configuration says") });
      await write("nexus.yaml", `nexus:\n  seed: seed.yaml\n  ${listeners}\n`);
      const reloaded = program.says(/reloaded users, roles and permissions$/m);
      void program.stop("SIGHUP");
      await reloaded;
      const again = await connect(url, someone);
      await again.register("example.one", () => 1);
      expect(await again.call("example.one")).toBe(1);
      await again.close();
      expect((await nexus(...kept)).stdout).not.toContain('"local"');
      expect((await program.stop()).code).toBe(0);
    },
    60_000,
  );

  test("a SIGHUP whose seed is refused takes no restriction away", async () => {
    await write("seed.yaml", SEED);
    const open = "listeners: [{ websocket: { port: 0 } }]";
    const local = 'local: { permissions: [{ uri: "com.izaber.wamp.example.*", perms: "" }] }';
    const file = await write("nexus.yaml", `nexus: { seed: seed.yaml, ${open}, ${local} }`);
    await using program = new Program(["serve", "--config", file]);
    const client = await connect(await program.ready(), someone);
    const refused = { uri: "wamp.error.not_authorized" };
    await expect(client.call("example.one")).rejects.toMatchObject(refused);
    await write("seed.yaml", `realm: another\n${SEED}`);
    await write("nexus.yaml", `nexus: { seed: seed.yaml, ${open} }`);
    void program.stop("SIGHUP");
    await program.says(/the configuration stays as it was: .*another/);
    await expect(client.call("example.one")).rejects.toMatchObject(refused);
    await client.close();
    expect((await program.stop()).code).toBe(0);
  });

  test("takes a SIGHUP that comes before it is up once it is up", async () => {
    const text = "nexus: { listeners: [{ websocket: { port: 0 } }] }";
    const file = join(folder, "nexus.yaml");
    execFileSync("mkfifo", [file]);
    await using program = new Program(["serve", "--config", file]);
    const pipe = await open(file, "w"); // waits until the program reads
    void program.stop("SIGHUP");
    await pipe.writeFile(text);
    await pipe.close();
    await program.ready();
    await writeFile(file, text); // as above: it reads again
    await program.says(/reloaded users/);
    expect((await program.stop()).code).toBe(0);
  });

  test.each<[string[], number, RegExp]>([
    [["--config", "absent.yaml"], 1, /Cannot read the configuration absent\.yaml: there is no such file/],
    [["--config", "x", "--open", "realm1"], 2, /leave out --config/],
    [["--config", "x", "--insecure"], 2, /--insecure goes with --open/],
    [["--data", "d", "--rawsocket", ":"], 2, /HOST:PORT, PORT or unix:PATH/],
    [["--data", "d", "--rawsocket", "a:b"], 2, /'a:b'.*0 to 65535/],
    [["--open", "r", "--rawsocket", "0.0.0.0:1"], 2, /everyone who reaches 0\.0\.0\.0/],
  ])("%j fails in one line", async (args, code, message) => {
    const ending = await nexus("serve", ...args);
    expect(ending.stderr).toMatch(/^nexus: [^\n]+\n$/);
    expect(ending.stderr).toMatch(message);
    expect(ending.code).toBe(code);
  });

  test("a certificate that cannot be read is named, and nothing stays open", async () => {
    const listeners = "listeners: [{ websocket: { port: 0 } }, { websocket: { tls: { cert: a.pem, key: b.pem } } }]";
    const file = await write("nexus.yaml", `nexus: { ${listeners} }`);
    const ending = await nexus("serve", "--config", file);
    expect(ending.code).toBe(1);
    expect(ending.stderr).toMatch(/Cannot read .*a\.pem: there is no such file/);
  });
});
