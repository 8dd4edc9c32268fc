import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Where the commands of an administrator find the server that runs on a data folder. */
export interface AdminEntrance {
  /** The unix socket. */
  readonly socket: string;
  /** The realm. */
  readonly realm: string;
}

/** A unix socket's path may not be longer, on any system. */
const LONGEST = 100;
const NAME = "admin.sock";

/**
 * Chooses the socket for a data folder: in it, or where its path would be too long for a socket in a folder that is made for it.
 *
 * @param folder The data folder.
 * @returns The path of the socket.
 */
export function adminSocketOf(folder: string): string {
  const near = join(resolve(folder), NAME);
  return near.length <= LONGEST ? near : join(mkdtempSync(join(tmpdir(), "nexus-")), NAME);
}

/**
 * Notes where a server can be reached.
 *
 * @param folder The data folder.
 * @param entrance Where.
 */
export function writeEntrance(folder: string, entrance: AdminEntrance): void {
  writeFileSync(fileOf(folder), `${JSON.stringify(entrance)}\n`, { mode: 0o600 });
}

/**
 * Reads where a server can be reached.
 *
 * @param folder The data folder.
 * @returns Where, or undefined when none has noted it, or somebody else could stand there now.
 */
export function readEntrance(folder: string): AdminEntrance | undefined {
  try {
    const entrance = JSON.parse(readFileSync(fileOf(folder), "utf8")) as AdminEntrance;
    return isOwn(entrance, folder) ? entrance : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Tells whether nobody but the owner of the data can have put the socket there: a server that was killed leaves its note, and the folder that was made
 * for its socket can be made again by anybody once it has been cleaned away.
 */
function isOwn({ socket }: AdminEntrance, folder: string): boolean {
  const place = dirname(socket);
  if (place === resolve(folder)) return true;
  const { uid, mode } = lstatSync(place);
  return uid === statSync(fileOf(folder)).uid && (mode & 0o077) === 0;
}

/**
 * Forgets where a server could be reached, and removes the folder that was made for its socket.
 *
 * @param folder The data folder.
 */
export function removeEntrance(folder: string): void {
  const socket = readEntrance(folder)?.socket;
  rmSync(fileOf(folder), { force: true });
  if (socket !== undefined && dirname(socket) !== resolve(folder)) {
    rmSync(dirname(socket), { recursive: true, force: true });
  }
}

function fileOf(folder: string): string {
  return join(folder, "admin.json");
}
