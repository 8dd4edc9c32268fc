import type { LdapOptions, LdapServer } from "../nexusd/mod.ts";
import type { ConfigSection } from "./config_reader.ts";

/** A directory, as a configuration file describes it: one that speaks LDAP, or a file that stands in for it. */
export type DirectoryConfig =
  | { readonly file: string }
  | {
    /** How it is asked; the certificates of its servers are still paths. */
    readonly ldap: LdapOptions;
  };

/** The keys of the section, besides its permissions; they are those of the original. */
export const LDAP_KEYS: readonly string[] = [
  "server",
  "login_template",
  "login_attribute",
  "db_login",
  "db_password",
  "basedn",
  "user_base",
  "user_filter",
  "group_base",
  "group_filter",
  "timeout",
];

/**
 * Reads what a configuration says of the directory.
 *
 * @param section The section `ldap`.
 * @param at Makes a path out of one that is relative to the file.
 * @returns The directory; undefined where none is named.
 * @throws {WampError} `config_invalid` when something is missing or of the wrong kind.
 */
export function directoryOf(section: ConfigSection, at: (path: string) => string): DirectoryConfig | undefined {
  const servers = section.sections("server", ["host", "port", "use_ssl", "ca"]);
  if (servers === undefined) return undefined;
  const [first] = servers;
  if (first === undefined) throw section.invalid("server", "is empty", "name one, or leave the key out");
  const host = first.text("host");
  if (host?.startsWith("file://")) return { file: at(host.slice("file://".length)) };
  const userBase = section.text("user_base") ?? section.text("basedn");
  if (userBase === undefined) throw section.invalid("user_base", "is missing", "name below what users are");
  const loginTemplate = section.text("login_template");
  if (loginTemplate === undefined || !loginTemplate.includes("{login}")) {
    throw section.invalid("login_template", "has no {login}", 'write it as "{login}@example.com"');
  }
  return {
    ldap: {
      servers: servers.map((server) => serverOf(server, at)),
      loginTemplate,
      userBase,
      ...said("loginAttribute", section.text("login_attribute")),
      ...said("lookupLogin", section.text("db_login")),
      ...said("lookupPassword", section.text("db_password")),
      ...said("userFilter", section.text("user_filter")),
      ...said("groupBase", section.text("group_base") ?? section.text("basedn")),
      ...said("groupFilter", section.text("group_filter")),
      ...said("timeout", section.milliseconds("timeout")),
    },
  };
}

function serverOf(section: ConfigSection, at: (path: string) => string): LdapServer {
  const host = section.text("host");
  if (host === undefined) throw section.invalid("host", "is missing", "name the server");
  const ca = section.text("ca");
  return {
    host,
    ...said("port", section.number("port", 1, 65_535)),
    ...said("tls", section.flag("use_ssl")),
    ...said("ca", ca === undefined ? undefined : at(ca)),
  };
}

function said<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [key in Key]?: Value } {
  return value === undefined ? {} : { [key]: value } as { readonly [key in Key]?: Value };
}
