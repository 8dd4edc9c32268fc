import { existsSync } from "node:fs";
import { join } from "node:path";
import { WampError } from "../wire/errors.ts";
import { checkOptions, randomRule } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import { isDict } from "../wire/values.ts";
import type { WampValue } from "../wire/values.ts";
import { defaultRestrictions } from "./default_roles.ts";
import { ImportFiles } from "./import_files.ts";
import type { ImportedFile } from "./import_files.ts";
import { checkedKey } from "./metadata_values.ts";
import { isPasswordHash, originalKeyHash } from "./password_hash.ts";
import type { PermissionLine } from "./permission_language.ts";
import { isRecordId, recordId } from "./record_ids.ts";
import { Restrictions } from "./restrictions.ts";
import { Roles } from "./roles.ts";
import { put } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { canBeKept, recordToText } from "./store_text.ts";
import { soundFields, UriRecords, wrongUriField } from "./uri_records.ts";
import { checkDepth } from "./value_depth.ts";
import { Users } from "./users.ts";

/** What an import did. */
export interface ImportReport {
  /** How many records came in, of each collection. */
  readonly imported: { readonly [collection in "roles" | "users" | "apikeys" | "metadata" | "uris"]: number };
  /** What did not come in, or not whole. */
  readonly refused: readonly ImportProblem[];
}

/** A record, or a part of one, that did not come in. */
export interface ImportProblem {
  /** The path of its file below the data directory. */
  readonly path: string;
  /** Why it did not. */
  readonly reason: string;
}

/** What an import may be told. */
export interface ImportOptions {
  /** Where the ids of records come from that have none (default the runtime's randomness). */
  readonly random?: Random;
}

const MAX_VALUE_BYTES = 262_144;

/**
 * Takes over the data of an existing Nexus: users, roles, URIs, metadata and API keys out of its directory of YAML files. Passwords and keys go on working.
 *
 * What is in the store already stays as it is. Rosters, cookies and one-time passwords are left behind, since they end with their sessions or soon after;
 * the text of an API key is not taken along, for only its hash is needed.
 *
 * @param directory The data directory, or the `db` folder in it. It is only read.
 * @param store Where the records go; no server may have it open. They go in all at once, or none does.
 * @param options What is not to be as usual.
 * @returns What came in, and what did not and why.
 * @throws {WampError} `config_missing` when there is no Nexus in the directory, `config_invalid` when nothing of what is there can come in,
 * `invalid_argument` when there is no such option, or its value is wrong.
 *
 * @example
 * ```ts
 * import { importNexus, memoryStore } from "@izaber/wamp/nexusd";
 *
 * const error = await importNexus("no/such/directory", memoryStore()).then(() => undefined, (error) => error);
 * if (error?.code !== "config_missing") throw new Error("unexpected");
 * ```
 */
export async function importNexus(
  directory: string,
  store: Store,
  options: ImportOptions = {},
): Promise<ImportReport> {
  checkOptions("Cannot import", options, { random: randomRule }, "{ random }");
  const root = [join(directory, "db"), directory].find((folder) =>
    ["users", "roles"].every((name) => existsSync(join(folder, name)))
  );
  if (root === undefined) {
    throw new WampError(
      "config_missing",
      `Cannot import from ${directory}: there are no folders "users" and "roles", nor in "db". Name the data directory of a Nexus`,
    );
  }
  const files = new ImportFiles(root);
  const importer = new Importer(files, options.random ?? systemRandom);
  await importer.known(store);
  await importer.roles();
  await importer.users();
  await importer.uris();
  await files.others([...COLLECTIONS, ...LEFT_BEHIND]);
  const refused = [...files.unreadable, ...importer.refused];
  if (importer.found === 0) throw nothingIn(root, refused);
  await store.write(importer.operations);
  return { imported: importer.counts, refused };
}

/** What comes in by itself. */
const COLLECTIONS = ["roles", "users", "uris"];
/** What ends with its session, or soon after. */
const LEFT_BEHIND = ["cookies", "rosters", "otps"];

function nothingIn(root: string, refused: readonly ImportProblem[]): WampError {
  const named = refused.slice(0, 5).map(({ path, reason }) => `${path} (${reason})`).join(", ");
  const problems = refused.length > 5 ? `${named} and ${refused.length - 5} others` : named;
  return new WampError(
    "config_invalid",
    `Cannot import from ${root}: nothing in it is a record of a Nexus, such as users/NAME/data.yaml or roles/NAME/data.yaml` +
      (problems === "" ? "" : `; there are ${problems}`),
  );
}

class Importer {
  /** How many roles, users and URIs there are, those that the store has already among them. */
  found = 0;
  readonly operations: StoreOperation[] = [];
  readonly refused: ImportProblem[] = [];
  readonly counts: { roles: number; users: number; apikeys: number; metadata: number; uris: number } = {
    roles: 0,
    users: 0,
    apikeys: 0,
    metadata: 0,
    uris: 0,
  };
  readonly #files: ImportFiles;
  readonly #random: Random;
  readonly #known: Map<string, Set<string>> = new Map();
  readonly #ids: Set<string> = new Set();

  constructor(files: ImportFiles, random: Random) {
    this.#files = files;
    this.#random = random;
  }

  /** Learns what is there; an empty store becomes a filled one, with what the original is configured with by default. */
  async known(store: Store): Promise<void> {
    for (const collection of ["roles", "users", "apikeys", "metadata", "uris"]) {
      const entries = await store.list(collection);
      this.#known.set(collection, new Set(entries.map(({ key }) => key)));
      for (const { value } of entries) this.#ids.add(String(value["uuid"]));
    }
    if (await store.get("nexus", "origin") !== undefined) return;
    this.operations.push(put("nexus", "origin", { seed: null, realm: null }));
    for (const [source, permissions] of Object.entries(defaultRestrictions)) {
      this.operations.push(Restrictions.operation(source, permissions));
    }
  }

  async roles(): Promise<void> {
    for (const file of await this.#files.inFolders("roles")) {
      const permissions = linesIn(file.fields["permissions"]);
      if (permissions === undefined) {
        this.#refuse(file, "its permissions are no list of uri and perms");
      } else if (this.#isNew("roles", file, file.key)) {
        this.operations.push(Roles.operation({ uuid: this.#id(file), role: file.key, permissions }));
      }
    }
  }

  async users(): Promise<void> {
    for (const file of await this.#files.inFolders("users")) {
      const { enabled = true, role = null, source = "local", email = null, upn = null, name = null } = file.fields;
      const login = file.key;
      const texts = [role, email, upn, name];
      if (login.trim() === "" || login !== login.toLowerCase()) {
        this.#refuse(file, "nobody can log in by a name that is not in lower case");
      } else if (typeof enabled !== "boolean" || typeof source !== "string" || !texts.every(isTextOrNull)) {
        this.#refuse(file, "one of enabled, role, source, email, upn and name has another kind of value");
      } else if (this.#isNew("users", file, login)) {
        const uuid = this.#id(file);
        const [role_, email_, upn_, name_] = texts as (string | null)[];
        const about = { role: role_!, email: email_!, upn: upn_!, name: name_! };
        this.operations.push(
          Users.operation({ uuid, login, enabled, source, password: this.#password(file), ...about }),
        );
        const folder = file.path.slice(0, -"/data.yaml".length);
        await this.#keys(`${folder}/apikeys`, login, uuid);
        await this.#metadata(`${folder}/metadata`, uuid);
      }
    }
  }

  async uris(): Promise<void> {
    for (const file of await this.#files.inFolders("uris")) {
      const { uri, action, match = "exact", system } = file.fields;
      if (system === true) continue;
      if (![uri, action, match].every((value) => typeof value === "string" && canBeKept(value))) {
        this.#refuse(file, "it names no uri, action and match");
        continue;
      }
      const key = UriRecords.key(uri as string, match as string, action as string);
      const kept = Object.fromEntries(Object.entries(file.fields).filter(([name]) => KEPT_OF_URIS.includes(name)));
      const said = Object.fromEntries(Object.entries(kept).filter(([name]) => SAID_OF_URIS.includes(name)));
      const wrong = wrongUriField(said);
      if (wrong !== undefined) this.#refuse(file, `its ${wrong} has another kind of value`);
      else if (this.#isNew("uris", file, key)) {
        const sound = soundFields(kept);
        const lost = Object.keys(kept).filter((name) => !sameJson(kept[name] ?? null, sound[name] ?? null));
        if (lost.length > 0) {
          this.#refuse(file, `its ${lost.join(", ")} has another kind of value: the URI came in without that`);
        }
        this.operations.push(put("uris", key, { ...sound, uuid: this.#id(file), uri, action, match, active: false }));
      }
    }
  }

  async #keys(folder: string, login: string, owner: string): Promise<void> {
    for (const file of await this.#files.inFiles(folder)) {
      const { description = "", expires = null, role = null } = file.fields;
      const permissions = linesIn(file.fields["permissions"] ?? []);
      const key = originalKeyHash(login, file.key);
      if (key === undefined) this.#refuse(file, "its name is no hash of an API key");
      else if (permissions === undefined) this.#refuse(file, "its permissions are no list of uri and perms");
      else if (typeof description !== "string" || !isTextOrNull(expires) || !isTextOrNull(role)) {
        this.#refuse(file, "one of description, expires and role has another kind of value");
      } else {
        const uuid = this.#id(file);
        const lines = permissions.map((line) => ({ ...line }));
        const about = { description, expires, permissions: lines, role, plaintext_key: null };
        this.operations.push(put("apikeys", `${owner}/${uuid}`, { uuid, key, owner, ...about }));
        this.counts.apikeys++;
      }
    }
  }

  async #metadata(folder: string, owner: string): Promise<void> {
    for (const file of await this.#files.inFiles(folder)) {
      const { value = null } = file.fields;
      try {
        const key = checkedKey(file.key);
        checkDepth("its value", value);
        const bytes = new TextEncoder().encode(recordToText({ value })).length;
        if (bytes > MAX_VALUE_BYTES) throw new Error(`its value takes ${bytes} bytes, the most is ${MAX_VALUE_BYTES}`);
        this.operations.push(put("metadata", `${owner}/${key}`, { uuid: this.#id(file), key, value, owner }));
        this.counts.metadata++;
      } catch (error) {
        this.#refuse(file, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #password(file: ImportedFile): string | null {
    const { password = null } = file.fields;
    if (password === null) return null;
    if (typeof password === "string" && isPasswordHash(password)) return password;
    this.#refuse(file, "its password is no hash of PBKDF2 with SHA-256: the user came in without one");
    return null;
  }

  #isNew(collection: "roles" | "users" | "uris", file: ImportedFile, key: string): boolean {
    this.found++;
    const known = this.#known.get(collection)!;
    if (known.has(key)) {
      this.#refuse(file, "there is one in the store already, and it stays as it is");
      return false;
    }
    known.add(key);
    this.counts[collection]++;
    return true;
  }

  /** What belongs to a record names its id, so it is kept where it can be. */
  #id({ fields: { uuid } }: ImportedFile): string {
    const id = typeof uuid === "string" && isRecordId(uuid) && !this.#ids.has(uuid) ? uuid : recordId(this.#random);
    this.#ids.add(id);
    return id;
  }

  #refuse({ path }: ImportedFile, reason: string): void {
    this.refused.push({ path, reason });
  }
}

/** What people have said of a URI. */
const SAID_OF_URIS: readonly string[] = [
  "description",
  "contact",
  "disconnect_warn_after",
  "disconnect_warn_reminder_after",
  "disconnect_count_warn_after",
  "disconnect_count_warn_reminder_after",
  "zombie_lifespan",
  "schedule",
];
/** What is taken along; warnings that were under way begin anew. */
const KEPT_OF_URIS: readonly string[] = [
  ...SAID_OF_URIS,
  "invoke",
  "create",
  "peer",
  "authid",
  "history",
  "disconnect",
];

function sameJson(left: WampValue, right: WampValue): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function linesIn(value: WampValue): PermissionLine[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const isLine = (line: WampValue) =>
    isDict(line) && typeof line["uri"] === "string" && typeof line["perms"] === "string";
  return value.every(isLine)
    ? (value as unknown as PermissionLine[]).map(({ uri, perms }) => ({ uri, perms }))
    : undefined;
}

function isTextOrNull(value: WampValue): boolean {
  return value === null || (typeof value === "string" && canBeKept(value));
}
