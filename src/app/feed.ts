import { isGenerator } from "../client/generator.ts";
import { outcomeOf } from "./outcome.ts";
import type { AppSession } from "./app_session.ts";
import type { RouteMatch } from "./route_table.ts";
import type { AppSubscription, TopicHandler } from "./topic_routes.ts";

/** One subscription that a route serves: from the SUBSCRIBE that asks for it to its end. */
export class Feed implements AppSubscription {
  readonly topic: string;
  readonly session: AppSession;
  readonly groups: readonly (string | undefined)[];
  readonly named: { readonly [name: string]: string | undefined };

  readonly #handler: TopicHandler;
  readonly #report: (error: unknown) => void;
  readonly #ending: AbortController = new AbortController();
  readonly #accepted: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #begun: PromiseWithResolvers<void> = Promise.withResolvers();
  #isAccepted = false;
  #hasBegun = false;

  /**
   * @param topic The topic.
   * @param session Whose subscription it is.
   * @param match The route.
   * @param report Told when the handler fails after the subscription has begun.
   */
  constructor(topic: string, session: AppSession, match: RouteMatch<TopicHandler>, report: (error: unknown) => void) {
    this.topic = topic;
    this.session = session;
    this.groups = match.groups;
    this.named = match.named;
    this.#handler = match.route;
    this.#report = report;
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  accept(): void {
    this.#isAccepted = true;
    this.#accepted.resolve();
  }

  /**
   * Runs the handler up to where the subscription is accepted.
   *
   * @returns Resolves when it is.
   * @throws What the handler throws before.
   */
  open(): Promise<void> {
    this.#run().then(
      () => this.accept(),
      (error) => this.#failed(error),
    );
    return this.#accepted.promise;
  }

  /** Whether SUBSCRIBED is on its way. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** SUBSCRIBED is on its way: events may follow. */
  begin(): void {
    this.#hasBegun = true;
    this.#begun.resolve();
  }

  /** The subscription is over. */
  end(): void {
    this.#ending.abort();
    this.accept();
    this.#begun.resolve();
  }

  async #run(): Promise<void> {
    const values = await this.#handler(this);
    if (isGenerator(values)) await this.#serve(values[Symbol.asyncIterator]());
  }

  async #serve(values: AsyncIterator<unknown>): Promise<void> {
    let rested = false;
    for (let next = await values.next(); !next.done; next = await values.next()) {
      this.accept();
      await this.#begun.promise;
      if (next.value === undefined && !rested) {
        rested = true;
        await this.#ended();
        continue;
      }
      if (!this.signal.aborted) await this.#send(next.value);
      if (this.signal.aborted) return void await values.return?.();
    }
  }

  async #send(value: unknown): Promise<void> {
    const { args, kwargs } = outcomeOf(value);
    await this.session.send(this.topic, args, kwargs);
  }

  #ended(): Promise<void> {
    const { signal } = this;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  #failed(error: unknown): void {
    if (!this.#isAccepted) this.#accepted.reject(error);
    else if (!this.signal.aborted) this.#report(error);
  }
}
