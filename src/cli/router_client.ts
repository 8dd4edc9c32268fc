import process from "node:process";
import { anonymous } from "../auth/anonymous.ts";
import { ticket } from "../auth/ticket.ts";
import { createClient } from "../client/connect.ts";
import type { Client } from "../client/client.ts";
import type { ClientOptions, Target } from "../client/options.ts";
import { connectionOf, loadConfig } from "../izaber/mod.ts";
import { WampError } from "../wire/errors.ts";
import { shownUrl } from "../wire/shown_url.ts";
import type { RouterOptions } from "./router_options.ts";
import { readSecret } from "./secrets.ts";
import { note } from "./terminal.ts";
import { wordsOf } from "./wording.ts";

const DEFAULT_TIMEOUT = 30_000;

/** What `nexus serve --open` and other routers for trials have by custom; and what a Nexus has, which is where names log in. */
const [OPEN_REALM, NEXUS_REALM] = ["realm1", "izaber"];

/** Where a router is and how to join it. */
interface Connection {
  readonly url: string;
  readonly options: ClientOptions;
}

/**
 * Makes a client of the router that the options name.
 *
 * @param options Context, URL, realm, user, prefix.
 * @param changes What is to be otherwise (default nothing).
 * @returns The client, not opened.
 * @throws {WampError} When the configuration is wrong.
 */
export async function closedClient(options: RouterOptions, changes: Partial<ClientOptions> = {}): Promise<Client> {
  const { url, options: made } = await connectionFrom(options);
  return createClient(await targetOf(url), { ...made, ...changes });
}

/**
 * Connects to the router that the options name.
 *
 * @param options Context, URL, realm, user, prefix.
 * @param reconnects Whether the client comes back when its session is lost (default false: then the command has failed).
 * @returns The client, ready.
 * @throws {WampError} When the configuration is wrong or no session can be had.
 */
export async function joinRouter(options: RouterOptions, reconnects: boolean = false): Promise<Client> {
  const client = await closedClient(options, reconnects ? {} : { reconnect: false });
  await client.open();
  client.on("error", (error, { during }) => {
    note(`nexus: ${during}: ${textOf(error)}`);
  });
  return client;
}

/**
 * Does something with a client that is closed afterwards, however that ends.
 *
 * @param options Context, URL, realm, user, prefix.
 * @param work What to do.
 * @returns What that returns.
 */
export async function withRouter<T>(options: RouterOptions, work: (wamp: Client) => Promise<T>): Promise<T> {
  const wamp = await joinRouter(options);
  try {
    return await work(wamp);
  } finally {
    await wamp.close();
  }
}

function textOf(error: unknown): string {
  if (WampError.is(error)) return wordsOf(error);
  return error instanceof Error ? error.message : String(error);
}

async function connectionFrom(options: RouterOptions): Promise<Connection> {
  const { context = process.env.NEXUS_CONTEXT, user, prefix, timeout } = options;
  const base = context === undefined ? undefined : await contextOf(context, options);
  const url = options.url ?? base?.url ?? "ws://127.0.0.1:8080/ws";
  return {
    url,
    options: {
      ...base?.options,
      realm: options.realm ?? base?.options.realm ?? (user === undefined ? OPEN_REALM : NEXUS_REALM),
      // The secret is had before the connection is opened: a person takes longer to type it than a router waits.
      auth: user === undefined ? base?.options.auth ?? anonymous() : ticket(user, await secretOf(user, options)),
      timeout: timeout ?? base?.options.timeout ?? DEFAULT_TIMEOUT,
      ...(prefix === undefined ? {} : { prefix }),
    },
  };
}

async function contextOf(context: string, { izaber }: RouterOptions): Promise<Connection> {
  const config = await loadConfig({ environment: context, ...(izaber === undefined ? {} : { config: izaber }) });
  return connectionOf(config);
}

async function secretOf(user: string, { passwordFile }: RouterOptions): Promise<string> {
  if (passwordFile === undefined && process.env.NEXUS_PASSWORD !== undefined) return process.env.NEXUS_PASSWORD;
  return await readSecret(`Password of ${user}: `, passwordFile, "set NEXUS_PASSWORD, or add --password-file");
}

async function targetOf(url: string): Promise<Target> {
  if (/^wss?:/i.test(url)) return url;
  if (!/^(?:tcpips?|rss?|unix):/i.test(url)) {
    const text = `Cannot connect to ${
      JSON.stringify(shownUrl(url))
    }: expected a URL such as "ws://127.0.0.1:8080/ws", "wss://nexus.example.com/ws", "tcpip://127.0.0.1:18081" or "unix:///run/nexus.socket"`;
    throw new WampError("invalid_argument", text);
  }
  const { rawSocketDialer } = await import("../transport/rawsocket.ts");
  return rawSocketDialer(url);
}
