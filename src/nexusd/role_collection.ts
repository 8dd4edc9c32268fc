import type { Random } from "../wire/random.ts";
import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { PermissionLine } from "./permission_language.ts";
import { checkFields, kinds, nameIn, ROOT } from "./record_collection.ts";
import type { FieldCheck, RecordCollection } from "./record_collection.ts";
import { recordId } from "./record_ids.ts";
import type { RoleRecord, Roles } from "./roles.ts";
import { ServiceError } from "./service_error.ts";

/** Lines without effect are taken as the original takes them: they disable only themselves, and can be corrected where they are. */
const permissions: FieldCheck = [
  (value) => Array.isArray(value) && value.length <= 10_000 && value.every(isLine),
  'a list of {"uri": ..., "perms": ...}',
];

/** The roles. */
export class RoleCollection implements RecordCollection {
  readonly name = "roles";
  readonly type = "role";
  readonly owned = false;

  readonly #roles: Roles;
  readonly #random: Random;

  /**
   * @param roles The roles.
   * @param random Where the ids of new ones come from.
   */
  constructor(roles: Roles, random: Random) {
    this.#roles = roles;
    this.#random = random;
  }

  list(): Promise<Dict[]> {
    return Promise.resolve(this.#roles.list().map(presentedRole));
  }

  byIds(uuids: ReadonlySet<string>): Promise<Dict[]> {
    return Promise.resolve(this.#roles.list().filter(({ uuid }) => uuids.has(uuid)).map(presentedRole));
  }

  existing(data: Dict): Promise<Dict | undefined> {
    const record = this.#roles.get(nameIn(data, "role"));
    return Promise.resolve(record === undefined ? undefined : presentedRole(record));
  }

  async create(data: Dict): Promise<Dict> {
    checkFields(data, { role: kinds.text, permissions });
    const record: RoleRecord = {
      uuid: recordId(this.#random),
      role: nameIn(data, "role"),
      permissions: linesIn(data["permissions"] ?? []),
    };
    await this.#roles.save(record);
    return presentedRole(record);
  }

  async update({ role }: Dict, data: Dict): Promise<void> {
    const { role: name = role, ...fields } = data;
    if (name !== role) throw new ServiceError("the name of a role cannot be changed: make another role");
    checkFields(fields, { permissions });
    const record = this.#roles.get(role as string);
    const lines = fields["permissions"];
    if (record !== undefined && lines !== undefined) {
      await this.#roles.save({ ...record, permissions: linesIn(lines) });
    }
  }

  remove({ role }: Dict): Promise<void> {
    return this.#roles.remove(role as string);
  }
}

function presentedRole({ uuid, role, permissions }: RoleRecord): Dict {
  return { uuid, permissions: permissions.map((line) => ({ ...line })), role, owner: ROOT };
}

function isLine(line: WampValue): boolean {
  return isDict(line) && ["uri", "perms"].every((name) => kinds.text[0](line[name])) &&
    Object.keys(line).every((name) => ["uri", "perms", "uuid"].includes(name));
}

function linesIn(value: WampValue): PermissionLine[] {
  return (value as unknown as PermissionLine[]).map(({ uri, perms }) => ({ uri, perms }));
}
