import type { Serializer } from "../codec/serializer.ts";
import type { Dialer } from "../transport/dialer.ts";
import { systemClock } from "../wire/clock.ts";
import { systemRandom } from "../wire/random.ts";
import { describe } from "../wire/describe.ts";
import { checkOptions, signalRule } from "../wire/option_rules.ts";
import { isDict } from "../wire/values.ts";
import { whenAborted } from "./aborting.ts";
import { BoundErrors } from "./bound_errors.ts";
import { Client } from "./client.ts";
import { checkClientOptions, unmakable } from "./options.ts";
import type { ClientOptions, ConnectOptions, Target } from "./options.ts";

/** What an entry point supplies where the options say nothing. */
export interface ClientDefaults {
  /** The serializers to offer. */
  readonly serializers: readonly Serializer[];
  /** Makes the dialer for a URL. */
  dialer(url: string): Dialer;
}

/**
 * Makes a client with an entry point's defaults.
 *
 * @param target What leads to a router.
 * @param options What the client is made with.
 * @param defaults What the entry point supplies.
 * @returns The client, not opened.
 * @throws {WampError} `invalid_argument` when an option is wrong; the message names it.
 */
export function makeClient(target: Target, options: ClientOptions, defaults: ClientDefaults): Client {
  checkClientOptions(options);
  const targets: readonly (string | Dialer)[] = Array.isArray(target) ? target : [target as string | Dialer];
  if (targets.length === 0) throw unmakable("no URL was given");
  for (const target of targets) {
    if (typeof target === "string" || typeof (target as Dialer | null | undefined)?.dial === "function") continue;
    throw unmakable(`the target is ${describe(target)}, expected a URL such as "wss://nexus.example.com/ws"`);
  }
  return new Client({
    spawn: (changed) => makeClient(target, { ...options, ...changed }, defaults),
    keeper: {
      dialers: targets.map((target) => typeof target === "string" ? defaults.dialer(target) : target),
      realm: options.realm,
      auth: options.auth,
      serializers: (options.serializers ?? defaults.serializers).map((one) => one.eager ?? one),
      connectTimeout: options.connectTimeout ?? 10_000,
      reconnect: options.reconnect ?? {},
      liveness: options.liveness !== false && {
        silence: options.liveness?.silence ?? 30_000,
        deadline: options.liveness?.deadline ?? 10_000,
      },
      agent: options.agent ?? "@izaber/wamp",
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
    },
    prefix: options.prefix ?? "",
    callTimeout: options.timeout ?? 0,
    requestTimeout: options.requestTimeout ?? 30_000,
    strict: options.strict ?? false,
    offline: options.offline,
    queues: options.queues,
    errors: new BoundErrors(options.errors),
    trace: options.trace,
  });
}

/**
 * Makes a client with an entry point's defaults, and opens it.
 *
 * @param target What leads to a router.
 * @param options What the client is made with, and what gives the attempt up.
 * @param defaults What the entry point supplies.
 * @returns The client, ready.
 * @throws {ConnectError} When no target works.
 * @throws {WampError} `invalid_argument` when an option is wrong; the message names it.
 */
export async function connectClient(
  target: Target,
  options: ConnectOptions,
  defaults: ClientDefaults,
): Promise<Client> {
  const { signal, ...rest }: Partial<ConnectOptions> = options ?? {};
  const client = makeClient(target, isDict(options) ? rest as ClientOptions : options, defaults);
  checkOptions("Cannot connect", { signal }, { signal: signalRule }, "");
  signal?.throwIfAborted();
  const unwatch = whenAborted(signal, () => void client.close());
  try {
    await client.open();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    unwatch();
  }
  signal?.throwIfAborted();
  return client;
}
