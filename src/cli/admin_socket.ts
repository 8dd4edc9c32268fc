import process from "node:process";
import { connect } from "../client/connect.ts";
import type { FileStore, Nexus } from "../nexusd/mod.ts";
import { listenRawSocket } from "../serve/mod.ts";
import { isDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { adminSocketOf, removeEntrance, writeEntrance } from "./admin_files.ts";

/** The procedure by which the commands of an administrator reach a running server; only sessions of the admin socket may call it. */
export const ADMINISTER = "com.izaber.wamp.system.administer";

/** Who comes by the socket: the operating system lets nobody else open it than the owner of the data. */
const owner = { authid: "owner", authrole: "trust", authprovider: "socket" };
const server = { authid: "nexus", authrole: "trusted", authprovider: "static" };

/**
 * Lets the owner of a data folder administer the server that runs on it.
 *
 * @param nexus The server.
 * @param store Its store.
 * @param folder The data folder.
 * @returns Ends it.
 */
export async function openAdminSocket(nexus: Nexus, store: FileStore, folder: string): Promise<() => Promise<void>> {
  // Its sockets are pipes, whose rights are set otherwise; there an administrator comes by a session.
  if (process.platform === "win32") return () => Promise.resolve();
  const { router, realm, administration } = nexus;
  const client = await connect(router.local(server), { realm, reconnect: false });
  await client.register(ADMINISTER, async ([name, input]: [string, Dict?], _kwargs, call) => {
    const { authprovider } = await client.call<Dict>("wamp.session.get", [call.caller]);
    if (authprovider !== owner.authprovider) {
      throw new RemoteError(ErrorUri.notAuthorized, ["only the owner of the data may"]);
    }
    const by = { authid: owner.authid, peer: { transport: "rawsocket", address: "the socket of the data" } } as const;
    try {
      if (name === "backup") return await store.backup(String(input?.["target"])) ?? null;
      return await administration.run(name, isDict(input) ? input : {}, by);
    } catch (error) {
      // What the command would have met without a server is to end it in the same way.
      if (!WampError.is(error) || error instanceof RemoteError) throw error;
      throw new RemoteError(ErrorUri.runtimeError, [error.message], { code: error.code });
    }
  });
  const path = adminSocketOf(folder);
  const acceptor = {
    subprotocols: router.subprotocols,
    handshake: router.handshake.bind(router),
    accept: (connection: Parameters<typeof router.accept>[0]) => router.accept(connection, { principal: owner }),
  };
  const listener = await asOwner(() => listenRawSocket(acceptor, { path }));
  writeEntrance(folder, { socket: path, realm });
  return async () => {
    await client.close();
    await listener.close();
    removeEntrance(folder);
  };
}

/** What is made meanwhile is for the owner alone from its first moment on. */
async function asOwner<T>(make: () => Promise<T>): Promise<T> {
  const before = process.umask(0o077);
  try {
    return await make();
  } finally {
    process.umask(before);
  }
}
