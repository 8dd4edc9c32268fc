import type { Dict, WampValue } from "../wire/values.ts";
import { parseHash } from "./password_hash.ts";
import { checkFields, foundByIds, kinds, nameIn, ROOT } from "./record_collection.ts";
import type { FieldCheck, RecordCollection, RecordForm } from "./record_collection.ts";
import { ServiceError } from "./service_error.ts";
import type { UserFields, UserRecord, Users } from "./users.ts";

/** Checking a password is work that all logins wait for, and users send hashes of their own. */
const MAX_ROUNDS = 1_000_000;

const hash: FieldCheck = [
  (value) => value === null || (typeof value === "string" && (parseHash(value)?.rounds ?? Infinity) <= MAX_ROUNDS),
  `a hash such as $pbkdf2-sha256$... of at most ${MAX_ROUNDS} rounds, or null; plaintext_password takes a password`,
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
  readonly #remove: (user: UserRecord) => Promise<void>;

  /**
   * @param users The users.
   * @param children The collections of what belongs to users.
   * @param remove Removes a user with what belongs to it.
   */
  constructor(users: Users, children: readonly RecordCollection[], remove: (user: UserRecord) => Promise<void>) {
    this.#users = users;
    this.#children = children;
    this.#remove = remove;
  }

  async list(owner?: string, form: RecordForm = {}): Promise<Dict[]> {
    const own = owner === undefined ? undefined : this.#users.byId(owner);
    const users = owner === undefined ? this.#users.list() : own === undefined ? [] : [own];
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

  byIds(uuids: ReadonlySet<string>): Promise<Dict[]> {
    return foundByIds(uuids, (uuid) => this.#users.byId(uuid), presentedUser);
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
      password: typeof password === "string" ? null : plaintext as string | undefined,
      hash: password as string | null | undefined,
    });
    return (await this.list(user.uuid))[0]!;
  }

  async update({ login }: Dict, data: Dict): Promise<void> {
    const { login: name = login, ...fields } = data;
    if (name !== login) throw new ServiceError("a login cannot be changed: make another user");
    checkFields(fields, changeable);
    const { plaintext_password: plaintext, ...plain } = fields;
    const password = typeof plaintext === "string" && plain["password"] === undefined
      ? { password: await this.#users.hash(login as string, plaintext) }
      : {};
    await this.#users.update(login as string, { ...plain, ...password } as UserFields);
  }

  async remove({ login }: Dict): Promise<void> {
    const user = this.#users.get(login as string);
    if (user !== undefined) await this.#remove(user);
  }
}

function presentedUser({ uuid, enabled, role, source, password, email, upn, name, login }: UserRecord): Dict {
  return { uuid, enabled, role, source, password, email, upn, name, login, owner: ROOT };
}
