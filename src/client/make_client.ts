import type { Serializer } from "../codec/serializer.ts";
import type { Dialer } from "../transport/dialer.ts";
import { systemClock } from "../wire/clock.ts";
import { systemRandom } from "../wire/random.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { checkOptions, signalRule } from "../wire/option_rules.ts";
import { isDict } from "../wire/values.ts";
import { whenAborted } from "./aborting.ts";
import { BoundErrors } from "./bound_errors.ts";
import { Client } from "./client.ts";
import { checkClientOptions } from "./options.ts";
import type { ClientOptions, ConnectOptions, Target, Targets } from "./options.ts";

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
  const dialers = dialing(defaults);
  return new Client({
    spawn: (changed) => makeClient(target, { ...options, ...changed }, defaults),
    keeper: {
      dialers: typeof target === "function"
        ? async () => dialers(await target(), "Cannot connect: the function given as target gave")
        : dialers(target, "Cannot make a client: the target is"),
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

/** Makes dialers of targets; a URL that was given the time before keeps its own, so that a connection of that can be used again. */
function dialing({ dialer }: ClientDefaults): (given: Targets, what: string) => readonly Dialer[] {
  let made: ReadonlyMap<unknown, Dialer> = new Map();
  return (given, what) => {
    const targets: readonly unknown[] = [given].flat();
    const dialers = targets.map((one) => typeof one === "string" ? made.get(one) ?? dialer(one) : one as Dialer);
    const wrong = dialers.filter((one: Dialer | null | undefined) => typeof one?.dial !== "function");
    if (wrong.length > 0 || dialers.length === 0) {
      const found = wrong.length > 0 ? describe(wrong[0]) : "an empty list";
      throw new WampError("invalid_argument", `${what} ${found}, expected a URL such as "wss://nexus.example.com/ws"`);
    }
    made = new Map(dialers.map((one, at) => [targets[at], one]));
    return dialers;
  };
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
