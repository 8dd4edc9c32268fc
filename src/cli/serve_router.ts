import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { FirstStart, Nexus, Seed } from "../nexusd/mod.ts";
import type { Router } from "../router/mod.ts";
import { listen } from "../serve/mod.ts";
import type { Acceptor } from "../serve/mod.ts";
import { WampError } from "../wire/errors.ts";
import { localPagesOnly } from "./loopback.ts";
import type { ServedNexus, ServedRealm, ServeOptions } from "./serve.ts";
import { stopSignal } from "./stop_signal.ts";

/** What is served, and how it ends: GOODBYE to every session, all data on disk. */
interface Served {
  readonly router: Router;
  readonly acceptor: Acceptor;
  readonly what: string;
  close(): Promise<void>;
}

/**
 * Runs a router until the process is asked to stop.
 *
 * @param options What to serve and where.
 * @returns When everything is closed.
 * @throws {WampError} When the port, the seed or the data cannot be used; the message says why and what to do.
 */
export async function serve({ port, host, served: wanted }: ServeOptions): Promise<void> {
  const stop = stopSignal();
  const served = "open" in wanted ? await startOpenRealm(wanted) : await startNexus(wanted);
  try {
    const listener = await listen(served.acceptor, { port, hostname: host });
    say(`nexus listens on ${listener.url} (${served.what})`);
    await stop;
    await served.router.close();
    await listener.close();
  } finally {
    await served.close();
  }
}

async function startOpenRealm({ open: realm, anyOrigin }: ServedRealm): Promise<Served> {
  const { openRealm, Router } = await import("../router/mod.ts");
  const router = new Router({ realms: [openRealm(realm)], onError: complain });
  const acceptor = anyOrigin ? router : localPagesOnly(router);
  return { router, acceptor, what: `realm ${realm}, open to everyone`, close: () => router.close() };
}

async function startNexus({ data, seed: seedFile }: ServedNexus): Promise<Served> {
  const { createNexus, openSqliteStore, parseSeed } = await import("../nexusd/mod.ts");
  const seed = seedFile === undefined ? undefined : parseSeed(readSeed(seedFile), seedFile);
  makeFolder(data);
  const store = openSqliteStore(join(data, "nexus.db"));
  let nexus: Nexus;
  try {
    nexus = await createNexus({ store, onError: complain, ...(seed === undefined ? {} : { seed }) });
  } catch (error) {
    await store.close();
    throw error;
  }
  tell(nexus.start, seed);
  if (seed !== undefined) warnIfOthersCanRead(seed);
  const { router, realm } = nexus;
  return { router, acceptor: router, what: `realm ${realm}, data in ${data}`, close: () => nexus.close() };
}

function warnIfOthersCanRead({ file, users }: Seed): void {
  const holdsPasswords = users.some(({ password }) => password !== null);
  if (!holdsPasswords || process.platform === "win32" || (statSync(file).mode & 0o004) === 0) return;
  process.stderr.write(
    `nexus: the seed ${file} holds passwords and every user of this machine can read it; chmod 600 it\n`,
  );
}

function readSeed(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new WampError("config_missing", `Cannot read the seed ${file}: ${reason(cause)}; name a YAML file`, {
      cause,
    });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const message = `Cannot keep data in ${folder}: ${reason(cause)}; name a folder that can be written to`;
    throw new WampError("config_invalid", message, { cause });
  }
}

function reason(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EEXIST":
    case "ENOTDIR":
      return "it is a file";
    case "EACCES":
    case "EPERM":
      return "access is denied";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function tell(start: FirstStart, seed: Seed | undefined): void {
  switch (start.outcome) {
    case "seeded":
      return say(`first start: made the roles and ${seed?.users.length} users of ${seed?.file}`);
    case "seeded before":
      return say(`the seed ${seed?.file} has been used already and is skipped`);
    case "defaults":
      return say(
        `first start: made the default roles and the user "${start.login}" with the password ${start.password} (shown only now)`,
      );
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(error: unknown): void {
  process.stderr.write(`nexus: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
}
