import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { targetOf } from "./door.ts";
import { refuse } from "./node_mount.ts";
import type { NodeMount } from "./node_mount.ts";
import { answerPlain, asksForWebSocket } from "./upgrade.ts";

const upgradesOf: unique symbol = Symbol("upgrades");

/** A server that knows who shares its upgrades. */
interface SharedServer extends Server {
  [upgradesOf]?: SharedUpgrades;
  /** Asked whether a request's upgrade is told of, or the request answered as if it asked for none; from Node 22.21 and 24.9 on, and on Deno. */
  shouldUpgradeCallback?: ((request: IncomingMessage) => boolean) | undefined;
}

/** The upgrades of a server that is somebody else's: one listener for all the routers on it, which knows what is for none of them. */
export class SharedUpgrades {
  readonly #server: SharedServer;
  readonly #mounts = new Set<NodeMount>();
  #before: SharedServer["shouldUpgradeCallback"];

  private constructor(server: SharedServer) {
    this.#server = server;
  }

  /**
   * Finds those of a server.
   *
   * @param server The server.
   * @returns The same for every mount on it.
   */
  static of(server: Server): SharedUpgrades {
    const shared: SharedServer = server;
    return shared[upgradesOf] ??= new SharedUpgrades(shared);
  }

  /** @param mount A router whose paths are the server's from now on. */
  add(mount: NodeMount): void {
    this.#mounts.add(mount);
    if (this.#mounts.size > 1) return;
    const server = this.#server;
    server.on("upgrade", this.#take);
    this.#before = server.shouldUpgradeCallback;
    if (this.#before !== undefined) server.shouldUpgradeCallback = this.#isTaken;
  }

  /** @param mount A router that is there no more. */
  delete(mount: NodeMount): void {
    if (!this.#mounts.delete(mount) || this.#mounts.size > 0) return;
    const server = this.#server;
    server.off("upgrade", this.#take);
    if (server.shouldUpgradeCallback === this.#isTaken) server.shouldUpgradeCallback = this.#before;
  }

  get #hasOthers(): boolean {
    return this.#server.listenerCount("upgrade") > 1;
  }

  // A page is the server's also when the request offers to go on in another protocol than HTTP/1.1, as `curl --http2` does.
  readonly #isTaken = (request: IncomingMessage): boolean =>
    this.#before?.call(this.#server, request) !== false && (this.#hasOthers || asksForWebSocket(request.headers));

  readonly #take = (request: IncomingMessage, socket: object, head: Uint8Array): void => {
    const mounts = [...this.#mounts];
    const mount = mounts.find((one) => one.owns(request));
    if (mount !== undefined) mount.upgrade(request, socket as Socket, head as Buffer);
    else if (this.#hasOthers) (socket as Socket).on("error", ignore);
    else {
      const paths = mounts.flatMap(({ paths }) => paths);
      refuse(socket as Socket, answerPlain(mounts[0]!.door.acceptor, paths, targetOf(request.url ?? "/")));
    }
  };
}

// Whoever else takes a connection may not listen for that, or nobody takes it: a client that is gone must not end the process.
function ignore(): void {}
