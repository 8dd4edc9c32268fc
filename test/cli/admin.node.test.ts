import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, ticket } from "../../mod.ts";
import { openSqliteStore } from "../../src/nexusd/mod.ts";
import type { FileStore } from "../../src/nexusd/mod.ts";
import { root } from "../run/alias.ts";
import { nexus, Program } from "./program.ts";
import { TerminalProgram } from "./terminal.ts";

let folder: string;
let data: string;
let secret: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nexus-admin-"));
  data = join(folder, "data");
  secret = join(folder, "secret");
  writeFileSync(secret, "s3cret\n");
  await using server = new Program(["serve", "--port", "0", "--data", data]);
  await server.ready();
  await server.stop();
});

afterAll(() => rmSync(folder, { recursive: true }));

const lines = (text: string): unknown[] => text.trim().split("\n").map((line) => JSON.parse(line));

/** What the commands say whose answer may be another one on a server, which reads its configuration. */
const unread = (at: string): string => `nexus: no server runs on ${at}: what its nexus.yaml says is left out\n`;

/** The same commands, on a folder without a server and through the server that runs on it. */
test.each([false, true])("users, roles and keys are administered; server running: %s", async (running) => {
  await using server = running ? new Program(["serve", "--port", "0", "--data", data]) : undefined;
  const url = await server?.ready();
  const login = running ? "bob" : "ada";
  const run = async (...args: string[]) => {
    const ending = await nexus(...args, "--data", data);
    const judges = ["explain", "lint", "restrictions list"].some((name) => args.join(" ").startsWith(name));
    expect(ending).toMatchObject({ code: 0, stderr: judges && !running ? unread(data) : "" });
    return ending.stdout === "" ? [] : lines(ending.stdout);
  };
  await run("roles", "save", "reader", "com.example.*=cs", "com.example.secret=");
  await run("users", "create", login, "--role", "reader", "--name", "A Name", "--new-password-file", secret);
  expect(await run("users", "list")).toContainEqual(
    expect.objectContaining({ login, role: "reader", name: "A Name", has_password: true }),
  );
  await run("users", "update", login, "--email", "a@example.com");
  expect(await run("users", "get", login)).toEqual([
    expect.objectContaining({ email: "a@example.com", role: "reader" }),
  ]);
  expect(await run("explain", "call", "com.example.secret", "--authid", login)).toEqual([
    expect.objectContaining({ allow: false }),
  ]);
  expect(await run("restrictions", "list")).toContainEqual(expect.objectContaining({ source: "apikey" }));
  expect(await run("lint", "--ignore", "unused", "redundant")).toEqual([]);
  expect(await run("apikeys", "create", "--login", login, "--description", "backup")).toEqual([
    expect.objectContaining({ plaintext_key: expect.any(String), description: "backup" }),
  ]);
  expect(await run("apikeys", "list", "--login", login)).toHaveLength(1);
  expect(await run("audit", "--limit", "1")).toEqual([
    expect.objectContaining({ action: "apikeys.create", authid: running ? "owner" : "local", subject: login }),
  ]);
  if (url !== undefined) {
    const wamp = await connect(url, { realm: "izaber", auth: ticket(login, "s3cret"), reconnect: false });
    const left = new Promise((resolve) => wamp.on("leave", resolve));
    expect(await run("sessions")).toContainEqual(expect.objectContaining({ session: wamp.session!.id }));
    await run("kill", String(wamp.session!.id), "--message", "go");
    expect(await left).toMatchObject({ reason: "wamp.close.killed", message: "go" });
    await wamp.close();
  }
  const copy = join(folder, `${login}.db`);
  expect(await run("backup", copy)).toEqual([]);
  expect(existsSync(copy)).toBe(true);
  await run("users", "delete", login);
  expect(await nexus("users", "get", login, "--data", data)).toMatchObject({
    code: 6,
    stderr: `nexus: there is no user "${login}"\n`,
  });
  await server?.stop();
}, 120_000);

test("the way to a running server is for the owner of its data alone, and is gone with it", async () => {
  await using server = new Program(["serve", "--port", "0", "--data", data]);
  await server.ready();
  for (const file of ["admin.sock", "admin.json"]) expect(statSync(join(data, file)).mode & 0o077).toBe(0);
  await server.stop();
  for (const file of ["admin.sock", "admin.json"]) expect(existsSync(join(data, file))).toBe(false);
});

test("nobody but the owner of the data has that way, whatever role a login has", async () => {
  const own = join(folder, "trust");
  const seed = join(folder, "seed.yaml");
  const users = `users: [{ login: eve, password: s3cret, role: trust }]`;
  writeFileSync(seed, `realm: izaber\nroles: { trust: [{ uri: "*", perms: "crspoq" }] }\n${users}\n`);
  await using server = new Program(["serve", "--port", "0", "--data", own, "--seed", seed]);
  const wamp = await connect(await server.ready(), {
    realm: "izaber",
    auth: ticket("eve", "s3cret"),
    reconnect: false,
  });
  const target = join(folder, "stolen.db");
  await expect(wamp.call("com.izaber.wamp.system.administer", ["backup", { target }])).rejects.toMatchObject({
    uri: "wamp.error.not_authorized",
  });
  expect(existsSync(target)).toBe(false);
  await wamp.close();
  await server.stop();
});

test("where the path of the data is too long for a socket, that stands in a folder of its own, for the owner alone", async () => {
  const long = join(folder, "x".repeat(100));
  await using server = new Program(["serve", "--port", "0", "--data", long]);
  await server.ready();
  const { socket } = JSON.parse(readFileSync(join(long, "admin.json"), "utf8"));
  expect(statSync(dirname(socket)).mode & 0o077).toBe(0);
  expect(await nexus("users", "list", "--data", long)).toMatchObject({ code: 0 });
  await server.stop();
  expect(existsSync(dirname(socket))).toBe(false);
});

test("a backup onto a file that is there is refused in the same words with a server and without", async () => {
  const target = join(folder, "there.db");
  writeFileSync(target, "mine");
  const refused = {
    code: 2,
    stdout: "",
    stderr: `nexus: Cannot back the store ${
      join(data, "nexus.db")
    } up to ${target}: there is a file already; choose another name\n`,
  };
  expect(await nexus("backup", target, "--data", data)).toEqual(refused);
  await using server = new Program(["serve", "--port", "0", "--data", data]);
  await server.ready();
  expect(await nexus("backup", target, "--data", data)).toEqual(refused);
  await server.stop();
  expect(readFileSync(target, "utf8")).toBe("mine");
}, 120_000);

test("where a killed server stood nobody else is taken for it, and the next one cleans up after it", async () => {
  const own = join(folder, "killed");
  const stand = mkdtempSync(join(tmpdir(), "nexus-"));
  await using server = new Program(["serve", "--port", "0", "--data", own]);
  await server.ready();
  await server.stop();
  let visits = 0;
  const socket = join(stand, "admin.sock");
  await using impostor = createServer((connection) => {
    visits++;
    connection.destroy();
  }).listen(socket);
  await once(impostor, "listening");
  noteEntrance(own, { socket, folder: idOf(own) });
  // A folder that others may write to, as one that others have made.
  chmodSync(stand, 0o777);
  await withStore(own, async () => {
    expect(await nexus("users", "list", "--data", own)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^nexus: Cannot open the store .*\bprocess \d+/),
    });
    expect(visits).toBe(0);
    // The folder of this user is believed.
    chmodSync(stand, 0o700);
    expect(await nexus("users", "list", "--data", own)).toMatchObject({ code: 3 });
    expect(visits).toBe(1);
  });
  await using next = new Program(["serve", "--port", "0", "--data", own]);
  await next.ready();
  expect(existsSync(stand)).toBe(false);
  expect(await nexus("users", "list", "--data", own)).toMatchObject({ code: 0 });
  await next.stop();
}, 120_000);

const idOf = (at: string): string => `${statSync(at).dev}:${statSync(at).ino}`;

/** Leaves a note as a server that was killed does. */
function noteEntrance(at: string, entrance: { socket: string; folder?: string }): void {
  writeFileSync(join(at, "admin.json"), JSON.stringify({ realm: "izaber", ...entrance }));
}

function copyOf(source: string, target: string): string {
  cpSync(source, target, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  chmodSync(target, 0o700);
  return target;
}

test.each(["", "x".repeat(100)])("a killed server's data outlives the next start on a copy of it %s", async (name) => {
  const prod = join(folder, `prod${name}`);
  await using killed = new Program(["serve", "--port", "0", "--data", prod]);
  await killed.ready();
  const staging = copyOf(prod, join(folder, `staging${name}`));
  await using beside = new Program(["serve", "--port", "0", "--data", staging]);
  await beside.ready();
  // The way to the one is not taken away by the other.
  expect(await nexus("users", "list", "--data", prod)).toMatchObject({ code: 0 });
  await beside.stop();
  await killed.stop("SIGKILL");
  const again = copyOf(prod, join(folder, `again${name}`));
  await using server = new Program(["serve", "--port", "0", "--data", again]);
  await server.ready();
  await server.stop();
  expect(existsSync(join(prod, "nexus.db"))).toBe(true);
  // The next one on the same folder tidies up.
  await using next = new Program(["serve", "--port", "0", "--data", prod]);
  await next.ready();
  await next.stop();
}, 120_000);

test("a server is found by every path to its data, and none but its own socket is removed", async () => {
  const real = join(folder, "v1");
  const link = join(folder, "current");
  mkdirSync(real, { mode: 0o700 });
  symlinkSync(real, link);
  const paths = [[link, real], [real, link]] as const;
  for (const [served, named] of paths) {
    await using server = new Program(["serve", "--port", "0", "--data", served]);
    await server.ready();
    expect(await nexus("users", "list", "--data", named)).toMatchObject({ code: 0, stderr: "" });
    await server.stop("SIGKILL");
  }
  const other = mkdtempSync(join(tmpdir(), "nexus-"));
  writeFileSync(join(other, "kept"), "");
  const notes = [{ socket: join(folder, "v1", "admin.sock") }, {
    socket: join(other, "admin.sock"),
    folder: idOf(real),
  }];
  for (const entrance of notes) {
    noteEntrance(real, entrance);
    await using server = new Program(["serve", "--port", "0", "--data", link]);
    await server.ready();
    await server.stop();
    expect(existsSync(join(real, "nexus.db"))).toBe(true);
    expect(existsSync(join(other, "kept"))).toBe(true);
  }
  rmSync(other, { recursive: true });
}, 120_000);

test("what is not there cannot be deleted or ended, and keys are for somebody", async () => {
  await using server = new Program(["serve", "--port", "0", "--data", data]);
  const reach = ["--url", await server.ready(), "--user", "ivy", "--password-file", secret];
  await nexus("roles", "save", "own", "com.izaber.wamp.my.*=c", "my.*=c", "--data", data);
  await nexus("users", "create", "ivy", "--role", "own", "--new-password-file", secret, "--data", data);
  const failures: [number, string, string[]][] = [
    [6, "there is no session 123; nexus sessions lists those that there are", ["kill", "123", "--data", data]],
    [6, "there is no API key none", ["apikeys", "delete", "none", "--data", data]],
    [6, "there is no API key none", ["apikeys", "delete", "none", ...reach]],
    [6, "there is no one-time password none", ["otp", "delete", "none", ...reach]],
    [6, 'there is no value under "none"', ["metadata", "delete", "none", ...reach]],
    [2, "say for whom: add --login, the name of the user", ["apikeys", "create", "--data", data]],
    [2, "--password-file is for who logs in to a router: name the new password with --new-password-file", [
      ...["users", "password", "ivy", "--password-file", secret, "--data", data],
    ]],
  ];
  for (const [code, text, args] of failures) {
    expect(await nexus(...args)).toEqual({ code, stdout: "", stderr: `nexus: ${text}\n` });
  }
  const trail = lines((await nexus("audit", "--kind", "change", "--data", data)).stdout) as { subject: string }[];
  expect(trail.map(({ subject }) => subject)).toContain("ivy");
  expect(trail.map(({ subject }) => subject)).not.toContain("123");
  await nexus("metadata", "set", "there", "1", ...reach);
  expect(await nexus("metadata", "delete", "there", ...reach)).toEqual({ code: 0, stdout: "", stderr: "" });
  await server.stop();
}, 120_000);

test("roles that there are not get a warning, lint ends with 8 and can pass over kinds of findings", async () => {
  const own = join(folder, "roles");
  const run = (...args: string[]) => nexus(...args, "--data", own);
  await using server = new Program(["serve", "--port", "0", "--data", own]);
  await server.ready();
  await server.stop();
  expect(await run("lint")).toEqual({ code: 0, stdout: "", stderr: unread(own) });
  await run("roles", "save", "spare", "com.example.*=c");
  expect(await run("lint")).toMatchObject({
    code: 8,
    stdout: expect.stringContaining("role spare"),
    stderr: `${unread(own)}nexus: 1 finding\n`,
  });
  expect(await run("lint", "--ignore", "unused", "redundant")).toMatchObject({ code: 0, stderr: unread(own) });
  expect(await run("users", "create", "jim", "--role", "nix", "--new-password-file", secret)).toMatchObject({
    code: 0,
    stderr: 'nexus: there is no role "nix": jim cannot log in until there is; nexus roles save makes one\n',
  });
  expect(await run("lint", "--ignore", "unused", "redundant")).toMatchObject({
    code: 8,
    stdout: expect.stringContaining("user jim"),
    stderr: `${unread(own)}nexus: 1 finding\n`,
  });
  await run("roles", "save", "nix", "com.example.*=c");
  expect(await run("users", "update", "jim", "--role", "nix")).toMatchObject({ code: 0, stderr: "" });
  expect(await run("roles", "delete", "nix")).toMatchObject({
    code: 0,
    stderr: 'nexus: who has the role "nix" cannot log in any more: jim\n',
  });
  expect(await run("explain", "call", "a.b", "--authid", "nobody")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"There is no user \\"nobody\\", so nothing is allowed."'),
  });
  expect(await run("explain", "frob", "a.b")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("roster_ops, roster_query"),
  });
}, 120_000);

test(
  "who logs in does so in the realm of a Nexus, where none is named; a role that is gone is no lost connection",
  async () => {
    await using server = new Program(["serve", "--port", "0", "--data", data]);
    const reach = ["--url", await server.ready(), "--user", "hal", "--password-file", secret];
    await nexus("roles", "save", "short", "com.izaber.wamp.auth.whoami=c", "--data", data);
    await nexus("users", "create", "hal", "--role", "short", "--new-password-file", secret, "--data", data);
    expect(await nexus("whoami", ...reach)).toMatchObject({ code: 0, stdout: expect.stringContaining('"hal"') });
    await nexus("roles", "delete", "short", "--data", data);
    expect(await nexus("whoami", ...reach)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no role "short"'),
    });
    await server.stop();
  },
  120_000,
);

test("a restriction of a source by which nobody comes gets a warning", async () => {
  const save = (source: string) => nexus("restrictions", "save", source, "com.example.x=", "--data", data);
  const warning = 'nexus: that restricts nobody: no logins come by "api_key", but by local, otp, apikey\n';
  expect(await save("apikey")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await save("api_key")).toEqual({ code: 0, stdout: "", stderr: unread(data) + warning });
  await using server = new Program(["serve", "--port", "0", "--data", data]);
  await server.ready();
  expect(await save("api_key")).toEqual({ code: 0, stdout: "", stderr: warning });
  await server.stop();
}, 120_000);

test("the roles of a new Nexus may do what the help says, and what a Nexus refuses has its exit code", async () => {
  const own = join(folder, "fresh");
  await using server = new Program(["serve", "--port", "0", "--data", own]);
  const url = await server.ready();
  await nexus("users", "create", "ada", "--role", "backend", "--new-password-file", secret, "--data", own);
  const login = ["--url", url, "--user", "ada", "--password-file", secret];
  const example = /nexus roster (\S+) --user ada/.exec((await nexus("roster", "--help")).stdout)![1]!;
  expect(await nexus("roster", example, ...login)).toEqual({ code: 0, stdout: "", stderr: "" });
  for (const refused of [["users", "list"], ["roster", "printers"]]) {
    expect(await nexus(...refused, ...login)).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/Permission Denied/),
    });
  }
  const ada = await connect(url, { realm: "izaber", auth: ticket("ada", "s3cret"), reconnect: false });
  const text = readFileSync(join(root, "docs/nexus.md"), "utf8");
  const name = /roster\.register\("([^"]+)"/.exec(text)![1]!;
  await ada.call("com.izaber.wamp.system.roster.register", [name, { host: "a" }]);
  expect(await ada.call("com.izaber.wamp.system.roster.query", [name])).toEqual([{ host: "a" }]);
  await ada.close();
  await server.stop();
}, 120_000);

test("a new password is asked for on a terminal, and not shown", async () => {
  await using program = new TerminalProgram("users", "create", "eve", "--data", data);
  await program.shows("New password of eve: ");
  program.type("hidden\r");
  expect(await program.ended).toBe(0);
  expect(program.screen).not.toContain("hidden");
});

/** Opens the store of a stopped server. */
async function withStore<T>(at: string, work: (store: FileStore) => Promise<T>): Promise<T> {
  const store = openSqliteStore(join(at, "nexus.db"));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

test(
  "a store in which no server has come to the end of its first start is refused, and filled by none of the commands",
  async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    writeFileSync(join(empty, "nexus.db"), "");
    const commands = [["lint"], ["users", "list"], ["backup", join(folder, "empty.db")], ["reload"]];
    for (const command of commands) {
      expect(await nexus(...command, "--data", empty)).toEqual({
        code: 1,
        stdout: "",
        stderr: `nexus: There is no data in ${empty}: \`nexus serve --data ${empty}\` makes it\n`,
      });
    }
    expect(existsSync(join(folder, "empty.db"))).toBe(false);
    const seed = join(folder, "late.yaml");
    writeFileSync(seed, "users: [{ login: ada, password: s3cret }]\n");
    await using server = new Program(["serve", "--port", "0", "--data", empty, "--seed", seed]);
    await server.ready();
    expect(server.output).toContain("first start: made the roles and 1 users");
    await server.stop();
  },
  120_000,
);

test("commands on a stopped server's data end no login that its configuration lets live", async () => {
  const own = join(folder, "cookies");
  const config = join(folder, "month.yaml");
  writeFileSync(config, `nexus: { db: { path: ${own} }, cookie: { max_age: 2592000 } }\n`);
  await using server = new Program(["serve", "--port", "0", "--config", config]);
  await server.ready();
  await nexus("users", "create", "ada", "--role", "frontend", "--new-password-file", secret, "--data", own);
  const wamp = await connect(await server.says(/(ws:\S+) /), {
    realm: "izaber",
    auth: ticket("ada", "s3cret"),
    reconnect: false,
  });
  await wamp.close();
  await server.stop();
  const old = Date.now() / 1000 - 864_000;
  await withStore(own, async (store) => {
    const [cookie] = await store.list("cookies");
    expect(cookie?.value).toMatchObject({ max_age: 2_592_000 });
    const value = { ...cookie!.value, created: old, modified: old };
    await store.write([{ collection: "cookies", put: { key: cookie!.key, value } }]);
  });
  expect(await nexus("users", "list", "--data", own)).toMatchObject({ code: 0 });
  expect(await nexus("apikeys", "create", "--login", "ada", "--data", own)).toMatchObject({ code: 0 });
  expect(await nexus("lint", "--data", own)).toMatchObject({ stderr: unread(own) });
  await withStore(own, async (store) => {
    expect((await store.list("cookies")).map(({ value }) => value["modified"])).toEqual([old]);
  });
}, 120_000);

test("a folder without data, and wrong permissions, are refused", async () => {
  expect(await nexus("users", "list", "--data", secret)).toMatchObject({
    code: 1,
    stderr: `nexus: Cannot look for data in ${secret}: it is a file\n`,
  });
  expect(await nexus("users", "list", "--data", join(folder, "none"))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("There is no data in"),
  });
  expect(await nexus("roles", "save", "x", "com.example", "--data", data)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Write URI=letters"),
  });
});
