import type { Head } from "../../src/codec/head.ts";
import { Payload } from "../../src/codec/payload.ts";
import { direct } from "../../src/codec/direct.ts";
import type { HeaderElement, Serializer } from "../../src/codec/serializer.ts";
import type { Connection } from "../../src/transport/connection.ts";
import type { Dialer, DialRequest } from "../../src/transport/dialer.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { messageName, MessageType } from "../../src/wire/message_type.ts";
import type { Args, Dict } from "../../src/wire/values.ts";

/** What a router announces that has every feature a client looks at. */
export const routerRoles: Dict = {
  broker: { features: {} },
  dealer: { features: { call_canceling: true } },
};

/** One connection as the router sees it; a test says what the router does. */
export class ScriptedPeer {
  readonly connection: Connection;
  readonly log: string[] = [];
  #heads: Head[] = [];
  #readers: ((head: Head) => void)[] = [];
  #closed = Promise.withResolvers<void>();

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start({
      message: (head) => {
        this.log.push(messageName(head.type));
        const reader = this.#readers.shift();
        if (reader === undefined) this.#heads.push(head);
        else reader(head);
      },
      violation: (error) => {
        throw error;
      },
      drained: () => {},
      closed: () => this.#closed.resolve(),
    });
  }

  /** Resolves when the client has gone. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** How many messages came that were not read. */
  get unread(): number {
    return this.#heads.length;
  }

  /** The next message, which has to be of one type. */
  async next(type: number): Promise<Head> {
    const head = this.#heads.shift() ?? await new Promise<Head>((resolve) => this.#readers.push(resolve));
    if (head.type !== type) throw new Error(`expected ${messageName(type)}, got ${messageName(head.type)}`);
    return head;
  }

  send(header: readonly HeaderElement[], args?: Args, kwargs?: Dict): void {
    this.connection.send(header, args === undefined && kwargs === undefined ? undefined : Payload.of(args, kwargs));
  }

  /** Takes HELLO and answers WELCOME. */
  async welcome(session = 7, details: Dict = {}): Promise<Head> {
    const hello = await this.next(MessageType.HELLO);
    this.send([MessageType.WELCOME, session, { roles: routerRoles, ...details }]);
    return hello;
  }

  /** Takes REGISTER and answers REGISTERED. */
  async registered(id: number): Promise<Head> {
    const head = await this.next(MessageType.REGISTER);
    this.send([MessageType.REGISTERED, head.firstId, id]);
    return head;
  }

  /** Takes SUBSCRIBE and answers SUBSCRIBED. */
  async subscribed(id: number): Promise<Head> {
    const head = await this.next(MessageType.SUBSCRIBE);
    this.send([MessageType.SUBSCRIBED, head.firstId, id]);
    return head;
  }

  /** Takes GOODBYE and answers it. */
  async goodbye(): Promise<Head> {
    const head = await this.next(MessageType.GOODBYE);
    this.send([MessageType.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
    return head;
  }
}

/** A router that does what a test says, reached over memory. */
export class ScriptedRouter implements Dialer {
  readonly url = "scripted";
  readonly serializer: Serializer;
  /** Errors for the next attempts to dial, in order; undefined for success. */
  readonly failures: (Error | undefined)[] = [];
  /** How often it was dialled. */
  dialled = 0;
  #peers: ScriptedPeer[] = [];
  #readers: ((peer: ScriptedPeer) => void)[] = [];

  constructor(serializer: Serializer = direct) {
    this.serializer = serializer;
  }

  dial(_request: DialRequest): Promise<Connection> {
    this.dialled += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    const [near, far] = memoryPair(this.serializer);
    const peer = new ScriptedPeer(far);
    const reader = this.#readers.shift();
    if (reader === undefined) this.#peers.push(peer);
    else reader(peer);
    return Promise.resolve(near);
  }

  /** The next connection. */
  async accept(): Promise<ScriptedPeer> {
    return this.#peers.shift() ?? await new Promise((resolve) => this.#readers.push(resolve));
  }

  /** The next connection, joined. */
  async join(session = 7, details: Dict = {}): Promise<ScriptedPeer> {
    const peer = await this.accept();
    await peer.welcome(session, details);
    return peer;
  }
}

/** Lets everything happen that needs no more than this event loop's own turns. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
