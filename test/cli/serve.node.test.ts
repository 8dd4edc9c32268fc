import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, createClient, ticket } from "@izaber/wamp";
import { openSqliteStore } from "@izaber/wamp/nexusd";
import { rawSocketDialer } from "@izaber/wamp/rawsocket";
import { nexus, Program } from "./program.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "wamp-cli-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const seed = `
roles:
  frontend:
    - { uri: "com.izaber.wamp.auth.whoami", perms: "c" }
    - { uri: "com.izaber.wamp.my.*", perms: "c" }
users:
  - { login: "someone", password: "secret", role: "frontend" }
`;

async function writeSeed(name = "seed.yaml", text = seed): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

function session(url: string, user: string, password: string) {
  return connect(url, { realm: "izaber", auth: ticket(user, password), prefix: "com.izaber.wamp" });
}

describe("a Nexus", () => {
  test("tells the password of its first user once, and keeps what it is told", async () => {
    const args = ["serve", "--port", "0", "--data", join(folder, "data")];
    await using first = new Program(args);
    const url = await first.ready();
    const password = /the user "admin" with the password (\S+)/.exec(first.output)![1]!;
    const client = await session(url, "admin", password);
    expect(await client.call("auth.whoami")).toEqual({ authid: "admin", role: "trust" });
    await client.call("my.metadata.set", ["colour", "blue"]);
    await client.close();
    expect(await first.stop()).toMatchObject({ code: 0, stderr: "" });

    await using second = new Program(args);
    const again = await session(await second.ready(), "admin", password);
    expect(await again.call("my.metadata.get", ["colour"])).toBe("blue");
    await again.close();
    const { code, stdout } = await second.stop("SIGINT");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^nexus listens on ws:\/\/127\.0\.0\.1:\d+\/ws \(.*\)\n$/);
  });

  test("says GOODBYE to its sessions when it is stopped", async () => {
    await using program = new Program(["serve", "--port", "0", "--open", "realm1"]);
    const socket = new WebSocket(await program.ready(), ["wamp.2.json"]);
    const messages: unknown[][] = [];
    const goodbye = new Promise<unknown[]>((resolve) => {
      socket.onopen = () => socket.send(JSON.stringify([1, "realm1", { roles: { caller: {} } }]));
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data) as unknown[];
        messages.push(message);
        if (message[0] === 2) void program.stop();
        if (message[0] === 6) {
          socket.send(JSON.stringify([6, {}, "wamp.close.goodbye_and_out"]));
          resolve(message);
        }
      };
    });
    expect((await goodbye)[2]).toBe("wamp.close.system_shutdown");
    expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("goes on when nobody reads what it says, a password that nobody has seen included", async () => {
    const [data, socket] = [join(folder, "data"), join(folder, "socket")];
    await using program = new Program(["serve", "--port", "0", "--rawsocket", `unix:${socket}`, "--data", data]);
    program.stopReading();
    await program.says(
      /the password of "admin" could not be shown: set another with nexus users password admin --data/,
    );
    const ended = program.ended.then(({ code }) => {
      throw new Error(`it ended with ${code}`);
    });
    ended.catch(() => {});
    const client = createClient(rawSocketDialer(`unix://${socket}`), { realm: "izaber" });
    await Promise.race([client.open({ retry: true }), ended]);
    const left = new Promise((resolve) => client.on("leave", resolve));
    const { code, stderr } = await program.stop();
    expect(await left).toMatchObject({ reason: "wamp.close.system_shutdown" });
    expect([code, stderr.trim().split("\n").length]).toEqual([0, 1]);
    await client.close();
  });

  test.skipIf(!existsSync("/dev/full"))("goes on when the disk is full that takes what it says", async () => {
    const data = join(folder, "data");
    await using program = new Program(["serve", "--port", "0", "--data", data], undefined, {}, {
      stdout: "/dev/full",
    });
    await program.says(/cannot write to the standard output: ENOSPC/);
    await program.says(/could not be shown: set another/);
    expect((await program.stop()).code).toBe(0);
  });

  test("stops in time when a session does not answer its GOODBYE", async () => {
    await using program = new Program(["serve", "--port", "0", "--open", "realm1"]);
    const socket = new WebSocket(await program.ready(), ["wamp.2.json"]);
    const welcome = new Promise((resolve) => socket.onmessage = resolve);
    socket.onopen = () => socket.send(JSON.stringify([1, "realm1", { roles: { caller: {} } }]));
    await welcome;
    expect((await program.stop()).code).toBe(0);
    socket.close();
  });

  test("is filled from a seed; the same one again is skipped, another one refused", async () => {
    const data = join(folder, "data");
    const path = await writeSeed();
    const serve = ["serve", "--port", "0", "--data", data];
    await using first = new Program([...serve, "--seed", path]);
    const client = await session(await first.ready(), "someone", "secret");
    expect(await client.call("auth.whoami")).toEqual({ authid: "someone", role: "frontend" });
    await client.close();
    const { stdout: said, stderr } = await first.stop();
    expect(said).not.toContain("password");
    expect(stderr).toBe("");
    expect((await stat(data)).mode & 0o077).toBe(0);

    await using second = new Program([...serve, "--seed", path]);
    await second.ready();
    const { stdout } = await second.stop();
    expect(stdout.split("\n").filter((line) => line.includes("skipped"))).toHaveLength(1);

    const other = await nexus(...serve, "--seed", await writeSeed("other.yaml", `${seed}  - { login: "more" }\n`));
    expectOneLine(other, 1, /other\.yaml.*filled already.*another data directory/);
  });
});

test("a seed with passwords that everyone on the machine can read is worth one line", async () => {
  const path = await writeSeed();
  await chmod(path, 0o644);
  await using program = new Program(["serve", "--port", "0", "--data", join(folder, "data"), "--seed", path]);
  await program.ready();
  expect((await program.stop()).stderr).toBe(
    `nexus: the seed ${path} holds passwords and every user of this machine can read it; chmod 600 it\n`,
  );
});

function expectOneLine({ code, stdout, stderr }: Awaited<ReturnType<typeof nexus>>, expected: number, text: RegExp) {
  expect(stderr).toMatch(/^nexus: [^\n]+\n$/);
  expect(stderr).toMatch(text);
  expect(stdout).toBe("");
  expect(code).toBe(expected);
}

describe("one clear line and a failure for", () => {
  test.each([
    [["serve", "--prot", "1"], /unknown option '--prot' \(Did you mean --port\?\)/],
    [["serve", "--port", "x", "--open", "r"], /'x'.*0 to 65535/],
    [["serve", "--port", "65536", "--open", "r"], /'65536'.*0 to 65535/],
    [["serve", "--port"], /--port <number>' argument missing/],
    [["serve"], /nothing to serve: add --data FOLDER/],
    [["serve", "extra", "--open", "r"], /too many arguments.*extra/],
    [["serve", "extra"], /extra; see nexus serve --help/],
    [["sevre"], /unknown command 'sevre' \(Did you mean serve\?\)/],
    [["serve", "--open", "a b"], /--open "a b" is no realm's name/],
    [["serve", "--open", "r", "--data", "d"], /leave out --data/],
    [["serve", "--open", "r", "--seed", "s"], /leave out --seed/],
    [["serve", "--data", "d", "--insecure"], /--insecure goes with --open/],
    [["serve", "--open", "r", "--host", "0.0.0.0"], /everyone who reaches 0\.0\.0\.0.*--insecure/],
    [["serve", "--open", "r", "--host", "::"], /everyone who reaches ::/],
  ])("nexus %j", async (args, text) => {
    expectOneLine(await nexus(...args), 2, text);
  });

  test("a port that is in use", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as AddressInfo;
    const ending = await nexus("serve", "--port", String(port), "--open", "realm1");
    expectOneLine(ending, 1, new RegExp(`127\\.0\\.0\\.1:${port}: the port is in use`));
    holder.close();
  });

  test("a seed that cannot be read", async () => {
    const data = join(folder, "data");
    const seedArgs = (path: string) => ["serve", "--port", "0", "--data", data, "--seed", path];
    expectOneLine(await nexus(...seedArgs(join(folder, "absent.yaml"))), 1, /absent\.yaml: there is no such file/);
    expectOneLine(await nexus(...seedArgs(folder)), 1, /it is a folder/);
    const malformed = await writeSeed("malformed.yaml", "roles:\n  frontend: [\n");
    expectOneLine(await nexus(...seedArgs(malformed)), 1, /malformed\.yaml, line \d+: not YAML/);
    const wrong = await writeSeed("wrong.yaml", 'users:\n  - { logon: "x" }\n');
    expectOneLine(await nexus(...seedArgs(wrong)), 1, /wrong\.yaml: users\[0\] has the unknown key "logon"/);
  });

  test("a database that is damaged, which is left as it is", async () => {
    const damaged = "this is no database ".repeat(500);
    await writeFile(join(folder, "nexus.db"), damaged);
    const ending = await nexus("serve", "--port", "0", "--data", folder);
    expectOneLine(ending, 1, /nexus\.db/);
    expect(await readFile(join(folder, "nexus.db"), "utf8")).toBe(damaged);
  });

  test("a record in the database that is damaged", async () => {
    const store = openSqliteStore(join(folder, "nexus.db"));
    await store.write([
      { collection: "nexus", put: { key: "origin", value: { seed: null, realm: null } } },
      { collection: "roles", put: { key: "public", value: {} } },
    ]);
    await store.close();
    const ending = await nexus("serve", "--port", "0", "--data", folder);
    expectOneLine(ending, 1, /the record "public" in roles of the store \S+nexus\.db: its role is not its key/);
  });

  test("a data folder that is a file", async () => {
    const file = await writeSeed("file");
    expectOneLine(await nexus("serve", "--port", "0", "--data", file), 1, /file: it is a file; name a folder/);
  });

  test("a data folder that another server has open", async () => {
    await using first = new Program(["serve", "--port", "0", "--data", folder]);
    await first.ready();
    expectOneLine(
      await nexus("serve", "--port", "0", "--data", folder),
      1,
      /process \d+ .*has it open\. Stop that one/,
    );
    await first.stop();
  });
});

describe("an open realm", () => {
  test("lets anonymous sessions do everything", async () => {
    await using program = new Program(["serve", "--port", "0", "--open", "realm1"]);
    const client = await connect(await program.ready(), { realm: "realm1" });
    await client.register("any.thing", ([value]) => value);
    expect(await client.call("any.thing", ["x"])).toBe("x");
    await client.close();
    await program.stop();
  });

  test("is closed to the pages of other sites, unless told to be insecure", async () => {
    const statusFor = async (url: string, headers: Record<string, string>): Promise<number> => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const upgrade = {
        connection: "upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-protocol": "wamp.2.json",
      };
      request(url.replace("ws:", "http:"), { headers: { ...upgrade, ...headers } })
        .on("response", (response) => resolve(response.statusCode!))
        .on("upgrade", (response, socket) => {
          socket.destroy();
          resolve(response.statusCode!);
        })
        .on("error", reject)
        .end();
      return await promise;
    };
    await using program = new Program(["serve", "--port", "0", "--open", "realm1"]);
    const url = await program.ready();
    for (const origin of ["https://example.com", "null", "http://127.0.0.1.example.com", "http://localhost@evil.com"]) {
      expect([origin, await statusFor(url, { origin })]).toEqual([origin, 403]);
    }
    for (const origin of ["http://localhost:5173", "http://127.0.0.1", "https://[::1]:8080"]) {
      expect([origin, await statusFor(url, { origin })]).toEqual([origin, 101]);
    }
    expect(await statusFor(url, {})).toBe(101);
    await using insecure = new Program(["serve", "--port", "0", "--open", "realm1", "--insecure"]);
    expect(await statusFor(await insecure.ready(), { origin: "https://example.com" })).toBe(101);
  });

  test("is served to other machines only when told to be insecure", async () => {
    await using program = new Program(["serve", "--port", "0", "--open", "realm1", "--host", "0.0.0.0", "--insecure"]);
    expect(await program.ready()).toMatch(/^ws:\/\/0\.0\.0\.0:\d+\/ws$/);
    expect((await program.stop()).code).toBe(0);
  });
});
