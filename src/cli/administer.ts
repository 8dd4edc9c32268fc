import { statSync } from "node:fs";
import { join } from "node:path";
import { absolute } from "../client/arguments.ts";
import { connect } from "../client/connect.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import type { ErrorCode } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { FileStore } from "../nexusd/mod.ts";
import { readEntrance } from "./admin_files.ts";
import { ADMINISTER } from "./admin_socket.ts";
import { fileProblem } from "./file_problem.ts";
import { withRouter } from "./router_client.ts";
import type { RouterOptions } from "./router_options.ts";
import { note } from "./terminal.ts";

/** Where an administrator works: on a data folder, or by a session whose role may do everything. */
export interface AdminOptions extends RouterOptions {
  /** The data folder; the server that runs on it is asked, or without one the folder opened. */
  readonly data?: string;
}

/** What comes out otherwise where the server's configuration is known. */
const CONFIGURED: ReadonlySet<string> = new Set(["permissions.explain", "permissions.lint", "restrictions.list"]);

/** Does an operation, such as `users.create`, with its parameters by name. */
export type Administrator = (operation: string, input?: Dict) => Promise<WampValue>;

/**
 * Does something as an administrator.
 *
 * @param options On which data folder or router.
 * @param work What to do.
 * @returns What comes of it.
 * @throws {WampError} When the folder or the router cannot be used, or it is refused.
 */
export async function administer<T>(options: AdminOptions, work: (run: Administrator) => Promise<T>): Promise<T> {
  const { data } = options;
  if (data === undefined) {
    return await withRouter(
      options,
      (wamp) => work((name, input) => wamp.call(absolute(`com.izaber.wamp.system.${name}`), [], input)),
    );
  }
  const file = join(data, "nexus.db");
  checkFile(file, data);
  const { openSqliteStore } = await import("../nexusd/mod.ts");
  let store: FileStore;
  try {
    store = openSqliteStore(file);
  } catch (error) {
    if (!WampError.is(error, "store_locked")) throw error;
    return await askServer(data, work, error);
  }
  try {
    return await administerStore(store, data, work);
  } finally {
    await store.close();
  }
}

async function administerStore<T>(
  store: FileStore,
  data: string,
  work: (run: Administrator) => Promise<T>,
): Promise<T> {
  const { openOffline } = await import("../nexusd/offline.ts");
  const offline = await openOffline(store, (error) => {
    note(`nexus: what was done could not be noted: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (offline === undefined) throw noData(data);
  try {
    return await work(async (name, input) => {
      if (name === "backup") return await store.backup(String(input?.["target"])) ?? null;
      const result = await offline.administration.run(name, input);
      if (CONFIGURED.has(name)) note(`nexus: no server runs on ${data}: what its nexus.yaml says is left out`);
      return result;
    });
  } finally {
    await offline.close();
  }
}

/** An error of the server's own is the same that the command would have met without it. */
function asHere(error: unknown): never {
  if (!(error instanceof RemoteError)) throw error;
  const [message] = error.args;
  const { code } = error.kwargs;
  if (typeof code !== "string" || typeof message !== "string") throw error;
  throw new WampError(code as ErrorCode, message, { cause: error });
}

function checkFile(file: string, data: string): void {
  try {
    statSync(file);
  } catch (cause) {
    if ((cause as { readonly code?: string }).code === "ENOENT") throw noData(data);
    throw new WampError("config_invalid", `Cannot look for data in ${data}: ${fileProblem(cause)}`, { cause });
  }
}

/** A folder in which no server has come to the end of its first start. */
function noData(data: string): WampError {
  return new WampError("config_missing", `There is no data in ${data}: \`nexus serve --data ${data}\` makes it`);
}

async function askServer<T>(data: string, work: (run: Administrator) => Promise<T>, locked: WampError): Promise<T> {
  const entrance = readEntrance(data);
  if (entrance === undefined) throw locked;
  const { rawSocketDialer } = await import("../transport/rawsocket.ts");
  const dialer = rawSocketDialer(`unix://${entrance.socket}`);
  const wamp = await connect(dialer, { realm: entrance.realm, reconnect: false });
  try {
    return await work((name, input = {}) => wamp.call(ADMINISTER, [name, input]).catch(asHere));
  } finally {
    await wamp.close();
  }
}
