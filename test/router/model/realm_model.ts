import type { Dict } from "../../../src/wire/mod.ts";
import { MessageType as M } from "../../../src/wire/mod.ts";
import type { Message } from "../peer.ts";
import { isFor, isLike, patternOf, PUBLICATION } from "./parts.ts";
import type { Call, Callee, Client, Delivery, Registration, Retained, Subscription } from "./parts.ts";
import type { Act, Match } from "./steps.ts";

/**
 * What a realm does, written down as plainly as can be: lists, no tables, one message after the other.
 *
 * It is told what a client sends and tells what every client then gets. Clients are known by the ids of their sessions.
 */
export class RealmModel {
  readonly #clients: Client[] = [];
  #subscriptions: Subscription[] = [];
  #registrations: Registration[] = [];
  #calls: Call[] = [];
  #retained: Retained[] = [];
  /** Calls that have ended while their caller had more to send, as `session request`. */
  readonly #ended: Set<string> = new Set();
  /** Their procedures, and those of calls that have not ended. */
  readonly #streams: Map<string, string> = new Map();
  #lastSubscription: number;
  #lastRegistration = 0;
  readonly #watcher: number;
  readonly #watched: ReadonlyMap<string, number>;
  #deliveries: Delivery[] = [];
  #value = 0;

  /**
   * @param watcher the session that follows the meta events
   * @param watched the ids of its subscriptions, by topic
   */
  constructor(watcher: number, watched: ReadonlyMap<string, number>) {
    this.#watcher = watcher;
    this.#watched = watched;
    this.#lastSubscription = watched.size;
  }

  /** What a client of this session may do now: how many things there are to pick from. */
  has(
    session: number,
  ): {
    readonly subscriptions: number[];
    readonly registrations: number[];
    readonly calls: number[];
    readonly streams: number[];
    readonly invocations: number[];
    readonly others: number[];
  } {
    const client = this.#client(session);
    return {
      subscriptions: this.#subscriptions.filter(({ members }) => members.includes(client)).map(({ id }) => id),
      registrations: this.#registrations.filter(({ members }) => members.some((member) => member.client === client))
        .map(({ id }) => id),
      calls: this.#calls.filter(({ caller }) => caller === client).map(({ request }) => request),
      streams: [
        ...this.#calls.filter(({ caller, open }) => caller === client && open).map(({ request }) => request),
        ...[...this.#ended].filter((key) => key.startsWith(`${session} `)).map((key) => Number(key.split(" ")[1])),
      ],
      invocations: this.#calls.filter(({ callee }) => callee.client === client).map(({ invocation }) => invocation),
      others: this.#clients.map(({ id }) => id).filter((id) => id !== session),
    };
  }

  /** The procedure of a call that a client has more to send of. */
  procedureOf(session: number, request: number): string {
    return this.#streams.get(`${session} ${request}`)!;
  }

  /** What the next publication is to carry. */
  get nextValue(): number {
    return this.#value + 1;
  }

  join(id: number, authid: string, plain: boolean): Delivery[] {
    this.#clients.push({ id, authid, plain, calls: 0, invocations: 0 });
    this.#announce("wamp.session.on_join", [id]);
    return this.#take();
  }

  leave(session: number, how: "goodbye" | "killed" | "lost"): Delivery[] {
    const client = this.#client(session);
    if (how === "goodbye") this.#send(client, [M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
    if (how === "killed") this.#send(client, [M.GOODBYE, {}, "wamp.close.killed"]);
    this.#clients.splice(this.#clients.indexOf(client), 1);
    for (const call of this.#calls.filter(({ caller }) => caller === client)) {
      this.#interrupt(call, "killnowait");
      this.#end(call);
    }
    for (const call of this.#calls.filter(({ callee }) => callee.client === client)) {
      this.#end(call);
      this.#send(call.caller, [M.ERROR, M.CALL, call.request, {}, "wamp.error.canceled"]);
    }
    for (const registration of [...this.#registrations]) this.#unregister(client, registration);
    for (const subscription of [...this.#subscriptions]) this.#unsubscribe(client, subscription);
    this.#announce("wamp.session.on_leave", [session, client.authid, "user"]);
    return this.#take();
  }

  subscribe(
    session: number,
    request: number,
    { match, pick, retained }: Extract<Act, { do: "subscribe" }>,
  ): Delivery[] {
    const client = this.#client(session);
    const uri = patternOf(match, pick);
    let subscription = this.#subscriptions.find((one) => one.uri === uri && one.match === match);
    if (subscription === undefined) {
      subscription = { id: ++this.#lastSubscription, uri, match, members: [] };
      this.#subscriptions.push(subscription);
    }
    const { id, members } = subscription;
    this.#send(client, [M.SUBSCRIBED, request, id]);
    if (!members.includes(client)) {
      members.push(client);
      if (members.length === 1) this.#announce("wamp.subscription.on_create", [session, id]);
      this.#announce("wamp.subscription.on_subscribe", [session, id]);
    }
    if (!retained) return this.#take();
    for (const topic of new Set(this.#retained.map((one) => one.topic).filter((topic) => isLike(uri, match, topic)))) {
      const last = this.#retained.findLast((one) => one.topic === topic && isFor(one, client));
      if (last === undefined) continue;
      const details = { ...last.details, ...(match === "exact" ? {} : { topic }), retained: true };
      this.#send(client, [M.EVENT, id, PUBLICATION, details, [last.value]]);
    }
    return this.#take();
  }

  unsubscribe(session: number, request: number, id: number): Delivery[] {
    const client = this.#client(session);
    this.#unsubscribe(client, this.#subscriptions.find((one) => one.id === id)!);
    this.#send(client, [M.UNSUBSCRIBED, request]);
    return this.#take();
  }

  publish(session: number, request: number, act: Extract<Act, { do: "publish" }>): Delivery[] {
    const client = this.#client(session);
    const { topic, acknowledge, excludeMe, disclose, retain, eligible, exclude } = act;
    const value = ++this.#value;
    const details: Dict = disclose
      ? { publisher: session, publisher_authid: client.authid, publisher_authrole: "user" }
      : {};
    const event: Retained = { topic, value, publisher: client, excluded: excludeMe, details, eligible, exclude };
    if (acknowledge) this.#send(client, [M.PUBLISHED, request, PUBLICATION]);
    if (retain) {
      const isForAll = eligible === undefined && exclude === undefined;
      // One for everybody makes all before it void; one for some only the last that was for some.
      this.#retained = this.#retained.filter((one) =>
        one.topic !== topic || (!isForAll && one.eligible === undefined && one.exclude === undefined)
      );
      this.#retained.push(event);
    }
    for (const { id, uri, match, members } of this.#subscriptions) {
      if (!isLike(uri, match, topic)) continue;
      for (const member of members) {
        if (!isFor(event, member)) continue;
        this.#send(member, [M.EVENT, id, PUBLICATION, match === "exact" ? details : { ...details, topic }, [value]]);
      }
    }
    return this.#take();
  }

  register(session: number, request: number, act: Extract<Act, { do: "register" }>): Delivery[] {
    const { match, pick, invoke, concurrency = Infinity, force } = act;
    const client = this.#client(session);
    const uri = patternOf(match, pick);
    let registration = this.#registrations.find((one) => one.uri === uri && one.match === match);
    if (registration !== undefined && force) {
      const details = { registration: registration.id, reason: "wamp.error.unregistered" };
      for (const member of [...registration.members]) {
        if (!member.client.plain) this.#send(member.client, [M.UNREGISTERED, 0, details]);
        this.#unregister(member.client, registration);
      }
      registration = undefined;
    }
    if (registration === undefined) {
      registration = { id: ++this.#lastRegistration, uri, match, invoke, members: [], turn: 0 };
      this.#registrations.push(registration);
    } else if (registration.invoke === "single") {
      this.#send(client, [M.ERROR, M.REGISTER, request, {}, "wamp.error.procedure_already_exists"]);
      return this.#take();
    } else if (registration.invoke !== invoke) {
      const error = "wamp.error.procedure_exists_with_different_invocation_policy";
      this.#send(client, [M.ERROR, M.REGISTER, request, {}, error]);
      return this.#take();
    }
    const { id, members } = registration;
    this.#send(client, [M.REGISTERED, request, id]);
    if (!members.some((member) => member.client === client)) {
      members.push({ client, concurrency });
      if (members.length === 1) this.#announce("wamp.registration.on_create", [session, id]);
      this.#announce("wamp.registration.on_register", [session, id]);
    }
    return this.#take();
  }

  unregister(session: number, request: number, id: number): Delivery[] {
    const client = this.#client(session);
    this.#unregister(client, this.#registrations.find((one) => one.id === id)!);
    this.#send(client, [M.UNREGISTERED, request]);
    return this.#take();
  }

  call(session: number, request: number, act: Extract<Act, { do: "call" }>): Delivery[] {
    const { procedure, disclose, progress, stream } = act;
    const caller = this.#client(session);
    const key = `${session} ${request}`;
    if (stream) {
      this.#streams.set(key, procedure);
      this.#ended.add(key);
    }
    const registration = this.#best(procedure);
    const fail = (uri: string) => this.#send(caller, [M.ERROR, M.CALL, request, {}, uri]);
    if (registration === undefined) {
      fail("wamp.error.no_such_procedure");
      return this.#take();
    }
    const callee = this.#pick(registration, [], stream);
    if (callee === undefined) {
      const able = registration.members.some(({ client }) => !stream || !client.plain);
      fail(able ? "crossbar.error.max_concurrency_reached" : "wamp.error.feature_not_supported");
      return this.#take();
    }
    const call: Call = {
      caller,
      request,
      procedure,
      registration,
      progress,
      disclose,
      refused: [],
      callee,
      invocation: 0,
      open: stream,
      interrupted: false,
      reroutes: true,
    };
    this.#calls.push(call);
    if (stream) this.#ended.delete(key);
    this.#invoke(call);
    return this.#take();
  }

  more(session: number, request: number, last: boolean): Delivery[] {
    const key = `${session} ${request}`;
    const call = this.#calls.find(({ caller, request: of }) => caller.id === session && of === request);
    if (call === undefined) {
      if (last) this.#ended.delete(key);
      return this.#take();
    }
    call.open = !last;
    if (call.interrupted) return this.#take();
    call.reroutes = false;
    this.#sendInvocation(call, "more");
    return this.#take();
  }

  cancel(session: number, request: number, mode: "skip" | "kill" | "killnowait"): Delivery[] {
    const call = this.#calls.find(({ caller, request: of }) => caller.id === session && of === request)!;
    const { plain } = call.callee.client;
    call.reroutes = false;
    if (!plain && (mode !== "skip" || call.open)) this.#interrupt(call, mode === "kill" ? "kill" : "killnowait");
    if (mode === "kill" && !plain) return this.#take();
    this.#end(call);
    this.#send(call.caller, [M.ERROR, M.CALL, request, {}, "wamp.error.canceled"]);
    return this.#take();
  }

  answer(session: number, invocation: number, by: "yield" | "progress" | "error" | "unavailable"): Delivery[] {
    const call = this.#calls.find((one) => one.callee.client.id === session && one.invocation === invocation)!;
    const { caller, request, callee } = call;
    if (by === "progress") {
      if (!call.progress) return this.#take();
      call.reroutes = false;
      this.#send(caller, [M.RESULT, request, { progress: true }, [invocation]]);
      return this.#take();
    }
    if (by === "unavailable" && call.reroutes && !callee.client.plain) {
      call.refused.push(callee.client);
      this.#calls.splice(this.#calls.indexOf(call), 1);
      const next = this.#pick(call.registration, call.refused, call.open);
      if (next === undefined) {
        this.#end(call);
        this.#send(caller, [M.ERROR, M.CALL, request, {}, "wamp.error.no_available_callee"]);
        return this.#take();
      }
      this.#calls.push(call);
      call.callee = next;
      this.#invoke(call);
      return this.#take();
    }
    this.#end(call);
    if (by === "yield") this.#send(caller, [M.RESULT, request, {}, [invocation]]);
    else {
      const uri = by === "error" ? "com.example.error" : "wamp.error.unavailable";
      this.#send(caller, [M.ERROR, M.CALL, request, {}, uri, [invocation]]);
    }
    return this.#take();
  }

  ask(session: number, request: number, what: string): Delivery[] {
    const sessions = [this.#watcher, ...this.#clients.map(({ id }) => id)];
    const ids = (list: readonly { readonly id: number; readonly match: Match }[]) => ({
      exact: list.filter(({ match }) => match === "exact").map(({ id }) => id),
      prefix: list.filter(({ match }) => match === "prefix").map(({ id }) => id),
      wildcard: list.filter(({ match }) => match === "wildcard").map(({ id }) => id),
    });
    const watched = [...this.#watched.values()].map((id) => ({ id, match: "exact" as const }));
    const answers: { readonly [what: string]: unknown } = {
      "wamp.session.count": sessions.length,
      "wamp.session.list": sessions,
      "wamp.registration.list": ids(this.#registrations),
      "wamp.subscription.list": ids([...watched, ...this.#subscriptions]),
    };
    this.#send(this.#client(session), [M.RESULT, request, {}, [answers[what]]]);
    return this.#take();
  }

  kill(session: number, request: number, victim: number): Delivery[] {
    const deliveries = this.leave(victim, "killed");
    this.#send(this.#client(session), [M.RESULT, request, {}, [null]]);
    return [...deliveries, ...this.#take()];
  }

  /** How much there has to be in the realm. */
  get size(): { readonly registrations: number; readonly subscriptions: number; readonly pendingInvocations: number } {
    return {
      registrations: this.#registrations.length,
      subscriptions: this.#subscriptions.length + this.#watched.size,
      pendingInvocations: this.#calls.length,
    };
  }

  #client(session: number): Client {
    return this.#clients.find(({ id }) => id === session)!;
  }

  #send(client: Client, message: Message): void {
    this.#deliveries.push([client.id, message]);
  }

  #take(): Delivery[] {
    // Who has left hears nothing any more, but what it was told before.
    const here = new Set(this.#clients.map(({ id }) => id));
    const deliveries = this.#deliveries.filter(([to, [type]]) =>
      here.has(to) || to === this.#watcher || type === M.GOODBYE
    );
    this.#deliveries = [];
    return deliveries;
  }

  #announce(topic: string, args: unknown[]): void {
    this.#deliveries.push([this.#watcher, [M.EVENT, this.#watched.get(topic), PUBLICATION, {}, args]]);
  }

  #unsubscribe(client: Client, subscription: Subscription): void {
    const { id, members } = subscription;
    const at = members.indexOf(client);
    if (at < 0) return;
    members.splice(at, 1);
    this.#announce("wamp.subscription.on_unsubscribe", [client.id, id]);
    if (members.length > 0) return;
    this.#subscriptions = this.#subscriptions.filter((one) => one !== subscription);
    this.#announce("wamp.subscription.on_delete", [client.id, id]);
  }

  #unregister(client: Client, registration: Registration): void {
    const at = registration.members.findIndex((member) => member.client === client);
    if (at < 0) return;
    registration.members.splice(at, 1);
    if (at < registration.turn) registration.turn--;
    this.#announce("wamp.registration.on_unregister", [client.id, registration.id]);
    if (registration.members.length > 0) return;
    this.#registrations = this.#registrations.filter((one) => one !== registration);
    this.#announce("wamp.registration.on_delete", [client.id, registration.id]);
  }

  #best(procedure: string): Registration | undefined {
    const matching = this.#registrations.filter(({ uri, match }) => isLike(uri, match, procedure));
    const rank = { exact: 2, prefix: 1, wildcard: 0 };
    const strength = ({ uri, match }: Registration) =>
      `${rank[match]} ${
        match === "prefix" ? String(uri.length) : uri.split(".").map((part) => part === "" ? 0 : 1).join("")
      }`;
    return matching.sort((left, right) => strength(left) < strength(right) ? 1 : -1)[0];
  }

  #pick(registration: Registration, refused: readonly Client[], stream: boolean): Callee | undefined {
    const { members, invoke } = registration;
    const order = members.map((_, step) => {
      if (invoke === "last") return members.length - 1 - step;
      return invoke === "roundrobin" ? (registration.turn + step) % members.length : step;
    });
    for (const at of order) {
      const member = members[at]!;
      const running = this.#calls.filter(({ callee }) => callee === member).length;
      if (running >= member.concurrency || refused.includes(member.client) || (stream && member.client.plain)) continue;
      registration.turn = at + 1;
      return member;
    }
    return undefined;
  }

  #invoke(call: Call): void {
    call.invocation = ++call.callee.client.invocations;
    this.#sendInvocation(call, "first");
  }

  #sendInvocation(call: Call, value: string): void {
    const { caller, registration, procedure, progress, disclose, callee: { client }, open } = call;
    this.#send(client, [
      M.INVOCATION,
      call.invocation,
      registration.id,
      {
        ...(disclose ? { caller: caller.id, caller_authid: caller.authid, caller_authrole: "user" } : {}),
        ...(progress && !client.plain ? { receive_progress: true } : {}),
        ...(registration.match === "exact" ? {} : { procedure }),
        ...(open ? { progress: true } : {}),
      },
      [value],
    ]);
  }

  #interrupt(call: Call, mode: string): void {
    if (call.interrupted || call.callee.client.plain) return;
    call.interrupted = true;
    this.#send(call.callee.client, [M.INTERRUPT, call.invocation, { mode }]);
  }

  #end(call: Call): void {
    this.#calls = this.#calls.filter((one) => one !== call);
    if (call.open) this.#ended.add(`${call.caller.id} ${call.request}`);
  }
}
