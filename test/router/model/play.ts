import fc from "fast-check";
import { direct, json } from "../../../src/codec/mod.ts";
import { openRealm, Router } from "../../../src/router/mod.ts";
import type { Dict, Roles } from "../../../src/wire/mod.ts";
import { MessageType as M } from "../../../src/wire/mod.ts";
import { dial, fullRoles, plainRoles } from "../peer.ts";
import type { Message, Peer } from "../peer.ts";
import { patternOf, PUBLICATION } from "./parts.ts";
import type { Delivery } from "./parts.ts";
import { RealmModel } from "./realm_model.ts";
import { CLIENTS, history, REALMS } from "./steps.ts";
import type { Act, Step } from "./steps.ts";

const followed = [
  "wamp.session.on_join",
  "wamp.session.on_leave",
  ...["registration", "subscription"].flatMap((kind) => [`wamp.${kind}.on_create`, `wamp.${kind}.on_delete`]),
  "wamp.registration.on_register",
  "wamp.registration.on_unregister",
  "wamp.subscription.on_subscribe",
  "wamp.subscription.on_unsubscribe",
];

const roles: Roles = {
  ...fullRoles,
  callee: { features: { ...fullRoles.callee!.features, progressive_call_invocations: true, call_reroute: true } },
};

/** How many microtasks a message may need to go to the router and on to a client of the same process. */
const HOPS = 40;

/**
 * Plays random histories of several sessions in two realms, and compares what each session gets with what the model of its realm says.
 *
 * @param runs how many
 * @param seed the same seed gives the same histories
 * @throws when a session gets something else; the error shows the shortest history that was found
 */
export async function checkHistories(runs: number, seed: number): Promise<void> {
  await fc.assert(fc.asyncProperty(history, play), { numRuns: runs, seed, endOnFailure: false });
}

/** Plays one history. */
export async function play(steps: readonly Step[]): Promise<void> {
  const failures: unknown[] = [];
  const router = new Router({ realms: REALMS.map(openRealm), onError: (error) => failures.push(error) });
  const stages = [];
  for (const [index, name] of REALMS.entries()) stages.push(await Stage.open(router, name, index));
  for (const { realm, client, act } of steps) {
    const stage = stages[realm]!;
    const expected = await stage.act(client, act);
    await delivered();
    for (const one of stages) one.compare(one === stage ? expected : [], act);
  }
  for (const stage of stages) await stage.empty();
  await router.close();
  if (failures.length > 0) throw failures[0];
}

/** A realm with its clients, and the model of it. */
class Stage {
  readonly #router: Router;
  readonly #realm: string;
  readonly #watcher: Peer;
  readonly #model: RealmModel;
  readonly #offset: number;
  readonly #clients: (Peer | undefined)[] = Array.from({ length: CLIENTS });
  /** Those that have left in the step that is played, and may have been told something before that. */
  #leaving: Peer[] = [];

  private constructor(router: Router, realm: string, offset: number, watcher: Peer, model: RealmModel) {
    this.#router = router;
    this.#realm = realm;
    this.#offset = offset;
    this.#watcher = watcher;
    this.#model = model;
  }

  static async open(router: Router, realm: string, offset: number): Promise<Stage> {
    const watcher = await dial(router).join(realm);
    const watched = new Map<string, number>();
    for (const topic of followed) watched.set(topic, await watcher.subscribe(topic));
    const stage = new Stage(router, realm, offset, watcher, new RealmModel(watcher.id, watched));
    for (let index = 0; index < CLIENTS; index++) {
      const act: Act = { do: "join", authid: index === 0 ? "ann" : "bob", plain: index === CLIENTS - 1 };
      const expected = await stage.act(index, act);
      await delivered();
      stage.compare(expected, act);
    }
    return stage;
  }

  /** Lets a client act, and tells what the model says to it. */
  async act(index: number, act: Act): Promise<Delivery[]> {
    const peer = this.#clients[index];
    if (act.do === "join") return peer === undefined ? await this.#join(index, act.authid, act.plain) : [];
    if (peer === undefined) return [];
    return act.do === "leave" ? this.#leave(index, peer, act.how) : this.#do(peer, act);
  }

  /** Compares what has come with what should have, and what there is with what there should be. */
  compare(expected: readonly Delivery[], act: Act): void {
    const seen = new Set<unknown>();
    const got = [this.#watcher, ...this.#clients, ...this.#leaving].flatMap((peer) =>
      peer === undefined ? [] : peer.taken().map((message) => [peer.id, plain(message, seen)] as const)
    );
    this.#leaving = [];
    const [actual, wanted] = [got, expected].map((list) => list.map((one) => JSON.stringify(one)).sort());
    if (JSON.stringify(actual) !== JSON.stringify(wanted)) {
      throw new Error(
        `${JSON.stringify(act)} in ${this.#realm}\ngave   ${actual!.join("\n       ")}\nnot    ${
          wanted!.join("\n       ")
        }`,
      );
    }
    if (act.do === "publish" && seen.size > 1) throw new Error("one publication had several ids");
    const { sessions: _, droppedEvents: __, disconnectedSubscribers: ___, ...statistics } = this.#router.statistics(
      this.#realm,
    )!;
    if (!equal(statistics, this.#model.size)) {
      throw new Error(`there is ${JSON.stringify(statistics)}, not ${JSON.stringify(this.#model.size)}`);
    }
  }

  /** Lets everybody leave; then nothing may be left. */
  async empty(): Promise<void> {
    for (const peer of [...this.#clients, this.#watcher]) peer?.connection.terminate();
    await delivered();
    const left = this.#router.statistics(this.#realm)!;
    if (Object.values(left).some((count) => count !== 0)) throw new Error(`left over: ${JSON.stringify(left)}`);
  }

  async #join(index: number, authid: string, plain: boolean): Promise<Delivery[]> {
    const principal = { authid, authrole: "user", authprovider: "test" };
    // Half of them speak JSON, so that what is passed on is encoded, too.
    const peer = dial(this.#router, (index + this.#offset) % 2 === 0 ? direct : json, principal);
    this.#clients[index] = peer;
    await peer.join(this.#realm, plain ? plainRoles : roles);
    return this.#model.join(peer.id, authid, plain);
  }

  #leave(index: number, peer: Peer, how: "goodbye" | "close" | "terminate"): Delivery[] {
    this.#clients[index] = undefined;
    if (how === "goodbye") {
      peer.send([M.GOODBYE, {}, "wamp.close.normal"]);
      this.#leaving.push(peer);
    } else if (how === "close") peer.connection.close();
    else peer.connection.terminate();
    return this.#model.leave(peer.id, how === "goodbye" ? "goodbye" : "lost");
  }

  #do(peer: Peer, act: Exclude<Act, { do: "join" | "leave" }>): Delivery[] {
    const model = this.#model;
    const has = model.has(peer.id);
    const pickOf = (list: readonly number[], pick: number) => list[pick % list.length];
    switch (act.do) {
      case "subscribe": {
        const request = peer.request();
        const options = { match: act.match, get_retained: act.retained };
        peer.send([M.SUBSCRIBE, request, options, patternOf(act.match, act.pick)]);
        return model.subscribe(peer.id, request, act);
      }
      case "publish": {
        const request = peer.request();
        peer.send([M.PUBLISH, request, publishOptions(act), act.topic, [model.nextValue]]);
        return model.publish(peer.id, request, act);
      }
      case "register": {
        const request = peer.request();
        const { match, pick, invoke, concurrency, force } = act;
        const options = {
          match,
          invoke,
          force_reregister: force,
          ...(concurrency === undefined ? {} : { concurrency }),
        };
        peer.send([M.REGISTER, request, options, patternOf(match, pick)]);
        return model.register(peer.id, request, act);
      }
      case "call": {
        const options = { receive_progress: act.progress, disclose_me: act.disclose, progress: act.stream };
        const request = peer.call(act.procedure, options, ["first"]);
        return model.call(peer.id, request, act);
      }
      case "ask":
        return model.ask(peer.id, peer.call(act.what), act.what);
    }
    const list = {
      unsubscribe: has.subscriptions,
      unregister: has.registrations,
      more: has.streams,
      cancel: has.calls,
      answer: has.invocations,
      kill: has.others,
    }[act.do];
    const picked = pickOf(list, act.pick);
    if (picked === undefined) return [];
    switch (act.do) {
      case "unsubscribe": {
        const request = peer.request();
        peer.send([M.UNSUBSCRIBE, request, picked]);
        return model.unsubscribe(peer.id, request, picked);
      }
      case "unregister": {
        const request = peer.request();
        peer.send([M.UNREGISTER, request, picked]);
        return model.unregister(peer.id, request, picked);
      }
      case "more":
        peer.send([M.CALL, picked, { progress: !act.last }, model.procedureOf(peer.id, picked), ["more"]]);
        return model.more(peer.id, picked, act.last);
      case "cancel":
        peer.send([M.CANCEL, picked, { mode: act.mode }]);
        return model.cancel(peer.id, picked, act.mode);
      case "answer":
        peer.send(answerOf(picked, act.by));
        return model.answer(peer.id, picked, act.by);
      case "kill":
        return this.#kill(peer, picked);
    }
  }

  #kill(peer: Peer, victim: number): Delivery[] {
    const index = this.#clients.findIndex((client) => client?.id === victim);
    this.#leaving.push(this.#clients[index]!);
    this.#clients[index] = undefined;
    return this.#model.kill(peer.id, peer.call("wamp.session.kill", {}, [victim]), victim);
  }
}

function answerOf(invocation: number, by: "yield" | "progress" | "error" | "unavailable"): Message {
  if (by === "yield") return [M.YIELD, invocation, {}, [invocation]];
  if (by === "progress") return [M.YIELD, invocation, { progress: true }, [invocation]];
  const uri = by === "error" ? "com.example.error" : "wamp.error.unavailable";
  return [M.ERROR, M.INVOCATION, invocation, {}, uri, [invocation]];
}

function publishOptions(act: Extract<Act, { do: "publish" }>): Dict {
  return {
    acknowledge: act.acknowledge,
    exclude_me: act.excludeMe,
    disclose_me: act.disclose,
    retain: act.retain,
    ...(act.eligible === undefined ? {} : { eligible_authid: [act.eligible] }),
    ...(act.exclude === undefined ? {} : { exclude_authid: [act.exclude] }),
  };
}

/** A message without what is drawn or worded: ids of publications, which are collected, times, texts of errors. */
function plain(message: Message, publications: Set<unknown>): Message {
  const [type] = message;
  if (type === M.PUBLISHED || type === M.EVENT) {
    const details = message[3] as Dict | undefined;
    const args = message[4] as unknown[] | undefined;
    if (details?.retained !== true && !isMeta(args)) publications.add(message[2]);
    const copy = [...message];
    copy[2] = PUBLICATION;
    if (args !== undefined) copy[4] = args.map(idOf);
    return copy;
  }
  if (type === M.ERROR && typeof (message[5] as unknown[] | undefined)?.[0] === "string") return message.slice(0, 5);
  return message;
}

/** Events of the meta API begin with the id of a session or what tells of one; others carry one small number. */
function isMeta(args: unknown[] | undefined): boolean {
  return args === undefined || typeof args[0] !== "number" || args[0] > 1_000_000;
}

function idOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { session, id } = value as { session?: number; id?: number };
  return session ?? id;
}

function equal(left: object, right: object): boolean {
  const sorted = (value: object) => JSON.stringify(Object.entries(value).sort());
  return sorted(left) === sorted(right);
}

async function delivered(): Promise<void> {
  for (let hop = 0; hop < HOPS; hop++) await undefined;
}
