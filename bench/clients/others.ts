import { createRequire } from "node:module";
import { join } from "node:path";
import type { Format } from "../load/frames.ts";
import type { Library } from "./library.ts";

/** What is used of autobahn-js. */
interface Autobahn {
  readonly serializer: Record<string, new () => object>;
  readonly Connection: new (options: object) => AutobahnConnection;
}

interface AutobahnConnection {
  onopen: (session: AutobahnSession) => void;
  onclose: (reason: string) => boolean;
  open(): void;
}

interface AutobahnSession {
  call(uri: string, args: readonly unknown[]): PromiseLike<unknown>;
  register(uri: string, handler: (args: readonly unknown[]) => unknown): PromiseLike<unknown>;
  subscribe(uri: string, handler: () => void): PromiseLike<unknown>;
}

/**
 * autobahn-js.
 *
 * @param folder Where it is installed.
 * @param format Its serializer.
 */
export function autobahn(folder: string, format: Format): Library {
  const { Connection, serializer } = createRequire(join(folder, "package.json"))("autobahn") as Autobahn;
  const name = { json: "JSONSerializer", msgpack: "MsgpackSerializer", cbor: "CBORSerializer" }[format];
  return {
    open: (url, realm) =>
      new Promise((resolve, reject) => {
        const transports = [{ type: "websocket", url, serializers: [new serializer[name]!()] }];
        const connection = new Connection({ transports, realm, max_retries: 0, use_es6_promises: true });
        connection.onopen = (session) =>
          resolve({
            call: (uri, text) => session.call(uri, [text]),
            register: (uri) => session.register(uri, ([text]) => text),
            subscribe: (uri) => session.subscribe(uri, () => {}),
          });
        connection.onclose = (reason) => {
          reject(new Error(`autobahn-js does not connect: ${reason}`));
          return true;
        };
        connection.open();
      }),
  };
}

/** What is used of wampy.js. */
interface WampyModule {
  readonly Wampy: new (url: string, options: object) => WampyClient;
}

interface WampyClient {
  connect(): Promise<unknown>;
  call(uri: string, args: readonly unknown[]): Promise<unknown>;
  register(uri: string, handler: (given: { argsList: readonly unknown[] }) => object): Promise<unknown>;
  subscribe(uri: string, handler: () => void): Promise<unknown>;
}

/**
 * wampy.js.
 *
 * @param folder Where it is installed.
 * @param format Its serializer.
 */
export function wampy(folder: string, format: Format): Library {
  const load = createRequire(join(folder, "package.json"));
  const { Wampy } = load("wampy") as WampyModule;
  const name = { json: "JsonSerializer", msgpack: "MsgpackSerializer", cbor: "CborSerializer" }[format];
  const Serializer = (load(`wampy/${name}.js`) as Record<string, new () => object>)[name]!;
  return {
    async open(url, realm) {
      const ws = load("ws") as unknown;
      const client = new Wampy(url, { realm, ws, serializer: new Serializer(), autoReconnect: false });
      await client.connect();
      return {
        call: (uri, text) => client.call(uri, [text]),
        register: (uri) => client.register(uri, ({ argsList }) => ({ argsList })),
        subscribe: (uri) => client.subscribe(uri, () => {}),
      };
    },
  };
}
