import type { Dict, WampValue } from "../wire/values.ts";
import { isPasswordHash } from "./password_hash.ts";
import { checkFields, kinds, nameIn, ROOT } from "./record_collection.ts";
import type { FieldCheck, RecordCollection, RecordForm } from "./record_collection.ts";
import { ServiceError } from "./service_error.ts";
import type { UserRecord, Users } from "./users.ts";

const hash: FieldCheck = [
  (value) => value === null || (typeof value === "string" && isPasswordHash(value)),
  "a hash such as $pbkdf2-sha256$..., or null; plaintext_password takes a password",
];

const changeable: { readonly [field: string]: FieldCheck } = {
  enabled: kinds.boolean,
  role: kinds.textOrNull,
  source: kinds.text,
  password: hash,
  plaintext_password: kinds.text,
  email: kinds.textOrNull,
  upn: kinds.textOrNull,
  name: kinds.textOrNull,
};

/** The users, with what is theirs inside of them. */
export class UserCollection implements RecordCollection {
  readonly name = "users";
  readonly type = "user";
  readonly owned = false;

  readonly #users: Users;
  readonly #children: readonly RecordCollection[];

  /**
   * @param users The users.
   * @param children The collections of what belongs to users.
   */
  constructor(users: Users, children: readonly RecordCollection[]) {
    this.#users = users;
    this.#children = children;
  }

  async list(owner?: string, form: RecordForm = {}): Promise<Dict[]> {
    const users = this.#users.list().filter(({ uuid }) => owner === undefined || uuid === owner);
    if (form.shallow === true) return users.map(presentedUser);
    const belongings: [name: string, byOwner: Map<WampValue, Dict[]>][] = [];
    for (const child of this.#children) {
      const byOwner = new Map<WampValue, Dict[]>();
      for (const record of await child.list(owner, form)) {
        const list = byOwner.get(record["owner"]);
        if (list === undefined) byOwner.set(record["owner"], [record]);
        else list.push(record);
      }
      belongings.push([child.name, byOwner]);
    }
    return users.map((user) => ({
      ...presentedUser(user),
      ...Object.fromEntries(belongings.map(([name, byOwner]) => [name, byOwner.get(user.uuid) ?? []])),
    }));
  }

  async existing(data: Dict): Promise<Dict | undefined> {
    const user = this.#users.get(nameIn(data, "login").toLowerCase());
    return user === undefined ? undefined : (await this.list(user.uuid))[0];
  }

  async create(data: Dict): Promise<Dict> {
    checkFields(data, { login: kinds.text, ...changeable });
    const login = nameIn(data, "login").toLowerCase();
    if (login.trim() === "") throw new ServiceError("login may not be blank");
    const { password, plaintext_password: plaintext, ...about } = data;
    const user = await this.#users.create({
      upn: `${login}@nexus`,
      ...about,
      login,
      password: plaintext as string | undefined,
    });
    if (typeof password === "string") await this.#users.save({ ...user, password });
    return (await this.list(user.uuid))[0]!;
  }

  async update({ login }: Dict, data: Dict): Promise<void> {
    const { login: name = login, ...fields } = data;
    if (name !== login) throw new ServiceError("a login cannot be changed: make another user");
    checkFields(fields, changeable);
    const { plaintext_password: plaintext, ...plain } = fields;
    if (typeof plaintext === "string") await this.#users.setPassword(login as string, plaintext);
    const user = this.#users.get(login as string);
    if (user !== undefined) await this.#users.save({ ...user, ...plain as Partial<UserRecord> });
  }

  async remove({ uuid, login }: Dict): Promise<void> {
    await this.#users.remove(login as string);
    for (const child of this.#children) {
      for (const record of await child.list(uuid as string)) await child.remove(record);
    }
  }
}

function presentedUser({ uuid, enabled, role, source, password, email, upn, name, login }: UserRecord): Dict {
  return { uuid, enabled, role, source, password, email, upn, name, login, owner: ROOT };
}
