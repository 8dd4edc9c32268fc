import { anonymous } from "../auth/anonymous.ts";
import type { AuthMethod } from "../auth/method.ts";
import { ticket } from "../auth/ticket.ts";
import type { ClientOptions } from "../client/options.ts";
import { cbor, json, msgpack } from "../codec/mod.ts";
import type { Serializer } from "../codec/serializer.ts";
import { isUri } from "../wire/uri.ts";
import type { WampValue } from "../wire/values.ts";
import { invalid } from "./config.ts";
import type { Config } from "./config.ts";

const serializers: readonly Serializer[] = [cbor, msgpack, json];

/** What `wamp.connection` of an izaber.yaml says to a client: what to hand to `connect` or `createClient`. */
export interface IzaberConnection {
  /** Where to connect. */
  readonly url: string;
  /** How. */
  readonly options: ClientOptions;
}

/**
 * Reads `wamp.connection`, with the defaults of izaber-wamp.
 *
 * @param config The configuration; its `timeout` is in seconds.
 * @returns Where and how to connect.
 * @throws {WampError} `config_invalid` when a value is missing or wrong; the message names file, key, value and remedy.
 *
 * @example
 * ```ts
 * import { Config, connectionOf } from "@izaber/wamp/izaber";
 *
 * const config = new Config({ default: { wamp: { connection: { username: "USERNAME", password: "PASSWORD" } } } }, "izaber.yaml");
 * const { url, options } = connectionOf(config);
 * if (url !== "wss://nexus.izaber.com/ws" || options.prefix !== "com.izaber.wamp") throw new Error("unexpected");
 * ```
 */
export function connectionOf(config: Config): IzaberConnection {
  const settings = new ConnectionSettings(config);
  const agent = settings.text("agent", "");
  return {
    url: settings.url(),
    options: {
      realm: settings.realm(),
      auth: settings.auth(),
      prefix: settings.prefix(),
      serializers: settings.serializers(),
      timeout: settings.seconds("timeout", 300) * 1000,
      ...(settings.reconnects() ? {} : { reconnect: false }),
      ...(agent === "" ? {} : { agent }),
    },
  };
}

class ConnectionSettings {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  url(): string {
    const url = this.text("url", "wss://nexus.izaber.com/ws");
    if (!/^wss?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
      throw this.#wrong("url", url, "write a URL that begins with wss:// or ws://, such as wss://nexus.example.com/ws");
    }
    return url;
  }

  realm(): string {
    const realm = this.text("realm", "izaber");
    if (!isUri(realm)) throw this.#wrong("realm", realm, "write the realm's name, such as izaber");
    return realm;
  }

  prefix(): string {
    const prefix = this.text("uri_base", "com.izaber.wamp");
    if (prefix !== "" && !isUri(prefix)) {
      throw this.#wrong("uri_base", prefix, "write a URI such as com.izaber.wamp, or ''");
    }
    return prefix;
  }

  auth(): AuthMethod[] {
    const names = this.#names("authmethods", ["ticket"]);
    return names.map((name) => {
      if (name === "anonymous") return anonymous();
      if (name === "ticket") return ticket(this.#required("username"), this.#required("password"));
      throw this.#wrong("authmethods", names, "use ticket or anonymous");
    });
  }

  serializers(): Serializer[] {
    const one = this.text("serializer", "");
    const [key, names] = one === "" ? ["serializers", this.#names("serializers", ["cbor"])] : ["serializer", [one]];
    return names.map((name) => {
      const serializer = serializers.find((candidate) => candidate.name === name);
      if (serializer === undefined) throw this.#wrong(key, name, "use cbor, msgpack or json");
      return serializer;
    });
  }

  reconnects(): boolean {
    const value = this.#get("auto_reconnect") ?? true;
    if (typeof value !== "boolean" && typeof value !== "number") {
      throw this.#wrong("auto_reconnect", value, "write true or false");
    }
    return Boolean(value);
  }

  seconds(key: string, fallback: number): number {
    const value = this.#get(key) ?? fallback;
    if (typeof value !== "number" || !(value >= 0)) {
      throw this.#wrong(key, value, "write a number of seconds, 0 for any time");
    }
    return value;
  }

  text(key: string, fallback: string): string {
    const value = this.#get(key) ?? fallback;
    if (typeof value !== "string") throw this.#wrong(key, value, "write a text, in quotes if it looks like a number");
    return value;
  }

  #required(key: "username" | "password"): string {
    const value = this.text(key, "");
    if (value !== "") return value;
    throw invalid(
      this.#config.source,
      `${this.#path(key)} is missing`,
      `add it, or set wamp.connection.authmethods to [anonymous]`,
    );
  }

  #names(key: string, fallback: string[]): string[] {
    const value = this.#get(key) ?? fallback;
    if (!Array.isArray(value) || value.length === 0 || !value.every((item) => typeof item === "string")) {
      throw this.#wrong(key, value, `write a list such as [${fallback[0]}]`);
    }
    return value;
  }

  #get(key: string): WampValue {
    return this.#config.get(`wamp.connection.${key}`);
  }

  #path(key: string): string {
    return `wamp.connection.${key} of environment "${this.#config.environment}"`;
  }

  #wrong(key: string, value: WampValue, remedy: string): Error {
    const shown = key === "password" ? "not a text" : JSON.stringify(value);
    return invalid(this.#config.source, `${this.#path(key)} is ${shown}`, remedy);
  }
}
