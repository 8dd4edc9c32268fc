import { anonymous } from "../auth/anonymous.ts";
import type { AuthMethod } from "../auth/method.ts";
import { ticket } from "../auth/ticket.ts";
import type { Backoff, ClientOptions } from "../client/options.ts";
import { cbor, json, msgpack } from "../codec/mod.ts";
import type { Serializer } from "../codec/serializer.ts";
import { shownUrl } from "../wire/shown_url.ts";
import { isUri } from "../wire/uri.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { invalid, kind } from "./config.ts";
import type { Config } from "./config.ts";

/** What can be written in `wamp.connection`. */
const KNOWN = [
  "url",
  "realm",
  "uri_base",
  "username",
  "authid",
  "password",
  "authmethods",
  "serializer",
  "serializers",
  "timeout",
  "auto_reconnect",
  "agent",
] as const;

type Key = typeof KNOWN[number];

/** What swampyer takes besides and has no meaning here; an izaber.yaml that serves Python, too, may have it. */
const PASSED_OVER: readonly string[] = [
  "sslopt",
  "sockopt",
  "loop_timeout",
  "heartbeat_timeout",
  "ping_interval",
  "max_payload_size",
  "concurrency_class",
  "concurrency_max",
  "concurrency_queue_max",
  "concurrency_configs",
  "concurrency_strict_naming",
];

/** What izaber-wamp takes where a configuration says nothing. */
export const CONNECTION_DEFAULTS: Dict = {
  wamp: {
    run: true,
    connection: {
      username: "anonymous",
      url: "wss://nexus.izaber.com/ws",
      uri_base: "com.izaber.wamp",
      realm: "izaber",
      authmethods: ["ticket"],
      timeout: 300,
    },
  },
};

const MAX_DELAY = 30_000;

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
 * What swampyer takes besides (`sslopt`, `ping_interval`, `concurrency_max` and the like) is passed over: certificates are checked in any case, and the
 * rest is up to the runtime or to `register`. Anything else is refused, since it is a mistake of the pen more often than not.
 *
 * @param config The configuration; its `timeout` is in seconds.
 * @returns Where and how to connect.
 * @throws {WampError} `config_invalid` when a value is missing, wrong or not known, `wamp.run` included; the message names file, key, value and remedy.
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
      ...settings.reconnect(),
      ...(agent === "" ? {} : { agent }),
    },
  };
}

/** What a client takes as a time, once it is in milliseconds. */
function isSeconds(value: WampValue): value is number {
  return typeof value === "number" && value >= 0 && value * 1000 <= Number.MAX_SAFE_INTEGER;
}

class ConnectionSettings {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
    for (const path of ["wamp", "wamp.connection"]) {
      const value = config.get(path);
      if (value === undefined || value === null || isDict(value)) continue;
      const what = `${path} of environment "${config.environment}" is ${kind(value)}`;
      throw invalid(config.source, what, "write keys and values in it, indented");
    }
    const run = config.get("wamp.run") ?? true;
    if (typeof run !== "boolean") {
      const what = `wamp.run of environment "${config.environment}" is ${JSON.stringify(run)}`;
      throw invalid(config.source, what, "write true or false");
    }
    const keys = Object.keys(config.get("wamp.connection") as Dict | null | undefined ?? {});
    const known: readonly string[] = KNOWN;
    const unknown = keys.find((key) => !known.includes(key) && !PASSED_OVER.includes(key));
    if (unknown === undefined) return;
    throw invalid(config.source, `${this.#path(unknown)} is not known`, `there are ${KNOWN.join(", ")}`);
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
      if (name === "ticket") return ticket(this.#username(), this.#required("password"));
      throw this.#wrong("authmethods", names, "use ticket or anonymous");
    });
  }

  serializers(): Serializer[] {
    const one = this.text("serializer", "");
    const [key, names]: [Key, string[]] = one === ""
      ? ["serializers", this.#names("serializers", ["cbor"])]
      : ["serializer", [one]];
    return names.map((name) => {
      const serializer = serializers.find((candidate) => candidate.name === name);
      if (serializer === undefined) throw this.#wrong(key, name, "use cbor, msgpack or json");
      return serializer;
    });
  }

  /** To swampyer a number is how many seconds there are between attempts; here it is the first wait, and the next are longer. */
  reconnect(): { reconnect?: false | Backoff } {
    const value = this.#get("auto_reconnect") ?? true;
    if (value === true) return {};
    if (value === false || value === 0) return { reconnect: false };
    if (!isSeconds(value) || value === 0) {
      throw this.#wrong("auto_reconnect", value, "write true, false or a number of seconds");
    }
    const initialDelay = Math.max(1, value * 1000);
    return { reconnect: { initialDelay, maxDelay: Math.max(initialDelay, MAX_DELAY) } };
  }

  seconds(key: Key, fallback: number): number {
    const value = this.#get(key) ?? fallback;
    if (!isSeconds(value)) {
      throw this.#wrong(key, value, "write a number of seconds, 0 for any time");
    }
    return value;
  }

  text(key: Key, fallback: string): string {
    const value = this.#get(key) ?? fallback;
    if (typeof value !== "string") throw this.#wrong(key, value, "write a text, in quotes if it looks like a number");
    return value;
  }

  #username(): string {
    return this.text("username", "") || this.text("authid", "") || this.#required("username");
  }

  #required(key: "username" | "password"): string {
    const value = this.text(key, "");
    if (value !== "") return value;
    if (!isDict(this.#config.get("wamp.connection")) && isDict(this.#config.get("connection"))) {
      throw invalid(
        this.#config.source,
        `connection of environment "${this.#config.environment}" stands beside wamp`,
        "indent it further, so that it stands in wamp",
      );
    }
    throw invalid(
      this.#config.source,
      `${this.#path(key)} is missing`,
      `add it, or set wamp.connection.authmethods to [anonymous]`,
    );
  }

  #names(key: Key, fallback: string[]): string[] {
    const value = this.#get(key) ?? fallback;
    if (!Array.isArray(value) || value.length === 0 || !value.every((item) => typeof item === "string")) {
      throw this.#wrong(key, value, `write a list such as [${fallback[0]}]`);
    }
    return value;
  }

  #get(key: Key): WampValue {
    return this.#config.get(`wamp.connection.${key}`);
  }

  #path(key: string): string {
    return `wamp.connection.${key} of environment "${this.#config.environment}"`;
  }

  #wrong(key: Key, value: WampValue, remedy: string): Error {
    const shown = key === "password"
      ? "not a text"
      : typeof value === "number"
      ? String(value)
      : JSON.stringify(key === "url" && typeof value === "string" ? shownUrl(value) : value);
    return invalid(this.#config.source, `${this.#path(key)} is ${shown}`, remedy);
  }
}
