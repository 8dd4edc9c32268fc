import { readFileSync } from "node:fs";
import type { Acceptor, Listener, ServerCertificate } from "../serve/mod.ts";
import { listen, listenRawSocket } from "../serve/mod.ts";
import { WampError } from "../wire/errors.ts";
import { fileProblem } from "./file_problem.ts";
import type { CertificateFiles, ListenerConfig } from "./serve_config.ts";

/**
 * Opens listeners, all or none.
 *
 * @param acceptor What is served.
 * @param configs What to open.
 * @returns The listeners, in the same order.
 * @throws {WampError} `listen_failed`, or `config_missing` when a certificate cannot be read.
 */
export async function openListeners(acceptor: Acceptor, configs: readonly ListenerConfig[]): Promise<Listener[]> {
  const open: Listener[] = [];
  try {
    for (const config of configs) open.push(await openListener(acceptor, config));
    return open;
  } catch (error) {
    await closeListeners(open);
    throw error;
  }
}

/**
 * Closes listeners.
 *
 * @param listeners The listeners.
 * @returns When they are closed.
 */
export async function closeListeners(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

/**
 * Reads the certificates of listeners again, and shows them to those who connect from now on.
 *
 * @param listeners The listeners.
 * @param configs What they were opened by.
 * @returns The URLs of those that go on with the old one, since their server cannot take another.
 * @throws {WampError} `config_missing` when a certificate cannot be read.
 */
export function renewCertificates(listeners: readonly Listener[], configs: readonly ListenerConfig[]): string[] {
  const renewed = configs.map(({ tls }) => tls === undefined ? undefined : certificateIn(tls));
  return listeners.filter((listener, index) => {
    const certificate = renewed[index];
    return certificate !== undefined && !listener.renew(certificate);
  }).map(({ url }) => url);
}

function openListener(acceptor: Acceptor, config: ListenerConfig): Promise<Listener> {
  const tls = config.tls === undefined ? {} : { tls: certificateIn(config.tls) };
  return config.kind === "websocket"
    ? listen(acceptor, { ...config.options, ...tls })
    : listenRawSocket(acceptor, { ...config.options, ...tls });
}

function certificateIn({ cert, key, ca, clientCertificate }: CertificateFiles): ServerCertificate {
  return {
    cert: read(cert),
    key: read(key),
    ...ca !== undefined && { ca: read(ca) },
    ...clientCertificate !== undefined && { clientCertificate },
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new WampError("config_missing", `Cannot read ${file}: ${fileProblem(cause)}; name a file with PEM`, {
      cause,
    });
  }
}
