import type { WampValue } from "../../wire/values.ts";
import { WampError } from "../../wire/errors.ts";
import type { ApiKeyRecord, ApiKeys } from "../api_keys.ts";
import { mayAdminister } from "../almighty.ts";
import type { Audit } from "../audit.ts";
import { keyFields } from "../key_fields.ts";
import type { NewOneTimePassword, OneTimePasswordRecord, OneTimePasswords } from "../one_time_passwords.ts";
import { isRecordId } from "../record_ids.ts";
import type { Roles } from "../roles.ts";
import { denied, ServiceError, shown } from "../service_error.ts";
import type { UserRecord, Users } from "../users.ts";
import type { Caller, Procedure } from "./procedure.ts";

/** What the procedures about keys stand on. */
export interface KeyContext {
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** The API keys. */
  readonly apiKeys: ApiKeys;
  /** The one-time passwords. */
  readonly otps: OneTimePasswords;
  /** The trail of what was changed. */
  readonly audit: Audit;
}

type Work = Pick<Procedure, "parameters" | "handler">;

/**
 * Makes the procedures by which users make API keys and one-time passwords, and those by which one-time passwords are made for others.
 *
 * @param context What they stand on.
 * @returns The procedures.
 */
export function keyProcedures(context: KeyContext): Procedure[] {
  const { users, apiKeys, otps, audit } = context;
  const own = ({ authid }: Caller) => known(users, authid);
  const list: Work = {
    parameters: [],
    handler: (_input, caller) => otps.list(own(caller).uuid).map(presentedPassword),
  };
  const create: Work = {
    parameters: [],
    handler: (_input, caller) => served(() => makePassword(context, own(caller), { origin: originOf(caller) }, caller)),
  };
  const remove: Work = {
    parameters: ["uuid_b64"],
    handler: ({ uuid_b64 }, caller) => removeKey(context, "otp", uuid_b64, caller),
  };
  return [
    {
      name: "my.apikeys.list",
      bare: true,
      parameters: [],
      handler: (_input, caller) => apiKeys.list(own(caller).uuid).map(presentedKey),
    },
    {
      name: "my.apikeys.create",
      bare: true,
      parameters: ["data_rec?"],
      handler: ({ data_rec }, caller) =>
        served(async () => {
          const about = keyFields(data_rec, ["description", "expires", "permissions"]);
          const { record, plaintext } = await apiKeys.create(own(caller), about);
          audit.note("change", caller.session, "apikeys.create", record.uuid);
          return { ...presentedKey(record), plaintext_key: plaintext };
        }),
    },
    {
      name: "my.apikeys.delete",
      bare: true,
      parameters: ["uuid_b64"],
      handler: ({ uuid_b64 }, caller) => removeKey(context, "apikeys", uuid_b64, caller),
    },
    ...["my.otp", "my.otps"].flatMap((name) => [
      { name: `${name}.list`, bare: true, ...list },
      { name: `${name}.create`, bare: true, ...create },
      { name: `${name}.delete`, bare: true, ...remove },
    ]),
    {
      name: "system.otp.list",
      bare: true,
      parameters: ["login"],
      handler: ({ login }, caller) => otps.list(anybody(context, login, caller).uuid).map(presentedPassword),
    },
    {
      name: "system.otp.create",
      bare: true,
      parameters: ["login", "data_rec?"],
      handler: ({ login, data_rec }, caller) =>
        served(() => {
          const user = anybody(context, login, caller);
          const about = keyFields(data_rec, ["expires", "permissions"]);
          const origin = `${originOf(caller)} created token for ${user.login}`;
          return makePassword(context, user, { ...about, origin }, caller);
        }),
    },
    { name: "system.otp.delete", bare: true, ...remove },
  ];
}

/**
 * Shows an API key to whoever may see it.
 *
 * @param record The key.
 * @returns What the original shows; the key itself only where it is kept.
 */
export function presentedKey(
  { uuid, plaintext_key, description, expires, permissions, key, owner, role }: ApiKeyRecord,
): { readonly [field: string]: WampValue } {
  const lines = permissions.map((line) => ({ ...line }));
  return {
    uuid,
    plaintext_key,
    description,
    expires,
    permissions: lines,
    key,
    owner,
    ...role === null ? {} : { role },
  };
}

/**
 * Shows a one-time password to whoever may see it.
 *
 * @param record The one-time password.
 * @returns What the original shows, without the password itself.
 */
export function presentedPassword(
  { uuid, origin, expires, permissions, key, owner, login, role }: OneTimePasswordRecord,
): { readonly [field: string]: WampValue } {
  const lines = permissions.map((line) => ({ ...line }));
  return { uuid, origin, expires, permissions: lines, key, owner, login, ...role === null ? {} : { role } };
}

async function makePassword(
  { otps, audit }: KeyContext,
  user: UserRecord,
  about: NewOneTimePassword,
  { session }: Caller,
): Promise<WampValue> {
  const { record, plaintext } = await otps.create(user, about);
  audit.note("change", session, "otp.create", user.login);
  return { ...presentedPassword(record), plaintext_key: plaintext };
}

/** Removes a key of the caller's, or of anybody's where the caller may do everything; one that is not there is no error. */
async function removeKey(
  context: KeyContext,
  kind: "apikeys" | "otp",
  uuid: WampValue,
  { authid, session }: Caller,
): Promise<true> {
  const { users, apiKeys, otps, audit } = context;
  const keys = kind === "otp" ? otps : apiKeys;
  if (uuid === null) return true;
  if (typeof uuid !== "string" || !isRecordId(uuid)) throw new ServiceError(`UID ${shown(uuid)} invalid.`);
  const owner = keys.get(uuid)?.owner;
  if (owner === undefined) return true;
  if (owner !== users.get(authid)?.uuid && !mayAdminister(context, session)) throw denied();
  await keys.remove(uuid);
  audit.note("change", session, `${kind}.delete`, uuid);
  return true;
}

/** Finds a user for whom the caller may make keys. */
function anybody(context: KeyContext, login: WampValue, { authid, session }: Caller): UserRecord {
  if (login !== authid && !mayAdminister(context, session)) throw denied();
  if (typeof login !== "string") throw new ServiceError(`login has to be a text, not ${shown(login)}`);
  return known(context.users, login);
}

function known(users: Users, login: string): UserRecord {
  const user = users.get(login);
  if (user === undefined) throw new ServiceError(`there is no user "${login.slice(0, 200)}", and only users have keys`);
  return user;
}

function originOf({ authid, session }: Caller): string {
  const { address } = session.peer;
  return `${authid}@${address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1")}`;
}

/** Does what may be refused for there being too many, and says so to the caller. */
async function served(action: () => Promise<WampValue>): Promise<WampValue> {
  try {
    return await action();
  } catch (error) {
    if (WampError.is(error, "overflow")) throw new ServiceError(error.message);
    throw error;
  }
}
