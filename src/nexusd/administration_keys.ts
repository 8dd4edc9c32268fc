import { isDict } from "../wire/values.ts";
import type { WampValue } from "../wire/values.ts";
import { knownUser, optionalText, text } from "./admin_input.ts";
import type { AdministrationContext, AdminOperation } from "./administration.ts";
import { keyFields } from "./key_fields.ts";
import { presentedKey, presentedPassword } from "./services/keys.ts";

/**
 * Makes what an administrator can do with API keys and one-time passwords.
 *
 * @param context What it stands on.
 * @returns The operations.
 */
export function keyOperations({ users, apiKeys, otps }: AdministrationContext): AdminOperation[] {
  const owner = (login: WampValue) => login === undefined || login === null ? undefined : knownUser(users, login).uuid;
  const loginOf = (uuid: string) => users.byId(uuid)?.login ?? null;
  return [
    {
      name: "apikeys.list",
      about: "lists the API keys of a user, or of all",
      parameters: ["login?"],
      changes: false,
      work: ({ login }) =>
        apiKeys.list(owner(login)).map((key) => ({ ...presentedKey(key), login: loginOf(key.owner) })),
    },
    {
      name: "apikeys.create",
      about: "makes an API key for a user and shows it this once; data_rec has description, expires, permissions, role",
      parameters: ["login", "data_rec?"],
      changes: true,
      work: async ({ login, data_rec }) => {
        const { role, ...rest } = isDict(data_rec) ? data_rec : {};
        const about = keyFields(isDict(data_rec) ? rest : data_rec, ["description", "expires", "permissions"]);
        const user = knownUser(users, login);
        const { record, plaintext } = await apiKeys.create(user, {
          ...about,
          role: optionalText("role", role) ?? null,
        });
        return { ...presentedKey(record), login: user.login, plaintext_key: plaintext };
      },
    },
    {
      name: "apikeys.delete",
      about: "removes an API key and ends the sessions that came by it",
      parameters: ["uuid"],
      changes: true,
      work: ({ uuid }) => apiKeys.remove(text("uuid", uuid)),
    },
    {
      name: "otp.list",
      about: "lists the one-time passwords of a user, or of all, that were not used",
      parameters: ["login?"],
      changes: false,
      work: ({ login }) => otps.list(owner(login)).map(presentedPassword),
    },
    {
      name: "otp.create",
      about: "makes a one-time password for a user and shows it this once; data_rec has expires, permissions",
      parameters: ["login", "data_rec?"],
      changes: true,
      work: async ({ login, data_rec }, by) => {
        const user = knownUser(users, login);
        const about = keyFields(data_rec, ["expires", "permissions"]);
        const origin = `${by.authid}@${by.peer.address} created token for ${user.login}`;
        const { record, plaintext } = await otps.create(user, { ...about, origin });
        return { ...presentedPassword(record), plaintext_key: plaintext };
      },
    },
    {
      name: "otp.delete",
      about: "removes a one-time password",
      parameters: ["uuid"],
      changes: true,
      work: ({ uuid }) => otps.remove(text("uuid", uuid)),
    },
  ];
}
