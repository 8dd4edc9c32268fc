import type { AnyClient } from "../client/api.ts";
import { orGivenUp } from "../client/given_up.ts";
import type { Registration, Subscription } from "../client/handles.ts";
import { proceduresOf, topicsOf } from "./declarations.ts";
import type { Procedures, Topics } from "./declarations.ts";
import { checkOptions } from "../wire/option_rules.ts";
import { LifecycleListener } from "./lifecycle.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Queues } from "./queues.ts";

/** What an object, or the class of an object, has that is served. */
export interface ServiceObject extends Lifecycle {
  /** Its procedures, relative to the client's prefix. */
  readonly procedures?: Procedures;
  /** Its topics, relative to the client's prefix. */
  readonly topics?: Topics;
}

/** What can be said of a service. */
export interface ServiceOptions {
  /** The queues that its declarations name (default those that the client was made with). */
  readonly queues?: Queues | undefined;
}

/** An object that is served. */
export class Service<T extends object = object> implements AsyncDisposable {
  /** The object. */
  readonly object: T;
  /** Its registrations. */
  readonly registrations: readonly Registration[];
  /** Its subscriptions. */
  readonly subscriptions: readonly Subscription[];
  readonly #lifecycle: LifecycleListener;

  /**
   * @param object The object.
   * @param registrations Its registrations.
   * @param subscriptions Its subscriptions.
   * @param lifecycle Tells it what happens to the client.
   */
  constructor(
    object: T,
    registrations: readonly Registration[],
    subscriptions: readonly Subscription[],
    lifecycle: LifecycleListener,
  ) {
    this.object = object;
    this.registrations = registrations;
    this.subscriptions = subscriptions;
    this.#lifecycle = lifecycle;
  }

  /**
   * Ends the service: no call and no event come from here on, and the object is told nothing more. What runs goes on, and calls that have come are served,
   * those that wait in a queue included; events that wait in one are dropped. To wait for all of them, drain the client.
   *
   * @throws {RemoteError} When the router refuses; the service has ended all the same.
   */
  async stop(): Promise<void> {
    this.#lifecycle.stop();
    const ended = await Promise.allSettled([
      ...this.registrations.map((registration) => registration.unregister()),
      ...this.subscriptions.map((subscription) => subscription.unsubscribe()),
    ]);
    for (const result of ended) if (result.status === "rejected") throw result.reason;
  }

  /** Ends the service. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/**
 * Serves an object: its procedures are registered, its topics subscribed to, and its methods `onConnect`, `onChallenge`, `onJoin`, `onReady`, `onLeave`
 * and `onDisconnect` called, over any number of sessions. Call it once for an object, outside of join hooks; services that have a procedure in common want
 * clients of their own.
 *
 * @param wamp The client, open or not; before it is open, do not wait for the answer.
 * @param target The object, or a class, of which one is made. `procedures` and `topics` are its own or static members of its class.
 * @param options The queues that declarations name, where they are not those of the client.
 * @returns The service, when the router has confirmed all of it and `onJoin` and `onReady` have finished.
 * @throws {RemoteError} When the router refuses something; nothing of the service is left then.
 * @throws {WampError} `invalid_argument` when a declaration names a method or a queue that is not there, or there is no such option.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { Queues, service } from "@izaber/wamp/service";
 *
 * class Calculator {
 *   static procedures = {
 *     "calculator.add": "add",
 *     "calculator.power": { handler: "power", queue: "slow" },
 *   };
 *   static topics = { "calculator.reset": "reset" };
 *   calls = 0;
 *
 *   add([a, b]: [number, number]): number {
 *     this.calls += 1;
 *     return a + b;
 *   }
 *   power([base, exponent]: [number, number]): number {
 *     return base ** exponent;
 *   }
 *   reset(): void {
 *     this.calls = 0;
 *   }
 * }
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * await using wamp = await connect(router.local(), { realm: "realm1", prefix: "com.example" });
 * await using running = await service(wamp, Calculator, { queues: new Queues({ slow: { limit: 1 } }) });
 * if (await wamp.call("calculator.add", [1, 2]) !== 3 || running.object.calls !== 1) throw new Error("unexpected");
 * if (await wamp.call("calculator.power", [2, 10]) !== 1024) throw new Error("unexpected");
 * ```
 */
export function service<T extends object>(
  wamp: AnyClient,
  target: new () => T,
  options?: ServiceOptions,
): Promise<Service<T>>;
export function service<T extends object>(wamp: AnyClient, target: T, options?: ServiceOptions): Promise<Service<T>>;
export function service(wamp: AnyClient, target: object, options: ServiceOptions = {}): Promise<Service> {
  return orGivenUp(begun(wamp, target, options));
}

async function begun({ untyped: wamp }: AnyClient, target: object, options: ServiceOptions): Promise<Service> {
  checkOptions("Cannot serve", options, {
    queues: {
      expected: "new Queues({ name: { limit: 2 } })",
      allows: (value) => typeof (value as Queues | null)?.get === "function",
    },
  }, "{ queues }");
  const object = typeof target === "function" ? new (target as new () => object)() : target;
  const queues = options.queues ?? wamp.queues;
  const [procedures, topics] = [proceduresOf(object, queues), topicsOf(object, queues)];
  const lifecycle = new LifecycleListener(wamp, object);
  const subscribing = topics.map(({ uri, handler, options }) => wamp.subscribe(uri, handler, options));
  const registering = procedures.map(({ uri, handler, options }) => wamp.register(uri, handler, options));
  const [subscribed, registered] = await Promise.all([
    Promise.allSettled(subscribing),
    Promise.allSettled(registering),
  ]);
  const made = new Service(object, fulfilled(registered), fulfilled(subscribed), lifecycle);
  try {
    for (const result of [...subscribed, ...registered]) if (result.status === "rejected") throw result.reason;
    await lifecycle.catchUp();
    return made;
  } catch (error) {
    await made.stop().catch(() => {});
    throw error;
  }
}

function fulfilled<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  return results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
}
