import type { ApiKeys } from "./api_keys.ts";
import type { OneTimePasswords } from "./one_time_passwords.ts";
import { remove } from "./store.ts";
import type { Store } from "./store.ts";
import type { UserRecord, Users } from "./users.ts";

/** Where a user is, and what belongs to users. */
export interface UserRemovalContext {
  /** Where records are kept. */
  readonly store: Store;
  /** The users. */
  readonly users: Users;
  /** The API keys. */
  readonly apiKeys: ApiKeys;
  /** The one-time passwords. */
  readonly otps: OneTimePasswords;
}

/**
 * Removes a user with API keys, one-time passwords and metadata: all in one write, so that nothing is left of it that nobody owns.
 *
 * @param context Where they are.
 * @param user The user; the user's sessions end.
 */
export async function removeUser(
  { store, users, apiKeys, otps }: UserRemovalContext,
  { login, uuid }: UserRecord,
): Promise<void> {
  const metadata = await store.list("metadata", `${uuid}/`);
  await users.remove(login, [
    ...apiKeys.removalOf(uuid),
    ...otps.removalOf(uuid),
    ...metadata.map(({ key }) => remove("metadata", key)),
  ]);
  apiKeys.forgetOf(uuid);
  otps.forgetOf(uuid);
}
