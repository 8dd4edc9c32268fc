import {
  lstatSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

/** Where the commands of an administrator find the server that runs on a data folder. */
export interface AdminEntrance {
  /** The unix socket. */
  readonly socket: string;
  /** The realm. */
  readonly realm: string;
}

/** What the file says: a socket in the data folder by its name alone, another with the folder that it was made for. */
interface Note extends AdminEntrance {
  readonly folder?: string;
}

/** A unix socket's path may not be longer, on any system. */
const LONGEST = 100;
const NAME = "admin.sock";
const MADE = "nexus-";

/**
 * Chooses the socket for a data folder: in it, or where its path would be too long for a socket in a folder that is made for it.
 *
 * @param folder The data folder.
 * @returns The path of the socket.
 */
export function adminSocketOf(folder: string): string {
  const near = nearSocketOf(folder);
  return near.length <= LONGEST ? near : join(mkdtempSync(join(resolve(tmpdir()), MADE)), NAME);
}

/**
 * Notes where a server can be reached.
 *
 * @param folder The data folder.
 * @param entrance Where.
 */
export function writeEntrance(folder: string, { socket, realm }: AdminEntrance): void {
  const note: Note = socket === nearSocketOf(folder)
    ? { socket: NAME, realm }
    : { socket, realm, folder: identityOf(folder) };
  writeFileSync(fileOf(folder), `${JSON.stringify(note)}\n`, { mode: 0o600 });
}

/**
 * Reads where a server can be reached.
 *
 * @param folder The data folder.
 * @returns Where, or undefined when none has noted it, or somebody else could stand there now.
 */
export function readEntrance(folder: string): AdminEntrance | undefined {
  try {
    const note = JSON.parse(readFileSync(fileOf(folder), "utf8")) as Note;
    const { socket, realm } = note;
    if (socket === NAME) return { socket: nearSocketOf(folder), realm };
    return isOwn(note, folder) ? { socket, realm } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Tells whether a socket elsewhere is that of this folder's server, and nobody but the owner of the data can have put it there: a copied folder has the
 * note of the other one's server; a server that was killed leaves its note, and the folder that was made for its socket can be made again by anybody once
 * it has been cleaned away.
 */
function isOwn({ socket, folder: madeFor }: Note, folder: string): boolean {
  if (madeFor !== identityOf(folder)) return false;
  const { uid, mode } = lstatSync(dirname(socket));
  return uid === statSync(fileOf(folder)).uid && (mode & 0o077) === 0;
}

/**
 * Forgets where a server could be reached, and removes the folder that was made for its socket, but nothing else that is in it.
 *
 * @param folder The data folder.
 */
export function removeEntrance(folder: string): void {
  const socket = readEntrance(folder)?.socket;
  rmSync(fileOf(folder), { force: true });
  if (socket === undefined || !isMade(socket)) return;
  try {
    if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket()) unlinkSync(socket);
    rmdirSync(dirname(socket));
  } catch {
    // Somebody else's things are in it, or it is gone.
  }
}

/** Whether a socket stands in a folder that {@linkcode adminSocketOf} made. */
function isMade(socket: string): boolean {
  const place = dirname(socket);
  return basename(socket) === NAME && dirname(place) === resolve(tmpdir()) && /^nexus-\w{6}$/.test(basename(place));
}

/** The same for every way to write the folder's path. */
function nearSocketOf(folder: string): string {
  return join(realpathSync(folder), NAME);
}

/** What a folder has in common with no other, by whatever path, and not with its copies. */
function identityOf(folder: string): string {
  const { dev, ino } = statSync(folder);
  return `${dev}:${ino}`;
}

function fileOf(folder: string): string {
  return join(folder, "admin.json");
}
