import type { Principal } from "../../src/auth/mod.ts";
import { direct } from "../../src/codec/direct.ts";
import type { Head } from "../../src/codec/head.ts";
import { Payload } from "../../src/codec/payload.ts";
import type { HeaderElement, Serializer } from "../../src/codec/serializer.ts";
import type { Router } from "../../src/router/mod.ts";
import type { Connection } from "../../src/transport/connection.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { CloseInfo, PeerInfo } from "../../src/transport/transport.ts";
import type { Args, Dict, Roles } from "../../src/wire/mod.ts";
import { CloseUri, messageName, messageShapes, MessageType } from "../../src/wire/mod.ts";

/** A message as it would stand on the wire in JSON, without empty args and kwargs. */
export type Message = unknown[];

/** Every feature that a client can announce. */
export const fullRoles: Roles = {
  caller: { features: { caller_identification: true, progressive_call_results: true, call_canceling: true } },
  callee: {
    features: {
      caller_identification: true,
      pattern_based_registration: true,
      shared_registration: true,
      progressive_call_results: true,
      call_canceling: true,
      registration_revocation: true,
    },
  },
  publisher: {
    features: { publisher_identification: true, subscriber_blackwhite_listing: true, publisher_exclusion: true },
  },
  subscriber: { features: { publisher_identification: true, pattern_based_subscription: true } },
};

/** The roles of a client that announces nothing, as the Python clients do. */
export const plainRoles: Roles = { caller: {}, callee: {}, publisher: {}, subscriber: {} };

/** A client made of nothing but messages: what a test sends goes out as it is, what comes in is kept in order. */
export class Peer {
  /** Its end of the connection. */
  readonly connection: Connection;
  /** How the connection ended, once it has. */
  readonly closed: Promise<CloseInfo>;
  /** The id of its session, once it has joined. */
  id = 0;
  /** Whether it answers the router's GOODBYE. */
  polite = true;

  #inbox: Message[] = [];
  #waiting: ((message: Message) => void)[] = [];
  #request = 0;
  #parting = false;

  constructor(connection: Connection) {
    this.connection = connection;
    this.closed = new Promise((resolve) => {
      connection.start({
        message: (head) => this.#arrive(messageOf(head)),
        violation: (error) => this.#arrive(["violation", error.message]),
        drained: () => {},
        closed: resolve,
      });
    });
  }

  /** Sends a message in wire order; args and kwargs may follow what its type has before them. */
  send(message: Message): void {
    const [type, ...rest] = message;
    this.#parting = type === MessageType.GOODBYE;
    const shape = messageShapes.get(type as number);
    const count = shape?.elements.length ?? rest.length;
    const [args, kwargs] = rest.slice(count) as [Args?, Dict?];
    this.connection.send(
      [type, ...rest.slice(0, count)] as HeaderElement[],
      args === undefined ? undefined : Payload.of(args, kwargs),
    );
  }

  /** The next message that comes, or came and was not looked at yet. */
  next(): Promise<Message> {
    const message = this.#inbox.shift();
    return message !== undefined ? Promise.resolve(message) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** What came and was not looked at so far. */
  taken(): Message[] {
    return this.#inbox.splice(0);
  }

  /** What came and was not looked at, after everything that is on its way has arrived. */
  async rest(): Promise<Message[]> {
    await settled();
    return this.#inbox.splice(0);
  }

  /** Sends a message and gives the next that comes. */
  ask(message: Message): Promise<Message> {
    this.send(message);
    return this.next();
  }

  /** A fresh request id. */
  request(): number {
    return ++this.#request;
  }

  /** Joins without credentials; fails when the router does not say WELCOME. */
  async join(realm = "realm1", roles: Roles = fullRoles, details: Dict = {}): Promise<this> {
    const welcome = await this.ask([MessageType.HELLO, realm, { roles, ...details } as Dict]);
    if (welcome[0] !== MessageType.WELCOME) {
      throw new Error(`${messageName(welcome[0] as number)}: ${JSON.stringify(welcome)}`);
    }
    this.id = welcome[1] as number;
    return this;
  }

  /** Registers and gives the registration's id. */
  async register(procedure: string, options: Dict = {}): Promise<number> {
    const answer = await this.ask([MessageType.REGISTER, this.request(), options, procedure]);
    if (answer[0] !== MessageType.REGISTERED) throw new Error(JSON.stringify(answer));
    return answer[2] as number;
  }

  /** Subscribes and gives the subscription's id. */
  async subscribe(topic: string, options: Dict = {}): Promise<number> {
    const answer = await this.ask([MessageType.SUBSCRIBE, this.request(), options, topic]);
    if (answer[0] !== MessageType.SUBSCRIBED) throw new Error(JSON.stringify(answer));
    return answer[2] as number;
  }

  /** Sends a CALL and gives its request id. */
  call(procedure: string, options: Dict = {}, args?: Args, kwargs?: Dict): number {
    const request = this.request();
    this.send([MessageType.CALL, request, options, procedure, args, kwargs]);
    return request;
  }

  /** Sends a PUBLISH. */
  publish(topic: string, options: Dict = {}, args?: Args, kwargs?: Dict): void {
    this.send([MessageType.PUBLISH, this.request(), options, topic, args, kwargs]);
  }

  #arrive(message: Message): void {
    if (message[0] === MessageType.GOODBYE && !this.#parting && this.polite) {
      this.send([MessageType.GOODBYE, {}, CloseUri.goodbyeAndOut]);
    }
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#inbox.push(message);
    else waiting(message);
  }
}

/** A connection to a router, not joined yet. */
export function dial(
  router: Router,
  serializer: Serializer = direct,
  principal?: Principal,
  peer: Partial<PeerInfo> = {},
): Peer {
  const [client, server] = memoryPair(serializer, serializer === direct ? { highWaterMark: Infinity } : {});
  // A pair in memory has no handshake, so what one would have told is put in its place.
  Object.defineProperty(server, "peer", { value: { ...server.peer, ...peer } });
  router.accept(server, principal === undefined ? {} : { principal });
  return new Peer(client);
}

/** Everything that was sent over memory before this has arrived when it resolves, and so has what that led to. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function messageOf(head: Head): Message {
  const ids = [head.firstId, head.secondId];
  const elements = messageShapes.get(head.type)!.elements.map((kind) =>
    kind === "id" ? ids.shift() : kind === "type" ? head.requestType : kind === "dict" ? head.options : head.uri
  );
  const message: Message = [head.type, ...elements];
  if (messageShapes.get(head.type)!.optionalDict && Object.keys(head.options).length > 0) message.push(head.options);
  const { args, kwargs } = head.payload;
  if (Object.keys(kwargs).length > 0) message.push(args, kwargs);
  else if (args.length > 0) message.push(args);
  return message;
}
