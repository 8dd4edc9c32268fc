import { Mailbox } from "./mailbox.ts";

type Message = unknown[];

/**
 * What js-swampyer 1.6 puts on the wire: JSON alone, a counter of ids for each type of message and random ones for SUBSCRIBE and UNSUBSCRIBE, empty
 * args and kwargs always, its own option `withoutUriBase` among those of the protocol. The package itself cannot be installed from a registry.
 */
export class SwampyerWire {
  readonly #socket: WebSocket;
  readonly #counters = new Map<number, number>();
  readonly #inbox = new Mailbox<Message>("a message of the router");
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#inbox.put(JSON.parse(data as string));
    this.closed = new Promise((resolve) => socket.onclose = () => resolve());
  }

  /** Connects and joins with a ticket; gives the WELCOME. */
  static async join(url: string, realm: string, authid: string, ticket: string): Promise<[SwampyerWire, Message]> {
    const socket = new WebSocket(url, ["wamp.2.json"]);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`no connection to ${url}`));
    });
    const wire = new SwampyerWire(socket);
    const roles = { subscriber: {}, publisher: {}, caller: {}, callee: {} };
    wire.send([1, realm, { roles, agent: "swampyer-js", authmethods: ["ticket"], authid }]);
    const challenge = await wire.next();
    if (challenge[0] !== 4) throw new Error(`expected CHALLENGE, got ${JSON.stringify(challenge)}`);
    wire.send([5, ticket, {}]);
    return [wire, await wire.next()];
  }

  /** An id as this client makes them. */
  id(type: number): number {
    if (type === 32 || type === 34) return Math.floor(Math.random() * 2 ** 53);
    const next = (this.#counters.get(type) ?? 0) + 1;
    this.#counters.set(type, next);
    return next;
  }

  send(message: Message): void {
    this.#socket.send(JSON.stringify(message));
  }

  next(): Promise<Message> {
    return this.#inbox.next();
  }

  /** Sends a request, and gives the answer to it. */
  async ask(type: number, ...rest: Message): Promise<Message> {
    const id = this.id(type);
    this.send([type, id, ...rest]);
    const answer = await this.next();
    const at = answer[0] === 8 ? 2 : 1;
    if (answer[at] !== id) throw new Error(`expected the answer to ${type} ${id}, got ${JSON.stringify(answer)}`);
    return answer;
  }

  close(): void {
    this.#socket.close();
  }
}
