import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { Passwords } from "./passwords.ts";
import { sameLines } from "./permission_language.ts";
import { recordId } from "./record_ids.ts";
import { Restrictions } from "./restrictions.ts";
import { Roles } from "./roles.ts";
import type { Seed, SeedUser } from "./seed.ts";
import type { StoreOperation } from "./store.ts";
import { Users } from "./users.ts";
import type { UserRecord } from "./users.ts";

/** What a changed seed has changed. */
export interface SeedChanges {
  /** The roles that were made or have other permissions now. */
  readonly roles: readonly string[];
  /** The sources of logins that are restricted otherwise now. */
  readonly restrictions: readonly string[];
  /** The users that were made or are otherwise now. */
  readonly users: readonly string[];
}

/** What there is, and what changes are made with. */
export interface SeedChangeContext {
  /** The users. */
  readonly users: Users;
  /** The roles. */
  readonly roles: Roles;
  /** What logins may do at most. */
  readonly restrictions: Restrictions;
  /** What makes and checks hashes of passwords. */
  readonly passwords: Passwords;
  /** Where ids come from. */
  readonly random: Random;
}

/**
 * Finds what a seed says otherwise than what there is. What it does not name stays: roles and users are removed by name, and never since somebody has
 * deleted a line.
 *
 * @param context What there is.
 * @param seed The seed.
 * @returns The operations that make it so, and what they change.
 */
export async function changesBy(
  context: SeedChangeContext,
  seed: Seed,
): Promise<{ readonly operations: readonly StoreOperation[]; readonly changes: SeedChanges }> {
  const { roles, restrictions, random } = context;
  const otherRoles = [...seed.roles].filter(([role, lines]) => !sameLines(roles.get(role)?.permissions, lines));
  const otherLimits = [...seed.restrictions].filter(([source, lines]) =>
    !sameLines(restrictions.list().get(source), lines)
  );
  const others = (await Promise.all(seed.users.map((user) => changedUser(context, user)))).filter((user) =>
    user !== undefined
  );
  return {
    operations: [
      ...otherRoles.map(([role, permissions]) =>
        Roles.operation({ uuid: roles.get(role)?.uuid ?? recordId(random), role, permissions })
      ),
      ...otherLimits.map(([source, permissions]) => Restrictions.operation(source, permissions)),
      ...others.map((user) => Users.operation(user)),
    ],
    changes: {
      roles: otherRoles.map(([role]) => role),
      restrictions: otherLimits.map(([source]) => source),
      users: others.map(({ login }) => login),
    },
  };
}

/**
 * Refuses a seed for another realm.
 *
 * @param seed The seed.
 * @param realm The realm that is open.
 * @throws {WampError} `config_invalid`.
 */
export function checkRealm(seed: Seed, realm: string): void {
  if (seed.realm === undefined || seed.realm === realm) return;
  throw new WampError(
    "config_invalid",
    `Cannot use the seed ${seed.file}: its realm is "${seed.realm}", the one that is open "${realm}"; start anew to change it`,
  );
}

async function changedUser(
  { users, passwords, random }: SeedChangeContext,
  { password, ...user }: SeedUser,
): Promise<UserRecord | undefined> {
  const known = users.get(user.login);
  const keeps = password === null ? known !== undefined : await passwords.verify(password, known?.password);
  const isSame = known !== undefined && keeps &&
    Object.entries(user).every(([name, value]) => known[name as keyof UserRecord] === value);
  if (isSame) return undefined;
  const hash = keeps
    ? known!.password
    : password === null
    ? null
    : await passwords.hash(password, [known?.password ?? null]);
  return { uuid: known?.uuid ?? recordId(random), ...user, password: hash };
}
