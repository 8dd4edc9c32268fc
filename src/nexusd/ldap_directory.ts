import { Client, escapeFilter, InvalidCredentialsError } from "ldapts";
import { WampError } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { Directory } from "./directory.ts";

/** One server of a directory. */
export interface LdapServer {
  /** Its name or address. */
  readonly host: string;
  /** Its port (default 636 with TLS, 389 without). */
  readonly port?: number;
  /** Whether it is spoken to over TLS (default false). */
  readonly tls?: boolean;
  /** The certificates that are trusted in place of the system's, as PEM. */
  readonly ca?: string;
}

/** Where a directory is and how it is asked. */
export interface LdapOptions {
  /** Its servers; the first that answers is asked. */
  readonly servers: readonly LdapServer[];
  /** How a login becomes the name to bind with: `{login}@example.com`, or `uid={login},ou=people,dc=example,dc=com`. */
  readonly loginTemplate: string;
  /** Which attribute has the login (default `sAMAccountName`). */
  readonly loginAttribute?: string;
  /** The login that looks users and groups up (default: nobody does, and each user looks itself up). */
  readonly lookupLogin?: string;
  /** The password of that login. */
  readonly lookupPassword?: string;
  /** Below what users are. */
  readonly userBase: string;
  /** Which entries are users (default `(&(objectCategory=person)(sAMAccountName=*))`). */
  readonly userFilter?: string;
  /** Below what groups are (default where users are). */
  readonly groupBase?: string;
  /** Which entries are groups (default `(objectCategory=group)`). */
  readonly groupFilter?: string;
  /** Milliseconds that a server has to answer (default 10,000). */
  readonly timeout?: number;
}

const DEFAULT_TIMEOUT = 10_000;
const PAGE = 500;
const USER_ATTRIBUTES = ["sAMAccountName", "uid", "cn", "displayName", "memberOf", "name", "mail", "ipPhone"];
const ACCOUNT_ATTRIBUTES = ["userAccountControl", "userPrincipalName"];
const GROUP_ATTRIBUTES = ["userPrincipalName", "name", "cn", "sAMAccountName", "groupType", "member"];
/** What are numbers in the lists of the original. */
const NUMBERS: ReadonlySet<string> = new Set(["userAccountControl", "groupType"]);

/** A directory that is asked over LDAP, with a connection for each question: nothing is left open to a server that goes away. */
class LdapDirectory implements Directory {
  readonly #options: LdapOptions;

  constructor(options: LdapOptions) {
    this.#options = options;
  }

  users(): Promise<readonly Dict[]> {
    const { userBase, userFilter = "(&(objectCategory=person)(sAMAccountName=*))" } = this.#options;
    return this.#lookup((client) => search(client, userBase, userFilter, [...USER_ATTRIBUTES, ...ACCOUNT_ATTRIBUTES]));
  }

  groups(): Promise<readonly Dict[]> {
    const { userBase, groupBase = userBase, groupFilter = "(objectCategory=group)" } = this.#options;
    return this.#lookup((client) => search(client, groupBase, groupFilter, GROUP_ATTRIBUTES));
  }

  async authenticate(login: string, secret: string): Promise<Dict | undefined> {
    // A bind without a password succeeds at many servers, and proves nothing.
    if (secret === "") return undefined;
    const { userBase, loginAttribute = "sAMAccountName", lookupLogin } = this.#options;
    const filter = escapeFilter`(placeholder=${login})`.replace("placeholder", loginAttribute);
    const find = async (client: Client) =>
      (await search(client, userBase, filter, [loginAttribute, ...USER_ATTRIBUTES, ...ACCOUNT_ATTRIBUTES]))[0];
    try {
      const own = await this.#bound(login, secret, lookupLogin === undefined ? find : () => Promise.resolve(undefined));
      return lookupLogin === undefined ? own : await this.#lookup(find);
    } catch (error) {
      if (error instanceof InvalidCredentialsError) return undefined;
      throw error;
    }
  }

  #lookup<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    const { lookupLogin, lookupPassword } = this.#options;
    if (lookupLogin !== undefined && lookupPassword) return this.#bound(lookupLogin, lookupPassword, ask);
    const text = "Cannot look up the directory: there is no login for that; configure db_login and db_password";
    return Promise.reject(new WampError("config_invalid", text));
  }

  /** Binds at the first server that answers, and asks. */
  async #bound<T>(login: string, secret: string, ask: (client: Client) => Promise<T>): Promise<T> {
    const failures: unknown[] = [];
    for (const server of this.#options.servers) {
      const client = this.#client(server);
      try {
        await client.bind(nameOf(this.#options.loginTemplate, login), secret);
        return await ask(client);
      } catch (error) {
        if (error instanceof InvalidCredentialsError) throw error;
        failures.push(error);
      } finally {
        await client.unbind().catch(() => {});
      }
    }
    const servers = this.#options.servers.map(({ host, port }) => port === undefined ? host : `${host}:${port}`);
    throw new WampError(
      "connection_failed",
      `Cannot ask the directory at ${servers.join(", ")}: check its configuration`,
      {
        cause: failures.length === 1 ? failures[0] : new AggregateError(failures),
      },
    );
  }

  #client({ host, port, tls = false, ca }: LdapServer): Client {
    const { timeout = DEFAULT_TIMEOUT } = this.#options;
    const name = host.includes(":") ? `[${host}]` : host;
    return new Client({
      url: `${tls ? "ldaps" : "ldap"}://${name}:${port ?? (tls ? 636 : 389)}`,
      timeout,
      connectTimeout: timeout,
      ...tls && ca !== undefined ? { tlsOptions: { ca } } : {},
    });
  }
}

/**
 * Makes a directory that is asked over LDAP.
 *
 * @param options Where it is and how it is asked.
 * @returns The directory; no connection is made before it is asked.
 */
export function ldapDirectory(options: LdapOptions): Directory {
  return new LdapDirectory(options);
}

/** In a distinguished name some characters end a part of it. */
function nameOf(template: string, login: string): string {
  const isDn = /=\{login\}/.test(template);
  const safe = isDn ? login.replace(/[\\,+"<>;=#]|^ | $/g, "\\$&").replaceAll("\0", "\\00") : login;
  return template.replaceAll("{login}", () => safe);
}

async function search(client: Client, base: string, filter: string, attributes: string[]): Promise<Dict[]> {
  const paged = { pageSize: PAGE };
  const { searchEntries } = await client.search(base, { scope: "sub", filter, attributes, paged });
  return searchEntries.map(({ dn, ...entry }) => ({
    ...Object.fromEntries(
      Object.entries(entry).map(([name, value]): [string, WampValue] => {
        const list = Array.isArray(value) ? value : [value];
        return [name, NUMBERS.has(name) ? list.map(Number) : list.map(String)];
      }).filter(([, list]) => (list as readonly WampValue[]).length > 0),
    ),
    dn,
  }));
}
