import type { Frame } from "../codec/serializer.ts";
import { toBase64 } from "../codec/base64.ts";
import type { Door } from "./door.ts";
import { splitTarget } from "./door.ts";
import type { LongPollSettings } from "./long_poll_options.ts";
import { LongPollTransport } from "./long_poll_transport.ts";
import type { Sending } from "./long_poll_transport.ts";
import type { MountSettings } from "./options.ts";
import { mayConnect } from "./origins.ts";
import { admit } from "./upgrade.ts";
import type { UpgradeRequest } from "./upgrade.ts";

/** The largest request to open a session, in bytes. */
const OPEN_SIZE = 8 * 1024;
/** How many requests of a session may wait to hand over what they bring. */
const WAITING_SENDS = 64;
const ID_BYTES = 24;

/** A request, of whatever server. */
export interface PollRequest extends UpgradeRequest {
  /** The HTTP method. */
  readonly method: string;

  /**
   * Reads the body.
   *
   * @param limit How many bytes are read at most.
   * @returns The body; `"large"` when there is more, `"gone"` when the client went away, `"read"` when somebody else has read it.
   */
  body(limit: number): Promise<Uint8Array<ArrayBuffer> | "large" | "gone" | "read">;

  /** @param leave Called when the client goes away before it is answered. */
  onGone(leave: () => void): void;

  /** @param milliseconds For how long its connection is to be kept though nothing passes on it; absent where nothing drops it. */
  hold?(milliseconds: number): void;
}

/** An answer, for whatever server. */
export interface PollAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The HTTP headers. */
  readonly headers: { readonly [name: string]: string };
  /** The body. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Who is to hear what becomes of it, and may take it back; nobody unless it brings messages. */
  readonly sending?: Sending;
}

/** One client of it. */
interface Session {
  readonly transport: LongPollTransport;
  readonly text: boolean;
  /** What the requests before have brought has been handed over. */
  sent: Promise<unknown>;
  waiting: number;
}

/**
 * Serves WAMP over plain HTTP requests.
 *
 * What the specification calls 202 ("no content") is 204 here, as in Crossbar: autobahn-js takes nothing else.
 *
 * @see WAMP advanced profile, "HTTP Longpoll Transport"
 */
export class LongPoll {
  readonly #door: Door;
  readonly #settings: MountSettings;
  readonly #options: LongPollSettings;
  readonly #sessions = new Map<string, Session>();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /**
   * @param door Who may come in.
   * @param settings How the router is served.
   * @param options Where, and how long clients are kept waiting.
   */
  constructor(door: Door, settings: MountSettings, options: LongPollSettings) {
    this.#door = door;
    this.#settings = settings;
    this.#options = options;
  }

  /**
   * Tells whether a request is for it.
   *
   * @param target The target of the request.
   * @returns Whether it is; none is once everything is closed.
   */
  owns(target: string): boolean {
    return !this.#door.closed && target.startsWith(`${this.#options.path}/`);
  }

  /**
   * Answers a request; a client that asks for messages is kept waiting while there are none.
   *
   * @param request The request.
   * @returns The answer.
   */
  async answer(request: PollRequest): Promise<PollAnswer> {
    const { origin, host = "" } = request.headers;
    if (!mayConnect(this.#settings.origins, origin, host)) {
      this.#door.admission.refuse("origin");
      return plain(403, 'Pages of this origin may not connect here: the server\'s option "origins" says which may.');
    }
    const { headers, ...answer } = await this.#dispatch(request);
    const sharing = origin === undefined
      ? {}
      : { "access-control-allow-origin": origin, "access-control-allow-credentials": "true" };
    return { ...answer, headers: { "cache-control": "no-store", vary: "origin", ...sharing, ...headers } };
  }

  async #dispatch(request: PollRequest): Promise<PollAnswer> {
    const { method, target, headers } = request;
    if (method === "OPTIONS") return preflight(headers["access-control-request-headers"]);
    const steps = splitTarget(target).path.slice(this.#options.path.length + 1).split("/");
    if (method !== "POST") return plain(405, "This is WAMP over long-poll: use POST.", { allow: "POST, OPTIONS" });
    const [id = "", action] = steps;
    if (id === "open" && steps.length === 1) return await this.#open(request);
    const session = steps.length === 2 ? this.#sessions.get(id) : undefined;
    if (session === undefined) return plain(404, "There is no such transport: it was never opened, or is closed.");
    switch (action) {
      case "receive":
        return await this.#receive(session, request);
      case "send":
        return await this.#send(session, request);
      case "close":
        session.transport.left("");
        return nothing;
      default:
        return plain(404, "A transport can receive, send and close, and nothing else.");
    }
  }

  async #open(request: PollRequest): Promise<PollAnswer> {
    const body = await this.#body(request, OPEN_SIZE);
    if (!(body instanceof Uint8Array)) return body;
    const protocols = this.#protocolsIn(body);
    if (protocols === undefined) {
      return plain(400, 'Expected a JSON document such as {"protocols": ["wamp.2.json"]}.');
    }
    const entrance = admit(this.#door, this.#settings, "longpoll", request, protocols);
    if ("status" in entrance) return { ...entrance, body: entrance.text };
    const { agreement: { serializer, subprotocol, batched, headers }, peer, place } = entrance;
    const id = this.#newId();
    const { clock, closeTimeout, highWaterMark, maxMessageSize } = this.#settings;
    const transport: LongPollTransport = new LongPollTransport({
      ...this.#options,
      peer,
      batched,
      clock,
      closeTimeout,
      sizeOf: (frame) => serializer.sizeOf(frame),
      ended: () => {
        this.#sessions.delete(id);
        this.#door.left(transport);
      },
      released: () => place.release(),
    });
    this.#sessions.set(id, { transport, text: serializer.name === "json", sent: Promise.resolve(), waiting: 0 });
    this.#door.enter(transport, undefined, serializer, { batched, highWaterMark, maxMessageSize });
    return {
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8", ...headers },
      body: JSON.stringify({ protocol: subprotocol, transport: id }),
    };
  }

  async #receive({ transport, text }: Session, request: PollRequest): Promise<PollAnswer> {
    const { holdTime, sessionTimeout } = this.#options;
    request.hold?.(Math.max(holdTime, sessionTimeout));
    const polled = await transport.poll((leave) => request.onGone(leave));
    if ("ended" in polled) return plain(410, polled.ended);
    if (polled.frame === undefined) return nothing;
    const type = text ? "application/json; charset=utf-8" : "application/octet-stream";
    const body = polled.frame as string | Uint8Array<ArrayBuffer>;
    return { status: 200, headers: { "content-type": type }, body, sending: polled.sending };
  }

  /** What one request brings is handed over before what the next one does, in the order in which they came. */
  async #send(session: Session, request: PollRequest): Promise<PollAnswer> {
    if (session.waiting >= WAITING_SENDS) {
      return plain(
        429,
        `${WAITING_SENDS} requests wait already to hand over what they bring: send one after the other.`,
      );
    }
    request.hold?.(Infinity);
    session.waiting++;
    const before = session.sent;
    const answer = before.then(() => this.#take(session, request));
    session.sent = answer.catch(() => {});
    return await answer.finally(() => session.waiting--);
  }

  async #take({ transport, text }: Session, request: PollRequest): Promise<PollAnswer> {
    await transport.readable;
    if (!transport.open) return plain(410, "The transport is closed.");
    const body = await this.#body(request, this.#settings.maxMessageSize);
    if (!(body instanceof Uint8Array)) {
      transport.left(`a message could not be read: ${body.body}`, body.status === 413);
      return body;
    }
    const frame = text ? this.#textOf(body) : body;
    if (frame === undefined || frame.length === 0) {
      transport.left(frame === undefined ? "a message is not UTF-8" : "a message is empty");
      return plain(400, frame === undefined ? "Expected UTF-8." : "Expected a message.");
    }
    transport.received(frame);
    return nothing;
  }

  async #body(request: PollRequest, limit: number): Promise<Uint8Array<ArrayBuffer> | PollAnswer> {
    const { clock } = this.#settings;
    const { bodyTimeout } = this.#options;
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = clock.timer(bodyTimeout, () => resolve("late"), { background: true });
    const body = await Promise.race([request.body(limit), late]).finally(() => timer.cancel());
    switch (body) {
      case "large":
        return plain(413, `Cannot take more than ${limit} bytes.`, { connection: "close" });
      case "late":
        return plain(408, `The body did not come within ${bodyTimeout} ms.`, { connection: "close" });
      case "read":
        return plain(500, "Something in the server has read the body: put handle before whatever parses bodies.");
      case "gone":
        return plain(400, "The body did not come whole.", { connection: "close" });
      default:
        return body;
    }
  }

  #protocolsIn(body: Uint8Array): string[] | undefined {
    try {
      const { protocols } = JSON.parse(this.#decoder.decode(body));
      return Array.isArray(protocols) && protocols.every((one) => typeof one === "string") ? protocols : undefined;
    } catch {
      return undefined;
    }
  }

  #textOf(body: Uint8Array): Frame & string | undefined {
    try {
      return this.#decoder.decode(body);
    } catch {
      return undefined;
    }
  }

  /** Whoever knows it is the client, so it cannot be guessed. */
  #newId(): string {
    return toBase64(this.#settings.random.bytes(ID_BYTES)).replaceAll("+", "-").replaceAll("/", "_");
  }
}

const nothing: PollAnswer = { status: 204, headers: {}, body: "" };

/** A page that may connect may send what headers it likes, such as those that authenticators ask for. */
function preflight(asked = ""): PollAnswer {
  return {
    status: 204,
    headers: {
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": asked === "" ? "content-type" : asked,
      "access-control-max-age": "600",
    },
    body: "",
  };
}

function plain(status: number, text: string, headers: { readonly [name: string]: string } = {}): PollAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: `${text}\n` };
}
