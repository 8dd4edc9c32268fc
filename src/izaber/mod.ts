/**
 * An izaber.yaml and the client that a whole program shares, as Python's izaber and izaber-wamp have them.
 *
 * @example
 * ```ts
 * import { config, initialize, wamp } from "@izaber/wamp/izaber";
 *
 * await initialize({ config: { text: "default: { wamp: { run: false, connection: { authmethods: [anonymous] } } }" } });
 * if (config.get("wamp.run") !== false || wamp.status !== "idle") throw new Error("unexpected");
 * ```
 *
 * @module
 */
import { Shared } from "./shared.ts";
import type { InitializeOptions, SharedConfig, SharedWamp } from "./shared.ts";

export { Config } from "./config.ts";
export type { ConfigView } from "./config.ts";
export { loadConfig } from "./config_file.ts";
export type { ConfigText, LoadOptions } from "./config_file.ts";
export { connectionOf } from "./connection.ts";
export type { IzaberConnection } from "./connection.ts";
export type { Machine } from "./machine.ts";
export type { Identity, InitializeOptions, IzaberCalls, SharedConfig, SharedWamp } from "./shared.ts";
export { parseYaml } from "./yaml.ts";
export { stringifyYaml } from "./yaml_text.ts";

const shared = new Shared();

/**
 * The client of the program; it forwards to the one that {@linkcode initialize} made last.
 *
 * What Nexus adds is on it, too: `wamp.whoami()`, `wamp.roster.register()`, `wamp.metadata.get()`, `wamp.otp.create()`. On an edge worker, where sockets belong
 * to one request, it throws and says what to do instead.
 *
 * Listeners stay: what `wamp.on()` was given, before {@linkcode initialize} or after, each later client gets, too.
 */
export const wamp: SharedWamp = shared.wamp;

/** The configuration of the program; it forwards to the one that {@linkcode initialize} read last. */
export const config: SharedConfig = shared.config;

/**
 * Reads izaber.yaml and connects {@linkcode wamp}. Called again it starts anew and closes the client of the time before.
 *
 * @param options Which configuration and environment, whether to connect, and what no file can say: queues, classes of errors and tracing (default: as izaber does).
 * @returns When the client is ready.
 * @throws {WampError} `config_missing`, `config_malformed` or `config_invalid`; the message names file, key, value and remedy.
 * @throws {ConnectError} When no session can be had.
 * @throws {WampError} `not_connected` on an edge worker; `invalid_argument` when there is no such option, or its value is wrong.
 */
export function initialize(options?: InitializeOptions): Promise<void> {
  return shared.initialize(options);
}
