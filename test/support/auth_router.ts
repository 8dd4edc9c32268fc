import { vi } from "vitest";
import { createClient, json } from "@izaber/wamp";
import type { Auth, Client, Dict, Serializer } from "@izaber/wamp";
import { Router } from "@izaber/wamp/router";
import type { Authenticator, Principal } from "@izaber/wamp/router";
import { Payload } from "../../src/codec/payload.ts";
import type { Connection } from "../../src/transport/connection.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { messageName, MessageType } from "../../src/wire/message_type.ts";
import type { HeaderElement } from "../../src/codec/serializer.ts";

export const joe: Principal = { authid: "joe", authrole: "user", authprovider: "static" };

/** A router with one realm that asks for credentials, and what failed on it. */
export interface AuthRouter extends AsyncDisposable {
  readonly router: Router;
  readonly failures: unknown[];
  /** A client of it, over memory, not opened yet. */
  client(auth: Auth, serializer?: Serializer): Client;
  /** Joins, and says who the session belongs to; throws when there is none. */
  join(auth: Auth, serializer?: Serializer): Promise<Dict>;
  /** Joins by hand, message by message. */
  wire(serializer?: Serializer): Wire;
}

export function authRouter(...authenticators: Authenticator[]): AuthRouter {
  const failures: unknown[] = [];
  const router = new Router({
    realms: [{ name: "realm1", authenticators }],
    onError: (error) => void failures.push(error),
  });
  const dial = (serializer: Serializer) => {
    const [near, far] = memoryPair(serializer);
    router.accept(far);
    return near;
  };
  const client = (auth: Auth, serializer: Serializer = json) =>
    createClient({ url: "memory:", dial: () => Promise.resolve(dial(serializer)) }, {
      realm: "realm1",
      auth,
      reconnect: false,
    });
  return {
    router,
    failures,
    client,
    async join(auth, serializer) {
      const one = client(auth, serializer);
      try {
        await one.open();
        return { ...one.details } as unknown as Dict;
      } finally {
        await one.close();
      }
    },
    wire: (serializer = json) => new Wire(dial(serializer)),
    [Symbol.asyncDispose]: () => router.close(),
  };
}

/** Counts the operations that `crypto.subtle` does until the count is asked for. */
export function countCrypto(): () => number {
  const names = ["importKey", "sign", "verify", "digest", "deriveBits"] as const;
  const spies = names.map((name) => vi.spyOn(crypto.subtle, name));
  return () => {
    const count = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    for (const spy of spies) spy.mockRestore();
    return count;
  };
}

/** What came over a {@linkcode Wire}: a type's name, a URI or signature, options. */
export interface WireMessage {
  readonly type: string;
  readonly uri: string;
  readonly options: Dict;
}

/** A client made of nothing but messages. */
export class Wire {
  readonly #connection: Connection;
  readonly #inbox: WireMessage[] = [];
  #reader: ((message: WireMessage) => void) | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.start({
      message: ({ type, uri, options }) => {
        const message = { type: messageName(type), uri, options };
        const reader = this.#reader;
        this.#reader = undefined;
        if (reader === undefined) this.#inbox.push(message);
        else reader(message);
      },
      violation: (error) => {
        throw error;
      },
      drained: () => {},
      closed: () => {},
    });
  }

  /** Says HELLO, and gives what comes. */
  hello(method: string, authid: string | undefined, authextra: Dict = {}): Promise<WireMessage> {
    const details = {
      roles: { caller: {} },
      authmethods: [method],
      authextra,
      ...(authid === undefined ? {} : { authid }),
    };
    return this.#exchange([MessageType.HELLO, "realm1", details]);
  }

  /** Answers a challenge, and gives what comes. */
  authenticate(signature: string, extra: Dict = {}): Promise<WireMessage> {
    return this.#exchange([MessageType.AUTHENTICATE, signature, extra]);
  }

  close(): void {
    this.#connection.close();
  }

  #exchange(header: readonly HeaderElement[]): Promise<WireMessage> {
    this.#connection.send(header, Payload.of(undefined, undefined));
    const message = this.#inbox.shift();
    return message === undefined ? new Promise((resolve) => this.#reader = resolve) : Promise.resolve(message);
  }
}
