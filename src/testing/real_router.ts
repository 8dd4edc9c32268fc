import { startProgram } from "./server_program.ts";

/** How a router of another make is started. */
export interface RealRouterOptions {
  /** The program and its arguments; it is looked for on the PATH. */
  readonly command: (at: RealRouterPlace) => readonly [program: string, ...args: string[]];
  /** Files that it needs, by their names in its folder (default none). */
  readonly files?: ((at: RealRouterPlace) => { readonly [name: string]: string }) | undefined;
  /** The path of its URL (default `/ws`). */
  readonly path?: string | undefined;
  /** Milliseconds until it has to listen (default 60 000). */
  readonly timeout?: number | undefined;
}

/** Where a router of another make runs. */
export interface RealRouterPlace {
  /** The port on which it is to listen. */
  readonly port: number;
  /** A folder of its own, gone with it. */
  readonly folder: string;
}

/** A router of another make that runs for a test. */
export interface RealRouter extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
}

/**
 * Says how Crossbar.io is started, with one realm in which anonymous sessions may do everything.
 *
 * @param realm The realm (default `realm1`).
 * @returns What {@linkcode realRouter} takes.
 */
export function crossbar(realm: string = "realm1"): RealRouterOptions {
  const allow = { call: true, register: true, publish: true, subscribe: true };
  const disclose = { caller: true, publisher: true };
  const role = { name: "anonymous", permissions: [{ uri: "", match: "prefix", allow, disclose, cache: true }] };
  return {
    command: ({ folder }) => ["crossbar", "start", "--cbdir", folder, "--loglevel", "warn"],
    files: ({ port }) => ({
      "config.json": JSON.stringify({
        version: 2,
        workers: [{
          type: "router",
          realms: [{ name: realm, roles: [role] }],
          transports: [{
            type: "websocket",
            endpoint: { type: "tcp", port, interface: "127.0.0.1" },
            serializers: ["json", "msgpack", "cbor"],
            auth: { anonymous: { type: "static", role: "anonymous" } },
          }],
        }],
      }),
    }),
    path: "/",
  };
}

/**
 * Starts a router of another make, where it is installed: on Node, Deno and Bun.
 *
 * @param options How; {@linkcode crossbar} makes them for Crossbar.io.
 * @returns The router when it listens, or undefined when there is no such program.
 * @throws {WampError} `listen_failed` when it ends before it listens, or does not listen in time; the message has what it printed.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { crossbar, realRouter } from "@izaber/wamp/testing";
 *
 * await using router = await realRouter(crossbar()); // undefined where Crossbar is not installed
 * if (router !== undefined) {
 *   await using wamp = await connect(router.url, { realm: "realm1" });
 *   await wamp.call("wamp.session.count").catch(() => {});
 * }
 * ```
 */
export async function realRouter(options: RealRouterOptions): Promise<RealRouter | undefined> {
  const { path = "/ws", timeout = 60_000 } = options;
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const folder = await mkdtemp(join(tmpdir(), "wamp-router-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const at: RealRouterPlace = { port: await freePort(), folder };
  try {
    for (const [name, text] of Object.entries(options.files?.(at) ?? {})) await writeFile(join(folder, name), text);
    const child = await startProgram(options.command(at), { cwd: folder });
    if (child === undefined) {
      await remove();
      return undefined;
    }
    await child.listens(at.port, timeout);
    return {
      url: `ws://127.0.0.1:${at.port}${path}`,
      [Symbol.asyncDispose]: async () => {
        await child.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
