import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { WampError } from "../wire/errors.ts";

/** The file of a unix socket that this process listens on. */
export class UnixSocketFile {
  readonly #path: string;
  #inode: number | undefined;

  /** @param path Where it is. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Removes a socket that a dead process left behind; what is no socket is left alone, and stands in the way.
   *
   * @throws {WampError} `listen_failed` when somebody listens there.
   */
  async clear(): Promise<void> {
    if (await this.#socketThere() === undefined) return;
    if (await answers(this.#path)) {
      throw new WampError(
        "listen_failed",
        `Cannot listen on ${this.#path}: another process listens there; stop it or take another path`,
      );
    }
    await unlink(this.#path).catch(() => {});
  }

  /** Remembers the file as the one to remove; call it when listening. */
  async claim(): Promise<void> {
    this.#inode = await this.#socketThere();
  }

  /** Removes the file, unless another has taken its place. */
  async remove(): Promise<void> {
    const inode = await this.#socketThere();
    if (inode !== undefined && inode === this.#inode) await unlink(this.#path).catch(() => {});
  }

  async #socketThere(): Promise<number | undefined> {
    const found = await lstat(this.#path).catch(() => undefined);
    return found?.isSocket() ? found.ino : undefined;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
