import type { Clock, Timer } from "../wire/clock.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { isDict } from "../wire/values.ts";
import { absolute } from "./arguments.ts";
import type { Usage } from "./arguments.ts";
import { backoffDelay } from "./backoff.ts";
import type { ErrorContext } from "./core.ts";
import { DurableRegistration, DurableSubscription } from "./durable.ts";
import type { Attached, Durable } from "./durable.ts";
import { GivenUp } from "./given_up.ts";
import type { EventHandler, ProcedureHandler, RegisterOptions, SubscribeOptions } from "./handles.ts";
import type { Session } from "./session.ts";

/** What the durable things of a client need. */
export interface DurablesOptions {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where randomness comes from. */
  readonly random: Random;
  /** Told of errors that no promise carries. */
  report(error: unknown, context: ErrorContext): void;
}

const RETRY = { initialDelay: 200, maxDelay: 10_000 };

/** After how many attempts, six seconds, it is no longer the session before that is in the way. */
const ATTEMPTS_UNSAID = 5;

/** What was made on a client, and brings it to each session: subscriptions first, then registrations, with their original options. */
export class Durables {
  readonly #options: DurablesOptions;
  readonly #registrations = new Map<string, DurableRegistration>();
  readonly #subscriptions = new Set<DurableSubscription>();
  /** Registrations whose end is under way, so that a new one of the same key comes after it. */
  readonly #releasing = new Map<string, Promise<void>>();
  readonly #retries = new Map<Durable, Timer>();
  /** What the current session was asked for and has not answered, in the order of asking; with the error once there will be no answer. */
  #asked = new Map<Durable, WampError | undefined>();
  /** What the session before was asked for first of all that it did not answer, if the router broke it off for a violation. */
  #suspect: Durable | undefined;
  #session: Session | undefined;
  /** Which run of the join listeners is the latest; the first is 2, as what late ones have replaced is of the number before theirs. */
  #run = 1;
  /** Those that go on, the earliest first. */
  readonly #runs = new Set<number>();

  /** @param options What is needed. */
  constructor(options: DurablesOptions) {
    this.#options = options;
  }

  /**
   * The join listeners begin to run. What is subscribed to until {@linkcode runEnded} takes the place of what an earlier run of theirs subscribed to in the
   * same way, one for one and the latest first: to the same topic, with the same options, by a handler of the same code. Nobody can be asked who
   * subscribes: what the same code makes in several runs is taken for theirs, everything else for somebody else's, which nothing replaces.
   *
   * A run may go on when its session is over and the next run has begun. What is made until that has ended, by whichever of them, counts as made by the
   * earlier one, so that the later one replaces it. What is made then while the earlier one still goes on takes the place of what they have made since that
   * began, each once, and is the program's own where they have made nothing like it.
   *
   * @returns The number of the run.
   */
  runBegan(): number {
    this.#runs.add(++this.#run);
    return this.#run;
  }

  /**
   * The join listeners have finished.
   *
   * @param run Which run of theirs.
   */
  runEnded(run: number): void {
    this.#runs.delete(run);
  }

  /** Serves a procedure; one of the same URI and match that is there already only gets another handler. */
  async register(
    usage: Usage,
    handler: ProcedureHandler,
    options: RegisterOptions,
    signal: AbortSignal | undefined,
  ): Promise<DurableRegistration> {
    const { uri } = usage;
    const key = keyOf(uri, options.match);
    const present = this.#registrations.get(key);
    if (present !== undefined) {
      if (sameOptions(present.options, options)) return await this.#made(present, handler, signal, usage);
      this.#release(present).catch((error) => this.#options.report(error, { during: "restore", uri }));
    }
    const durable = new DurableRegistration(uri, handler, options, this.#release);
    this.#registrations.set(key, durable);
    return await this.#made(durable, handler, signal, usage);
  }

  /**
   * Listens to a topic.
   *
   * @param replaceable Whether it may be made by a join listener, and so take the place of another.
   */
  async subscribe(
    usage: Usage,
    handler: EventHandler,
    options: SubscribeOptions,
    signal: AbortSignal | undefined,
    replaceable: boolean,
  ): Promise<DurableSubscription> {
    const made = new DurableSubscription(usage.uri, handler, options, this.#release);
    const durable = replaceable ? this.#standingFor(made) : made;
    // The latest is the last.
    this.#subscriptions.delete(durable);
    this.#subscriptions.add(durable);
    return await this.#made(durable, handler, signal, usage);
  }

  /** What stands for a subscription that a join listener may have made: what their runs made in the same way before, or the subscription itself. */
  #standingFor(made: DurableSubscription): DurableSubscription {
    const [earliest] = this.#runs;
    if (earliest === undefined) return made;
    if (this.#runs.has(this.#run)) {
      const durable = this.#madeAlike(made, 1, this.#run - 1) ?? made;
      durable.run = earliest;
      return durable;
    }
    const durable = this.#madeAlike(made, earliest, this.#run);
    if (durable !== undefined) durable.run = earliest - 1;
    return durable ?? made;
  }

  /** The last that certain runs made in the same way. */
  #madeAlike(
    { uri, handler, options }: DurableSubscription,
    from: number,
    to: number,
  ): DurableSubscription | undefined {
    let latest: DurableSubscription | undefined;
    for (const durable of this.#subscriptions) {
      const theirs = durable.run >= from && durable.run <= to && durable.uri === uri;
      const same = theirs && sameOptions(durable.options, options) && String(durable.handler) === String(handler);
      if (same) latest = durable;
    }
    return latest;
  }

  async #made<Handler, T extends Durable<Handler>>(
    durable: T,
    handler: Handler,
    signal: AbortSignal | undefined,
    usage: Usage,
  ): Promise<T> {
    const accepted = durable.accepted(handler, signal, usage);
    const session = this.#session;
    const underWay = durable.active || durable.attaching !== undefined || this.#retries.has(durable);
    if (session?.open && !underWay) this.#attach(durable, session);
    await accepted;
    return durable;
  }

  /**
   * Brings everything to a session.
   *
   * @param session The session, just joined.
   * @returns Resolves when the router has answered everything; never rejects.
   */
  async restore(session: Session): Promise<void> {
    this.#session = session;
    const attempts: Promise<void>[] = [];
    for (const durable of this.#subscriptions) attempts.push(this.#attach(durable, session));
    for (const durable of this.#registrations.values()) attempts.push(this.#attach(durable, session));
    await Promise.all(attempts);
  }

  /**
   * The session is over.
   *
   * @param violated Whether the router broke it off for a violation (default false).
   */
  sessionEnded(violated = false): void {
    const asked = this.#asked;
    this.#asked = new Map();
    // Later, since an answer may have come just before of which nobody has heard yet.
    if (violated) void Promise.all(this.#all().map(({ attaching }) => attaching)).then(() => this.#brokeOff(asked));
    else this.#suspect = undefined;
    this.#session = undefined;
    for (const timer of this.#retries.values()) timer.cancel();
    this.#retries.clear();
    for (const durable of this.#all()) durable.attached = undefined;
  }

  /** Another session takes the place of one that is still there; resolves when nothing is made on that any more. */
  async sessionReplaced(): Promise<void> {
    const attempts = this.#all().map(({ attaching }) => attaching);
    this.sessionEnded();
    await Promise.all(attempts);
  }

  /** The client is closed: whatever waits for a router is refused. */
  close(error: WampError): void {
    this.sessionEnded();
    for (const durable of this.#all()) {
      durable.ended = true;
      durable.refuse(error);
    }
    this.#registrations.clear();
    this.#subscriptions.clear();
  }

  /** Ends everything, so that no more work comes. */
  async releaseAll(): Promise<void> {
    await Promise.allSettled(this.#all().map((durable) => this.#release(durable, GivenUp)));
  }

  #all(): Durable[] {
    return [...this.#subscriptions, ...this.#registrations.values()];
  }

  #attach(durable: Durable, session: Session, attempt = 0): Promise<void> {
    const attaching = this.#tryToAttach(durable, session, attempt).finally(() => {
      if (durable.attaching === attaching) durable.attaching = undefined;
    });
    durable.attaching = attaching;
    return attaching;
  }

  async #tryToAttach(durable: Durable, session: Session, attempt: number): Promise<void> {
    const asked = this.#asked;
    try {
      const releasing = this.#releasing.get(keyOf(durable.uri, durable.match));
      if (releasing !== undefined && durable instanceof DurableRegistration) await releasing;
      if (!durable.wanted || this.#session !== session) return;
      asked.set(durable, undefined);
      const attached = await this.#request(durable, session);
      asked.delete(durable);
      if (durable.wanted && this.#session === session) durable.accept(attached);
      else await releaseOf(attached);
    } catch (caught) {
      const error = caught as WampError;
      if (error.code !== "connection_lost") asked.delete(durable);
      else if (asked.has(durable)) {
        asked.set(durable, error);
        durable.unanswered = true;
      }
      if (durable.wanted && this.#session === session && session.open) this.#refused(durable, session, attempt, error);
    }
  }

  /**
   * Gives up what two sessions in a row ended at: the violation may have been another message once, hardly twice. Routers answer in order, so that only the
   * first can be the reason; what was accepted before is kept all the same.
   */
  #brokeOff(asked: ReadonlyMap<Durable, WampError | undefined>): void {
    const [[first, cause] = []] = asked;
    const before = this.#suspect;
    this.#suspect = first;
    if (cause === undefined || first !== before || !first?.wanted || first.established) return;
    first.wanted = false;
    this.#forget(first);
    const text = `"${first.uri}" is given up, two sessions ended as it was asked for: ${cause.message}`;
    first.refuse(new WampError("refused", text, { cause }));
  }

  #refused(durable: Durable, session: Session, attempt: number, error: WampError): void {
    const { clock, random } = this.#options;
    const { established, unanswered } = durable;
    const ghost = unanswered && attempt < ATTEMPTS_UNSAID && isRemote(error, ErrorUri.procedureAlreadyExists);
    if (!established && !ghost) {
      durable.wanted = false;
      this.#forget(durable);
      return durable.refuse(error);
    }
    const passing = mayPass(error);
    if (!passing || attempt === ATTEMPTS_UNSAID) {
      this.#options.report(error, { during: "restore", uri: durable.uri, retried: passing });
    }
    if (!passing) return durable.refuse(error);
    const timer = clock.timer(backoffDelay(RETRY, attempt, random), () => {
      this.#retries.delete(durable);
      this.#attach(durable, session, attempt + 1);
    });
    this.#retries.set(durable, timer);
  }

  async #request(durable: Durable, session: Session): Promise<Attached> {
    if (durable instanceof DurableRegistration) {
      const registration = await session.register(
        absolute(durable.uri),
        (args, kwargs, call) => {
          if (!durable.wanted) throw new RemoteError(ErrorUri.unavailable);
          return durable.handler(args, kwargs, call);
        },
        durable.options,
      );
      registration.onRevoked = (reason) => this.#revoked(durable, "registration", reason);
      return registration;
    }
    const listening = durable as DurableSubscription;
    const subscription = await session.subscribe(
      absolute(listening.uri),
      // As a method of the subscription, of which a handler that has waited may ask whether it has ended.
      (args, kwargs, event) => listening.wanted ? listening.handler(args, kwargs, event) : undefined,
      listening.options,
    );
    subscription.onRevoked = (reason) => this.#revoked(listening, "subscription", reason);
    return subscription;
  }

  #revoked(durable: Durable, what: string, reason: string): void {
    if (!durable.wanted) return;
    durable.wanted = false;
    this.#forget(durable);
    const why = reason === "" ? "" : ` (${reason})`;
    const error = new WampError(
      "revoked",
      `The router ended the ${what} of "${durable.uri}"${why}; it is not restored`,
    );
    this.#options.report(error, { during: "revocation", uri: durable.uri });
    durable.refuse(error);
    durable.revoked.tell(error);
  }

  readonly #release = async (durable: Durable, Kind: typeof WampError = WampError): Promise<void> => {
    if (!durable.wanted) return durable.attaching;
    durable.wanted = false;
    this.#forget(durable);
    this.#retries.get(durable)?.cancel();
    this.#retries.delete(durable);
    durable.refuse(new Kind("closed", `"${durable.uri}" was given up before a router accepted it`));
    const key = keyOf(durable.uri, durable.match);
    const released = releaseOnRouter(durable);
    const settled = released.catch(() => {}).then(() => {
      if (this.#releasing.get(key) === settled) this.#releasing.delete(key);
    });
    if (durable instanceof DurableRegistration) this.#releasing.set(key, settled);
    await released;
  };

  #forget(durable: Durable): void {
    const key = keyOf(durable.uri, durable.match);
    if (this.#registrations.get(key) === durable) this.#registrations.delete(key);
    this.#subscriptions.delete(durable as DurableSubscription);
  }
}

/** A URI has no blank in it. */
function keyOf(uri: string, match = "exact"): string {
  return match === "exact" ? uri : `${match} ${uri}`;
}

/** The router may not have noticed yet that the session before is gone, be too busy to answer, or have an authorizer that is away just now. */
function mayPass(error: WampError): boolean {
  return error.code === "timeout" || isRemote(error, ErrorUri.procedureAlreadyExists, ErrorUri.authorizationFailed);
}

function isRemote(error: WampError, ...uris: string[]): boolean {
  return error instanceof RemoteError && uris.includes(error.uri);
}

async function releaseOnRouter({ attached, attaching }: Durable): Promise<void> {
  await (attached === undefined ? attaching : releaseOf(attached));
}

function releaseOf(attached: Attached): Promise<void> {
  return "unsubscribe" in attached ? attached.unsubscribe() : attached.unregister();
}

function sameOptions(left: RegisterOptions | SubscribeOptions, right: RegisterOptions | SubscribeOptions): boolean {
  const [one, other] = [{ match: "exact", ...left } as Dict, { match: "exact", ...right } as Dict];
  return [...Object.keys(one), ...Object.keys(other)].every((name) => sameValue(one[name], other[name]));
}

function sameValue(left: WampValue, right: WampValue): boolean {
  if (!(Array.isArray(left) ? Array.isArray(right) : isDict(left) && isDict(right))) return left === right;
  const [one, other] = [left as Dict, right as Dict];
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => sameValue(one[name], other[name]));
}
