import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { knownUser, optionalText, text } from "./admin_input.ts";
import type { AdministrationContext, AdminOperation } from "./administration.ts";
import { ServiceError, shown } from "./service_error.ts";
import { removeUser } from "./user_removal.ts";
import type { UserRecord } from "./users.ts";

const fields = ["role", "name", "email", "upn", "source", "enabled"] as const;

/**
 * Makes what an administrator can do with users.
 *
 * @param context What it stands on.
 * @returns The operations.
 */
export function userOperations(context: AdministrationContext): AdminOperation[] {
  const { users } = context;
  return [
    {
      name: "users.list",
      about: "lists the users",
      parameters: [],
      changes: false,
      work: () => users.list().map(presentedUser),
    },
    {
      name: "users.get",
      about: "shows a user",
      parameters: ["login"],
      changes: false,
      work: ({ login }) => presentedUser(knownUser(users, login)),
    },
    {
      name: "users.create",
      about: "makes a user; without a password it cannot log in by one",
      parameters: ["login", "password?", ...fields.map((field) => `${field}?`)],
      changes: true,
      work: async ({ login, password, ...rest }) =>
        presentedUser(
          await users.create({
            login: text("login", login),
            password: optionalText("password", password),
            ...checkedFields(rest),
          }),
        ),
    },
    {
      name: "users.update",
      about: `changes ${fields.join(", ")} of a user; the rest stays`,
      parameters: ["login", "fields"],
      changes: true,
      work: async ({ login, fields }) => {
        if (!isDict(fields)) throw new ServiceError(`fields has to be a mapping, not ${shown(fields)}`);
        const { login: name } = knownUser(users, login);
        return presentedUser(await users.update(name, checkedFields(fields)));
      },
    },
    {
      name: "users.password",
      about: "gives a user another password; null for none",
      parameters: ["login", "password"],
      changes: true,
      work: async ({ login, password }) => {
        await users.setPassword(knownUser(users, login).login, password === null ? null : text("password", password));
        return true;
      },
    },
    {
      name: "users.delete",
      about: "removes a user with API keys, one-time passwords and metadata, and ends its sessions",
      parameters: ["login"],
      changes: true,
      work: async ({ login }) => {
        await removeUser(context, knownUser(users, login));
        return true;
      },
    },
  ];
}

/**
 * Shows a user, without the hash of the password.
 *
 * @param record The user.
 * @returns The value.
 */
export function presentedUser({ password, ...rest }: UserRecord): { readonly [field: string]: WampValue } {
  return { ...rest, has_password: password !== null };
}

function checkedFields(given: Dict): { readonly [field: string]: never } {
  const checked: { [field: string]: WampValue } = {};
  for (const [name, value] of Object.entries(given)) {
    if (!(fields as readonly string[]).includes(name)) {
      throw new ServiceError(`there is no field "${name.slice(0, 200)}": there are ${fields.join(", ")}`);
    }
    if (name === "enabled") {
      if (typeof value !== "boolean") throw new ServiceError(`enabled has to be true or false, not ${shown(value)}`);
      checked[name] = value;
    } else {
      checked[name] = optionalText(name, value) ?? (name === "source" ? "local" : null);
    }
  }
  return checked as { readonly [field: string]: never };
}
