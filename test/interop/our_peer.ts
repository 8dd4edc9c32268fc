import { anonymous, cbor, cookie, createClient, cryptosign, json, msgpack, RemoteError, Result } from "../../mod.ts";
import { ticket, wampcra, WampError, webSocketDialer } from "../../mod.ts";
import type { AuthMethod, Client, ClientRegisterOptions, Invocation, Serializer, WampValue } from "../../mod.ts";
import { scram, scramDraft } from "../../src/auth/scram_argon2.ts";
import { rawSocketDialer } from "../../src/transport/rawsocket.ts";
import { version } from "../../src/cli/version.ts";
import { Mailbox } from "./mailbox.ts";
import { everything, PeerError } from "./peer.ts";
import type {
  Ability,
  CancelMode,
  Credentials,
  Deed,
  Heard,
  Joined,
  Listening,
  OpenOptions,
  Options,
  Outcome,
  Payload,
  Peer,
  Running,
  Served,
} from "./peer.ts";

const serializers: Record<OpenOptions["serializer"], Serializer> = { json, msgpack, cbor };

/** Our client as a peer, in this process. */
export class OurPeer implements Peer {
  readonly name = "@izaber/wamp";
  readonly version: string = version;
  readonly can: ReadonlySet<Ability> = new Set(everything);
  #client: Client | undefined;

  /** The client itself, while it is open. */
  get client(): Client {
    if (this.#client === undefined) throw new Error("our peer is not open");
    return this.#client;
  }

  async open(options: OpenOptions): Promise<Joined> {
    const { url, realm, serializer, auth, batched = false, batchSeparator } = options;
    const target = /^(rs|unix):/.test(url)
      ? rawSocketDialer(url)
      : webSocketDialer(url, { batched, ...(batchSeparator === undefined ? {} : { batchSeparator }) });
    const client = createClient(target, {
      realm,
      auth: authOf(auth),
      serializers: [serializers[serializer]],
      reconnect: options.reconnect === true ? { initialDelay: 100, maxDelay: 500 } : false,
    });
    client.on("error", () => {});
    this.#client = client;
    await told(client.open());
    const { authid = null, authrole = null, authmethod = null } = client.details!;
    return { session: client.session!.id, authid, authrole, authmethod };
  }

  async call(
    uri: string,
    args: readonly WampValue[] = [],
    kwargs: Options = {},
    options: Options = {},
  ): Promise<Outcome> {
    const { progress = false, ...rest } = options;
    if (progress === true) return await told(this.#stream(uri, args, kwargs, rest));
    const result = await told(this.client.callResult(uri, [...args], { ...kwargs }, rest));
    return { args: result.args, kwargs: result.kwargs, progress: [] };
  }

  start(uri: string, args: readonly WampValue[], mode: CancelMode): Running {
    const { signal, abort } = aborter();
    const result = told(this.client.callResult(uri, [...args], {}, { signal, cancelMode: mode }));
    result.catch(() => {});
    return {
      outcome: result.then(({ args, kwargs }) => ({ args, kwargs, progress: [] })),
      cancel: () => Promise.resolve(abort()),
    };
  }

  async register(uri: string, does: Deed, options: Options = {}): Promise<Served> {
    const notes = new Mailbox<Payload>(`a note of our procedure ${uri}`);
    const registration = await told(
      this.client.register(uri, handler(does, notes), options as ClientRegisterOptions),
    );
    return { next: () => notes.next(), unregister: () => told(registration.unregister()) };
  }

  async subscribe(topic: string, options: Options = {}): Promise<Listening> {
    const events = new Mailbox<Heard>(`an event of ${topic} at our client`);
    const subscription = await told(
      this.client.subscribe(
        topic,
        (args, kwargs, event) => events.put({ args, kwargs, details: event.details }),
        options,
      ),
    );
    return {
      next: () => events.next(),
      get waiting() {
        return events.waiting;
      },
      unsubscribe: () => told(subscription.unsubscribe()),
    };
  }

  async publish(
    topic: string,
    args: readonly WampValue[] = [],
    kwargs: Options = {},
    options: Options = {},
  ): Promise<void> {
    await told(this.client.publish(topic, [...args], { ...kwargs }, { acknowledge: true, ...options }));
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  end(): Promise<void> {
    return this.close();
  }

  async #stream(uri: string, args: readonly WampValue[], kwargs: Options, options: Options): Promise<Outcome> {
    const stream = this.client.stream(uri, [...args], { ...kwargs }, options);
    const progress: Payload[] = [];
    for await (const step of stream) progress.push({ args: step.args, kwargs: step.kwargs });
    const result = await stream.result;
    return { args: result.args, kwargs: result.kwargs, progress };
  }
}

function aborter(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

function authOf(auth: Credentials): AuthMethod {
  switch (auth.method) {
    case "anonymous":
      return anonymous();
    case "ticket":
      return ticket(auth.authid, auth.secret);
    case "wampcra":
      return wampcra(auth.authid, auth.secret);
    case "scram":
      return scramDraft(auth.authid, auth.secret);
    case "wamp-scram":
      return scram(auth.authid, auth.secret);
    case "cryptosign":
      return cryptosign(auth.secret, { authid: auth.authid });
    case "cookie":
      return cookie();
  }
}

function handler(does: Deed, notes: Mailbox<Payload>) {
  return (args: WampValue[], kwargs: Options, call: Invocation): unknown => {
    switch (does) {
      case "echo":
        return new Result([...args], { ...kwargs });
      case "add":
        return (args[0] as number) + (args[1] as number);
      case "fail":
        throw new RemoteError("com.example.error.custom", ["sorry", 42], { why: "test" });
      case "who": {
        const { caller = null, caller_authid = null } = call.details;
        return { caller, caller_authid, procedure: call.procedure };
      }
      case "count":
        return count();
      case "wait":
        return new Promise((_, reject) =>
          call.signal.addEventListener("abort", () => {
            notes.put({ args: ["interrupted"], kwargs: {} });
            reject(call.signal.reason);
          })
        );
      case "note":
        notes.put({ args, kwargs });
        return "noted";
    }
    return does.slice("say:".length);
  };
}

async function* count(): AsyncGenerator<number, string> {
  yield 1;
  yield 2;
  yield 3;
  return await Promise.resolve("done");
}

/** Says a failure as drivers say it. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RemoteError) {
      throw new PeerError(error.uri, error.message, error.args, error.kwargs as Options);
    }
    if (error instanceof WampError) throw new PeerError(`local.${error.code}`, error.message);
    throw error;
  }
}
