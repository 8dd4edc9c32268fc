import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import type { Directory, FirstStart, Nexus, Seed } from "../nexusd/mod.ts";
import type { Router } from "../router/mod.ts";
import { isLoopbackOrigin } from "../serve/origins.ts";
import { WampError } from "../wire/errors.ts";
import { removeEntrance } from "./admin_files.ts";
import { openAdminSocket } from "./admin_socket.ts";
import { makeDataFolder } from "./data_folder.ts";
import { fileProblem } from "./file_problem.ts";
import type { DirectoryConfig } from "./ldap_config.ts";
import { closeListeners, openListeners, renewCertificates } from "./listeners.ts";
import type { ListenerConfig, ServeConfig } from "./serve_config.ts";
import type { ServedNexus, ServedRealm, ServeOptions } from "./serve.ts";
import { stopSignal } from "./stop_signal.ts";

/** What is served, where, and how it ends: GOODBYE to every session, all data on disk. */
interface Served {
  readonly router: Router;
  readonly listeners: readonly ListenerConfig[];
  readonly what: string;
  /** Takes in what has changed. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Runs a router until the process is asked to stop.
 *
 * @param options What to serve and where.
 * @returns When everything is closed.
 * @throws {WampError} When the configuration, a port, the seed or the data cannot be used; the message says why and what to do.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const stop = stopSignal();
  const up = Promise.withResolvers<() => Promise<void>>();
  const stopReloading = onHangUp(async () => (await up.promise)());
  const { served: wanted } = options;
  const served = "open" in wanted ? await startOpenRealm(wanted, options) : await startNexus(wanted, options);
  try {
    const listeners = await openListeners(served.router, served.listeners);
    up.resolve(async () => {
      const stale = renewCertificates(listeners, served.listeners);
      await served.reload();
      if (stale.length > 0) say(`restart for the certificates of ${stale.join(", ")}`);
    });
    say(`nexus listens on ${listeners.map(({ url }) => url).join(", ")} (${served.what})`);
    await stop;
    await served.router.close();
    await closeListeners(listeners);
  } finally {
    stopReloading();
    await served.close();
  }
}

/** Reloads when it is told to, one time after the other. */
function onHangUp(reload: () => Promise<void>): () => void {
  let last = Promise.resolve();
  const onSignal = () => {
    last = last.then(reload).catch((error) => complain(`the configuration stays as it was: ${messageOf(error)}`));
  };
  process.on("SIGHUP", onSignal);
  return () => process.off("SIGHUP", onSignal);
}

async function startOpenRealm({ open: realm, anyOrigin }: ServedRealm, options: ServeOptions): Promise<Served> {
  const { openRealm, Router } = await import("../router/mod.ts");
  const router = new Router({ realms: [openRealm(realm)], onError: complain });
  return {
    router,
    listeners: overridden([{
      kind: "websocket",
      tls: undefined,
      options: { port: 8080, origins: anyOrigin ? ["*"] : isLoopbackOrigin },
    }], options),
    what: `realm ${realm}, open to everyone`,
    reload: () => Promise.resolve(say("nothing to reload: an open realm has no configuration")),
    close: () => router.close(),
  };
}

async function startNexus({ config: file, data, seed: seedFile }: ServedNexus, options: ServeOptions): Promise<Served> {
  const { createNexus, openSqliteStore, parseSeed } = await import("../nexusd/mod.ts");
  const config = await readConfig(file);
  const folder = data ?? config.data;
  const seedPath = seedFile ?? config.seed;
  let seed = seedPath === undefined ? undefined : parseSeed(readText(seedPath, "the seed"), seedPath);
  makeDataFolder(folder);
  const store = openSqliteStore(join(folder, "nexus.db"));
  // That of a server that was killed.
  removeEntrance(folder);
  let nexus: Nexus;
  try {
    nexus = await createNexus({
      ...config.nexus,
      store,
      onError: complain,
      ...seed !== undefined && { seed },
      ...config.directory !== undefined && { directory: await openDirectory(config.directory) },
    });
  } catch (error) {
    await store.close();
    throw error;
  }
  nexus.restrictions.configure(config.restrictions);
  tell(nexus.start, seed, folder);
  if (seed !== undefined) warnIfOthersCanRead(seed);
  const { router, realm } = nexus;
  const closeAdminSocket = await openAdminSocket(nexus, store, folder);
  return {
    router,
    listeners: overridden(config.listeners, options),
    what: `realm ${realm}, data in ${folder}`,
    reload: async () => {
      seed = await reload(nexus, config, { file, seedFile, seed });
    },
    close: async () => {
      await closeAdminSocket();
      await nexus.close();
    },
  };
}

async function openDirectory(config: DirectoryConfig): Promise<Directory> {
  const { fileDirectory, ldapDirectory } = await import("../nexusd/mod.ts");
  if ("file" in config) return fileDirectory(config.file);
  const servers = config.ldap.servers.map(({ ca, ...server }) =>
    ca === undefined ? server : { ...server, ca: readText(ca, "the certificates") }
  );
  return ldapDirectory({ ...config.ldap, servers });
}

async function readConfig(file: string | undefined): Promise<ServeConfig> {
  const { parseServeConfig } = await import("./serve_config.ts");
  if (file === undefined) return parseServeConfig("", "");
  return parseServeConfig(readText(file, "the configuration"), file);
}

/** Where what is reloaded comes from, and the seed that was taken over last. */
interface Sources {
  readonly file: string | undefined;
  readonly seedFile: string | undefined;
  readonly seed: Seed | undefined;
}

async function reload(nexus: Nexus, before: ServeConfig, { file, seedFile, seed }: Sources): Promise<Seed | undefined> {
  const { parseSeed } = await import("../nexusd/mod.ts");
  const { SETTINGS } = await import("./serve_config.ts");
  const config = await readConfig(file);
  const seedPath = seedFile ?? config.seed;
  const next = seedPath === undefined ? undefined : parseSeed(readText(seedPath, "the seed"), seedPath);
  await nexus.reload();
  if (next !== undefined && next.text !== seed?.text) await nexus.applySeed(next);
  // Last: where one of these fails, what the file restricted is still in force.
  nexus.restrictions.configure(config.restrictions);
  const late = differing(before, config).map((name) => SETTINGS[name] ?? name).join(", ");
  say(`reloaded users, roles and permissions${late === "" ? "" : `; restart for what has changed in ${late}`}`);
  return next ?? seed;
}

/** What the file says otherwise now and is taken in only by the next start. */
function differing(before: ServeConfig, now: ServeConfig): string[] {
  const settingsOf = ({ data, listeners, directory, nexus }: ServeConfig): { readonly [name: string]: unknown } => ({
    "db.path": data,
    listeners,
    ldap: directory,
    ...nexus,
  });
  const [old, changed] = [settingsOf(before), settingsOf(now)];
  return Object.keys({ ...changed, ...old }).filter((name) => !isDeepStrictEqual(old[name], changed[name]));
}

/** What was said on the command line stands above the file. */
function overridden(listeners: readonly ListenerConfig[], { port, host, rawsocket }: ServeOptions): ListenerConfig[] {
  const first = listeners.findIndex(({ kind }) => kind === "websocket");
  const said = { ...port !== undefined && { port }, ...host !== undefined && { hostname: host } };
  const all = listeners.map((listener, index): ListenerConfig =>
    index === first && listener.kind === "websocket"
      ? { ...listener, options: { ...listener.options, ...said } }
      : listener
  );
  if (rawsocket !== undefined) all.push({ kind: "rawsocket", options: rawsocket, tls: undefined });
  return all;
}

function warnIfOthersCanRead({ file, users }: Seed): void {
  const holdsPasswords = users.some(({ password }) => password !== null);
  if (!holdsPasswords || process.platform === "win32" || (statSync(file).mode & 0o004) === 0) return;
  process.stderr.write(
    `nexus: the seed ${file} holds passwords and every user of this machine can read it; chmod 600 it\n`,
  );
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new WampError("config_missing", `Cannot read ${what} ${file}: ${fileProblem(cause)}; name a YAML file`, {
      cause,
    });
  }
}

function tell(start: FirstStart, seed: Seed | undefined, folder: string): void {
  switch (start.outcome) {
    case "seeded":
      return say(`first start: made the roles and ${seed?.users.length} users of ${seed?.file}`);
    case "seeded before":
      return say(`the seed ${seed?.file} has been used already and is skipped`);
    case "defaults":
      return say(
        `first start: made the default roles and the user "${start.login}" with the password ${start.password} (shown only now)`,
        `the password of "${start.login}" could not be shown: set another with nexus users password ${start.login} --data ${folder}`,
      );
  }
}

/** Says what is of use to a person; `otherwise`, where that cannot be written, is a complaint. */
function say(line: string, otherwise?: string): void {
  process.stdout.write(`${line}\n`, (error) => {
    if (error && otherwise !== undefined) process.stderr.write(`nexus: ${otherwise}\n`);
  });
}

function complain(error: unknown): void {
  process.stderr.write(`nexus: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
