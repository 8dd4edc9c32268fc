import type { Library } from "./library.ts";

type Message = readonly unknown[];
type Listener = (message: Message) => void;

const CALL = 48;
const RESULT = 50;
const ERROR = 8;
const EVENT = 36;
const GOODBYE = 6;
const HELLO = 1;
const INVOCATION = 68;
const REGISTER = 64;
const REGISTERED = 65;
const SUBSCRIBE = 32;
const SUBSCRIBED = 33;
const WELCOME = 2;
const YIELD = 70;

/**
 * A client with the habits of js-swampyer 1.6, which cannot be installed from a registry: JSON alone, parsed and made whole; a loop that awaits each message
 * that is to be sent; and for each request that waits a listener of its own, which gets every message that comes.
 */
export function swampyerLike(): Library {
  return {
    async open(url, realm) {
      const session = await SwampyerLike.join(url, realm);
      return {
        call: (uri, text) => session.call(uri, [text]),
        register: (uri) => session.register(uri, ([text]) => text),
        subscribe: (uri) => session.subscribe(uri, () => {}),
      };
    },
  };
}

class SwampyerLike {
  readonly #socket: WebSocket;
  readonly #listeners: Record<number, Listener> = {};
  #lastListener = 0;
  readonly #toSend: Message[] = [];
  #wake: () => void = () => {};
  #lastCall = 0;
  #lastRegistration = 0;
  readonly #procedures: Record<number, (args: readonly unknown[]) => unknown> = {};
  readonly #handlers: Record<number, (args: readonly unknown[]) => void> = {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#emit(JSON.parse(data as string));
  }

  static async join(url: string, realm: string): Promise<SwampyerLike> {
    const socket = new WebSocket(url, ["wamp.2.json"]);
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
    const session = new SwampyerLike(socket);
    void session.#sendAll();
    const roles = { subscriber: {}, publisher: {}, caller: {}, callee: {} };
    await new Promise<void>((resolve) => {
      const drop = session.#listen(([type]) => {
        if (type !== WELCOME) return;
        drop();
        resolve();
      });
      session.#send([HELLO, realm, { roles, agent: "swampyer-js", authmethods: ["anonymous"] }]);
    });
    session.#listen((message) => session.#serve(message));
    return session;
  }

  async call(uri: string, args: readonly unknown[]): Promise<unknown> {
    const [, , result] = await this.#ask(CALL, [++this.#lastCall, {}, uri, args, {}], RESULT);
    return (result as readonly unknown[])[0];
  }

  async register(uri: string, procedure: (args: readonly unknown[]) => unknown): Promise<void> {
    const [, registration] = await this.#ask(REGISTER, [++this.#lastRegistration, {}, uri], REGISTERED);
    this.#procedures[registration as number] = procedure;
  }

  async subscribe(uri: string, handler: (args: readonly unknown[]) => void): Promise<void> {
    const id = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
    const [, subscription] = await this.#ask(SUBSCRIBE, [id, {}, uri], SUBSCRIBED);
    this.#handlers[subscription as number] = handler;
  }

  async #ask(type: number, request: Message, wanted: number): Promise<Message> {
    let drop = () => {};
    try {
      return await new Promise<Message>((resolve, reject) => {
        this.#send([type, ...request]);
        drop = this.#listen(([got, ...rest]) => {
          if (got === wanted && rest[0] === request[0]) resolve(rest);
          else if (got === ERROR && rest[0] === type && rest[1] === request[0]) reject(new Error(String(rest[3])));
          else if (got === GOODBYE) reject(new Error(String(rest[1])));
        });
      });
    } finally {
      drop();
    }
  }

  #serve([type, ...rest]: Message): void {
    if (type === EVENT) return this.#handlers[rest[0] as number]?.(rest[3] as readonly unknown[]);
    if (type !== INVOCATION) return;
    const [request, registration, , args] = rest as [number, number, unknown, readonly unknown[]];
    void Promise.resolve(this.#procedures[registration]!(args))
      .then((result) => this.#send([YIELD, request, {}, [result], {}]));
  }

  #listen(listener: Listener): () => void {
    const id = ++this.#lastListener;
    this.#listeners[id] = listener;
    return () => delete this.#listeners[id];
  }

  #emit(message: Message): void {
    for (const listener of Object.values(this.#listeners)) listener(message);
  }

  #send(message: Message): void {
    this.#toSend.push(message);
    this.#wake();
  }

  async #sendAll(): Promise<void> {
    while (true) {
      while (this.#toSend.length > 0) this.#socket.send(JSON.stringify(await this.#toSend.shift()));
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
