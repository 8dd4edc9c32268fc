import type { Dict } from "../wire/values.ts";
import { checkFields, foundByIds, kinds, nameIn } from "./record_collection.ts";
import type { RecordCollection } from "./record_collection.ts";
import type { Rosters } from "./rosters.ts";
import { ServiceError } from "./service_error.ts";
import { UriRecords, wrongUriField } from "./uri_records.ts";
import type { UriRecord } from "./uri_records.ts";

/** What is known of URIs; what their registrations say of them nobody else can. */
export class UriCollection implements RecordCollection {
  readonly name = "uris";
  readonly type = "uri";
  readonly owned = false;

  readonly #uris: UriRecords;
  readonly #onChange: () => void;

  /**
   * @param uris What is known of URIs.
   * @param onChange Told when somebody has said something else of one.
   */
  constructor(uris: UriRecords, onChange: () => void) {
    this.#uris = uris;
    this.#onChange = onChange;
  }

  list(): Promise<Dict[]> {
    return Promise.resolve(this.#uris.all().map(presentedUri));
  }

  count(): Promise<number> {
    return Promise.resolve(this.#uris.size);
  }

  byIds(uuids: ReadonlySet<string>): Promise<Dict[]> {
    return foundByIds(uuids, (uuid) => this.#uris.byId(uuid), presentedUri);
  }

  existing(data: Dict): Promise<Dict | undefined> {
    const record = this.#uris.get(UriRecords.key(...nameOf(data)));
    return Promise.resolve(record === undefined ? undefined : presentedUri(record));
  }

  async create(data: Dict): Promise<Dict> {
    const { uri: _uri, match: _match, action: _action, ...fields } = data;
    return presentedUri(await this.#set(nameOf(data), fields));
  }

  async update({ uri, match, action }: Dict, data: Dict): Promise<void> {
    await this.#set([uri as string, match as string, action as string], data);
  }

  async remove({ key }: Dict): Promise<void> {
    this.#uris.remove(key as string);
    await this.#uris.flush();
  }

  async #set(name: readonly [uri: string, match: string, action: string], fields: Dict): Promise<UriRecord> {
    const wrong = wrongUriField(fields);
    if (wrong !== undefined) {
      throw new ServiceError(
        `'${wrong.slice(0, 100)}' is no field of a URI that can be set, or has the wrong kind of value`,
      );
    }
    const record = this.#uris.set(...name, fields as Partial<UriRecord>);
    if (record === undefined) throw new ServiceError("there are too many URIs: delete some before");
    this.#onChange();
    await this.#uris.flush();
    return record;
  }
}

/** The entries of rosters, which sessions make by `system.roster.register`. */
export class RosterCollection implements RecordCollection {
  readonly name = "rosters";
  readonly type = "roster";
  readonly owned = false;

  readonly #rosters: Rosters;

  /** @param rosters The rosters. */
  constructor(rosters: Rosters) {
    this.#rosters = rosters;
  }

  list(): Promise<Dict[]> {
    return Promise.resolve(this.#rosters.all().map((record) => ({ ...record })));
  }

  byIds(uuids: ReadonlySet<string>): Promise<Dict[]> {
    return foundByIds(uuids, (uuid) => this.#rosters.byId(uuid), (record) => ({ ...record }));
  }

  existing(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  create(): Promise<Dict> {
    return Promise.reject(madeBySessions());
  }

  update(): Promise<void> {
    return Promise.reject(madeBySessions());
  }

  remove({ session_id, name }: Dict): Promise<void> {
    this.#rosters.remove(session_id as number, name as string);
    return Promise.resolve();
  }
}

function presentedUri(record: UriRecord): Dict {
  return { ...record, history: record.history.map((entry) => [...entry]) };
}

function nameOf(data: Dict): [uri: string, match: string, action: string] {
  const { uri, match = "exact", action = "register" } = data;
  checkFields({ uri, match, action }, { uri: kinds.text, match: kinds.text, action: kinds.text });
  return [nameIn(data, "uri"), match as string, action as string];
}

function madeBySessions(): ServiceError {
  return new ServiceError("entries of rosters are made by sessions: let one call system.roster.register");
}
