import type { Dict, WampValue } from "../wire/values.ts";
import type { Metadata, MetadataRecord } from "./metadata.ts";
import { checkedKey, fromYaml, toListedYaml } from "./metadata_values.ts";
import { checkFields, kinds } from "./record_collection.ts";
import type { RecordCollection, RecordForm } from "./record_collection.ts";
import { ServiceError } from "./service_error.ts";
import type { UserRecord } from "./users.ts";

const values = { value: kinds.any, value_yaml: kinds.text };

/** What users have put away. */
export class MetadataCollection implements RecordCollection {
  readonly name = "metadata";
  readonly type = "metadatum";
  readonly owned = true;

  readonly #metadata: Metadata;

  /** @param metadata Where it is. */
  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  async list(owner?: string, { yaml = false }: RecordForm = {}): Promise<Dict[]> {
    const records = owner === undefined ? await this.#metadata.all() : await this.#metadata.list(owner);
    return records.map((record) => presented(record, yaml));
  }

  count(): Promise<number> {
    return this.#metadata.count();
  }

  async byIds(uuids: ReadonlySet<string>, owner?: string): Promise<Dict[]> {
    return (await this.list(owner)).filter(({ uuid }) => uuids.has(uuid as string));
  }

  async existing(data: Dict, owner: UserRecord): Promise<Dict | undefined> {
    const record = await this.#metadata.get(owner.uuid, checkedKey(data["key"]));
    return record === undefined ? undefined : presented(record);
  }

  async create(data: Dict, owner: UserRecord): Promise<Dict> {
    checkFields(data, { key: kinds.text, ...values });
    return presented(await this.#metadata.set(owner.uuid, checkedKey(data["key"]), valueIn(data)));
  }

  async update({ owner, key }: Dict, data: Dict): Promise<void> {
    const { key: name = key, ...fields } = data;
    if (name !== key) throw new ServiceError("the key of metadata cannot be changed: make another record");
    checkFields(fields, values);
    if (Object.keys(fields).length > 0) await this.#metadata.set(owner as string, key as string, valueIn(fields));
  }

  remove({ owner, key }: Dict): Promise<void> {
    return this.#metadata.delete(owner as string, key as string);
  }
}

function presented({ uuid, value, key, owner }: MetadataRecord, yaml?: boolean): Dict {
  return { uuid, value: yaml === true ? toListedYaml(value) : value, key, owner };
}

function valueIn({ value, value_yaml }: Dict): WampValue {
  return value_yaml === undefined ? value ?? null : fromYaml(value_yaml);
}
