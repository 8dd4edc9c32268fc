import { dirname, resolve } from "node:path";
import { parseYaml } from "../izaber/yaml.ts";
import { closed } from "../nexusd/leniency.ts";
import type { Leniency } from "../nexusd/leniency.ts";
import type { NexusOptions, PermissionLine } from "../nexusd/mod.ts";
import { metadataLimitRules, realmRule, rosterLimitRules } from "../nexusd/nexus_options.ts";
import { isTimeZone } from "../nexusd/warning_schedule.ts";
import type { SlowSubscribers } from "../router/broker.ts";
import { limitRules } from "../router/limits.ts";
import { slowSubscribersRule } from "../router/router_options.ts";
import type { ListenOptions, RawSocketListenOptions } from "../serve/mod.ts";
import { listenLimitRules } from "../serve/option_checks.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import { ConfigSection } from "./config_reader.ts";
import { directoryOf, LDAP_KEYS } from "./ldap_config.ts";
import type { DirectoryConfig } from "./ldap_config.ts";

/** The files of a certificate. */
export interface CertificateFiles {
  /** The certificate. */
  readonly cert: string;
  /** Its key. */
  readonly key: string;
  /** The authorities of clients. */
  readonly ca: string | undefined;
  /** Whether clients are asked for theirs. */
  readonly clientCertificate: "request" | "require" | undefined;
}

/** One listener of a configuration. */
export type ListenerConfig =
  | { readonly kind: "websocket"; readonly options: ListenOptions; readonly tls: CertificateFiles | undefined }
  | {
    readonly kind: "rawsocket";
    readonly options: RawSocketListenOptions;
    readonly tls: CertificateFiles | undefined;
  };

/** What a configuration file says. */
export interface ServeConfig {
  /** The folder of the data. */
  readonly data: string;
  /** The seed, if there is one. */
  readonly seed: string | undefined;
  /** What the Nexus is made with. */
  readonly nexus: Omit<NexusOptions, "store" | "seed" | "directory">;
  /** The directory of users and groups, if there is one. */
  readonly directory: DirectoryConfig | undefined;
  /** What sessions may do at most, by the source of their login; only those that the file names. */
  readonly restrictions: ReadonlyMap<string, readonly PermissionLine[]>;
  /** Where it listens. */
  readonly listeners: readonly ListenerConfig[];
}

/** Logins come from these, and restrictions go by them. */
const SOURCES = ["apikey", "otp", "local", "ldap"];
const WEBSOCKET = [
  "host",
  "port",
  "paths",
  "tls",
  "origins",
  "proxies",
  "compression",
  "long_poll",
  "ping_interval",
  "ping_timeout",
  "max_message_size",
  "limits",
];
const RAWSOCKET = ["host", "port", "path", "tls", "ping_interval", "ping_timeout", "max_message_size", "limits"];

/** Where the file says what a Nexus is made with. */
export const SETTINGS: { readonly [option: string]: string } = {
  realm: "realm",
  timeZone: "time_zone",
  startupVacuum: "db.startup_vacuum",
  startupSync: "db.startup_sync",
  startupReset: "db.disable_startup_reset",
  notificationGrace: "db.notification_startup_grace",
  zombieLifespan: "db.zombie_lifespan",
  cookies: "cookie",
  leniency: "leniency",
  limits: "limits",
  slowSubscribers: "slow_subscribers",
  metadataLimits: "metadata",
  rosterLimits: "roster",
};

/**
 * Reads a configuration file of `nexus serve`.
 *
 * @param text Its text.
 * @param file Its path; paths in it are relative to its folder.
 * @returns What it says.
 * @throws {WampError} `config_malformed` when it is not YAML, `config_invalid` when something in it is unknown or of the wrong kind; the message names the
 *   place.
 */
export function parseServeConfig(text: string, file: string): ServeConfig {
  const at = (path: string) => resolve(dirname(file), path);
  const top = new ConfigSection(file, "", parseYaml(text, file) ?? {}, ["nexus"]);
  const nexus = top.section("nexus", [
    "realm",
    "db",
    "seed",
    "time_zone",
    "cookie",
    "leniency",
    "limits",
    "slow_subscribers",
    "metadata",
    "roster",
    "listeners",
    ...SOURCES,
  ]);
  const db = nexus.section("db", [
    "path",
    "startup_vacuum",
    "startup_sync",
    "notification_startup_grace",
    "zombie_lifespan",
    "disable_startup_reset",
  ]);
  const seed = nexus.text("seed");
  const startupReset = db.flag("disable_startup_reset");
  return {
    data: at(db.text("path") ?? "nexus-data"),
    seed: seed === undefined ? undefined : at(seed),
    restrictions: restrictionsOf(nexus),
    directory: directoryOf(sourceOf(nexus, "ldap"), at),
    listeners: listenersOf(nexus, at),
    nexus: without({
      realm: nexus.option<string>("realm", realmRule),
      timeZone: timeZoneOf(nexus),
      startupVacuum: db.flag("startup_vacuum"),
      startupSync: db.flag("startup_sync"),
      startupReset: startupReset === undefined ? undefined : !startupReset,
      notificationGrace: db.milliseconds("notification_startup_grace"),
      zombieLifespan: db.number("zombie_lifespan"),
      cookies: cookiesOf(nexus),
      leniency: leniencyOf(nexus),
      limits: numbersOf(nexus, "limits", limitRules),
      slowSubscribers: nexus.option<SlowSubscribers>("slow_subscribers", slowSubscribersRule),
      metadataLimits: numbersOf(nexus, "metadata", metadataLimitRules),
      rosterLimits: numbersOf(nexus, "roster", rosterLimitRules),
    }),
  };
}

function restrictionsOf(nexus: ConfigSection): Map<string, readonly PermissionLine[]> {
  const found = new Map<string, readonly PermissionLine[]>();
  for (const source of SOURCES) {
    const lines = sourceOf(nexus, source).permissions("permissions");
    if (lines !== undefined) found.set(source, lines);
  }
  return found;
}

function sourceOf(nexus: ConfigSection, source: string): ConfigSection {
  return nexus.section(source, source === "ldap" ? ["permissions", ...LDAP_KEYS] : ["permissions"]);
}

function timeZoneOf(nexus: ConfigSection): string | undefined {
  const zone = nexus.text("time_zone");
  if (zone === undefined || isTimeZone(zone)) return zone;
  throw nexus.invalid("time_zone", `is "${zone}", which is no time zone`, 'name one such as "America/Vancouver"');
}

function cookiesOf(nexus: ConfigSection): NexusOptions["cookies"] {
  const cookie = nexus.section("cookie", ["max_age", "secure"]);
  return without({ maxAge: cookie.number("max_age", 1, Number.MAX_SAFE_INTEGER), secure: cookie.flag("secure") });
}

function leniencyOf(nexus: ConfigSection): Partial<Leniency> {
  const names = Object.keys(closed) as (keyof Leniency)[];
  const section = nexus.section("leniency", names.map(snake));
  return without(Object.fromEntries(names.map((name) => [name, section.flag(snake(name))])));
}

function listenersOf(nexus: ConfigSection, at: (path: string) => string): ListenerConfig[] {
  const listeners = nexus.sections("listeners", ["websocket", "rawsocket"]);
  if (listeners === undefined) return [{ kind: "websocket", options: { port: 8080 }, tls: undefined }];
  if (listeners.length === 0) throw nexus.invalid("listeners", "is empty", "name one, or leave the key out");
  return listeners.map((listener) => {
    if (listener.has("websocket") === listener.has("rawsocket")) {
      throw listener.invalid(
        "",
        "has to be one listener",
        "write websocket: or rawsocket:, and what belongs to it below",
      );
    }
    return listener.has("websocket")
      ? webSocketOf(listener.section("websocket", WEBSOCKET), at)
      : rawSocketOf(listener.section("rawsocket", RAWSOCKET), at);
  });
}

function webSocketOf(section: ConfigSection, at: (path: string) => string): ListenerConfig {
  const paths = section.texts("paths");
  const wrong = paths?.find((path) => !path.startsWith("/"));
  if (wrong !== undefined) throw section.invalid("paths", `has "${wrong}"`, 'begin each with "/", such as "/ws"');
  return {
    kind: "websocket",
    tls: certificateOf(section, at),
    options: without({
      hostname: section.text("host"),
      port: section.number("port", 0, 65_535) ?? 8080,
      paths,
      origins: section.texts("origins"),
      proxies: section.texts("proxies"),
      compression: section.flag("compression"),
      longPoll: longPollOf(section),
      pingInterval: section.milliseconds("ping_interval"),
      pingTimeout: section.milliseconds("ping_timeout"),
      maxMessageSize: section.number("max_message_size", 512, Number.MAX_SAFE_INTEGER),
      limits: numbersOf(section, "limits", listenLimitRules),
    }),
  };
}

function longPollOf(section: ConfigSection): ListenOptions["longPoll"] {
  if (!section.has("long_poll")) return undefined;
  const options = section.section("long_poll", ["path", "hold_time", "session_timeout"]);
  const path = options.text("path");
  if (path !== undefined && !/^\/.*[^/]$/.test(path)) {
    throw options.invalid("path", `is "${path}"`, 'begin it with "/", and do not end it with one, such as "/lp"');
  }
  return without({
    path,
    holdTime: options.milliseconds("hold_time"),
    sessionTimeout: options.milliseconds("session_timeout", 0.001),
  });
}

function rawSocketOf(section: ConfigSection, at: (path: string) => string): ListenerConfig {
  const path = section.text("path");
  const port = section.number("port", 0, 65_535);
  if ((path === undefined) === (port === undefined)) {
    throw section.invalid("", "needs a port or a path", "write port: for TCP, or path: for a unix socket");
  }
  return {
    kind: "rawsocket",
    tls: certificateOf(section, at),
    options: without({
      hostname: section.text("host"),
      port,
      path: path === undefined ? undefined : at(path),
      pingInterval: section.milliseconds("ping_interval"),
      pingTimeout: section.milliseconds("ping_timeout"),
      maxMessageSize: section.number("max_message_size", 512, 16 * 1024 * 1024),
      limits: numbersOf(section, "limits", listenLimitRules),
    }),
  };
}

function certificateOf(section: ConfigSection, at: (path: string) => string): CertificateFiles | undefined {
  if (!section.has("tls")) return undefined;
  const tls = section.section("tls", ["cert", "key", "ca", "client_certificate"]);
  const [cert, key, ca] = [tls.text("cert"), tls.text("key"), tls.text("ca")];
  if (cert === undefined || key === undefined) {
    throw tls.invalid(cert === undefined ? "cert" : "key", "is missing", "name the file, PEM");
  }
  const clientCertificate = tls.text("client_certificate");
  if (clientCertificate !== undefined && clientCertificate !== "request" && clientCertificate !== "require") {
    throw tls.invalid("client_certificate", `is "${clientCertificate}"`, 'it has to be "request" or "require"');
  }
  return { cert: at(cert), key: at(key), ca: ca === undefined ? undefined : at(ca), clientCertificate };
}

function numbersOf(section: ConfigSection, key: string, rules: OptionRules): Record<string, number> {
  const numbers = section.section(key, Object.keys(rules).map(snake));
  const given = Object.entries(rules).map(([name, rule]) => [name, numbers.option<number>(snake(name), rule)] as const);
  return without(Object.fromEntries(given)) as Record<string, number>;
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What was not said is left out, so that its default holds. */
function without<Value extends object>(values: Value): { [key in keyof Value]: Exclude<Value[key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [key in keyof Value]: Exclude<Value[key], undefined>;
  };
}
