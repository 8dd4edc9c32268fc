import { WampError } from "../wire/errors.ts";
import type { Acceptor } from "./acceptor.ts";
import type { ListenerStatistics } from "./admission.ts";
import { BunMount } from "./bun_mount.ts";
import type { BunApi, BunServer } from "./bun_types.ts";
import { tlsSettings } from "./certificate.ts";
import { listenError, listenerUrl } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { settingsOf } from "./options.ts";
import type { ListenOptions, Settings } from "./options.ts";

/** The listener on Bun: its own server. */
class BunListener implements Listener {
  readonly port: number;
  readonly #settings: Settings;
  readonly #server: BunServer;
  readonly #mount: BunMount;
  #closed: Promise<void> | undefined;

  constructor(acceptor: Acceptor, settings: Settings) {
    const { port, hostname, tls, maxMessageSize } = settings;
    this.#settings = settings;
    this.#mount = new BunMount(acceptor, settings);
    this.#server = (globalThis as unknown as { Bun: BunApi }).Bun.serve({
      port,
      hostname,
      ...tls !== undefined && { tls: tlsSettings(tls) },
      maxRequestBodySize: maxMessageSize,
      fetch: (request, server) => this.#mount.take(request, server),
      websocket: this.#mount.handler(),
    });
    this.port = this.#server.port;
  }

  get url(): string {
    return listenerUrl(this.#settings, this.port);
  }

  get statistics(): ListenerStatistics {
    return this.#mount.door.statistics;
  }

  renew(): boolean {
    return false;
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const stopped = this.#server.stop();
    await this.#mount.door.close();
    await this.#server.stop(true);
    await stopped;
  }
}

/**
 * Opens a port on Bun.
 *
 * @param acceptor What is served.
 * @param options Where and how to listen.
 * @returns The open port.
 * @throws {WampError} `listen_failed` when the port is in use or may not be opened, `invalid_argument` when a certificate and its key are none.
 */
// deno-lint-ignore require-await -- what it throws is to be a rejection, as on Node
export async function listen(acceptor: Acceptor, options: ListenOptions = {}): Promise<Listener> {
  const settings = settingsOf(options);
  try {
    return new BunListener(acceptor, settings);
  } catch (cause) {
    throw WampError.is(cause) ? cause : listenError(settings, cause);
  }
}
