import { WampError } from "../wire/errors.ts";
import type { Random } from "../wire/random.ts";
import type { Passwords } from "./passwords.ts";
import { sameLines } from "./permission_language.ts";
import { recordId } from "./record_ids.ts";
import { Restrictions } from "./restrictions.ts";
import { Roles } from "./roles.ts";
import type { Seed, SeedUser } from "./seed.ts";
import type { StoreOperation } from "./store.ts";
import type { UserRecord, Users } from "./users.ts";

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
  /** Where ids come from. */
  readonly random: Random;
}

/** What a seed says of a user, with the password derived. */
export interface JudgedUser {
  /** What it says. */
  readonly user: SeedUser;
  /** The user, as it was before the password was judged. */
  readonly known: UserRecord | undefined;
  /** The hash of the password that it says, null where it says that there is none; undefined where the user has that password, or it does not say. */
  readonly hash: string | null | undefined;
}

/** What a seed says otherwise than what there is. */
export interface PlannedChanges {
  /** The users that are made or changed. */
  readonly users: readonly UserRecord[];
  /** The operations that do the rest. */
  readonly alongside: readonly StoreOperation[];
  /** What that changes. */
  readonly changes: SeedChanges;
}

/**
 * Derives the passwords of a seed, which takes its time.
 *
 * @param passwords What makes and checks hashes of passwords.
 * @param found What the seed says of its users, and how they are.
 * @returns The same, with the hashes.
 */
export function judgeUsers(
  passwords: Passwords,
  found: readonly Omit<JudgedUser, "hash">[],
): Promise<JudgedUser[]> {
  return Promise.all(found.map(async ({ user, known }) => {
    const { password } = user;
    if (password === null) return { user, known, hash: isNamed(user, "password") ? null : undefined };
    const stays = await passwords.verify(password, known?.password);
    return { user, known, hash: stays ? undefined : await passwords.hash(password, [known?.password ?? null]) };
  }));
}

/**
 * Finds what a seed says otherwise than what there is now. What it does not name stays: roles and users are removed by name, and never since somebody has
 * deleted a line; the fields of a user that it does not name are as somebody has set them.
 *
 * @param context What there is.
 * @param seed The seed.
 * @param judged Its users.
 * @returns What makes it so.
 */
export function changesBy(context: SeedChangeContext, seed: Seed, judged: readonly JudgedUser[]): PlannedChanges {
  const { roles, restrictions, random } = context;
  const otherRoles = [...seed.roles].filter(([role, lines]) => !sameLines(roles.get(role)?.permissions, lines));
  const otherLimits = [...seed.restrictions].filter(([source, lines]) => !sameLines(restrictions.kept(source), lines));
  const users = judged.map((user) => changedUser(context, user)).filter((user) => user !== undefined);
  return {
    users,
    alongside: [
      ...otherRoles.map(([role, permissions]) =>
        Roles.operation({ uuid: roles.get(role)?.uuid ?? recordId(random), role, permissions })
      ),
      ...otherLimits.map(([source, permissions]) => Restrictions.operation(source, permissions)),
    ],
    changes: {
      roles: otherRoles.map(([role]) => role),
      restrictions: otherLimits.map(([source]) => source),
      users: users.map(({ login }) => login),
    },
  };
}

/**
 * Refuses a seed for another realm.
 *
 * @param seed The seed.
 * @param realm The realm that is open.
 * @param before The realm that the seed before named, which may not be the one that is open: options stand above a seed.
 * @throws {WampError} `config_invalid`.
 */
export function checkRealm(seed: Seed, realm: string, before: string | undefined): void {
  if (seed.realm === undefined || seed.realm === realm || seed.realm === before) return;
  throw new WampError(
    "config_invalid",
    `Cannot use the seed ${seed.file}: its realm is "${seed.realm}", the one that is open "${realm}"; start anew to change it`,
  );
}

function isNamed({ named }: SeedUser, field: string): boolean {
  return named === undefined || named.includes(field);
}

/** A user who was removed, or whose password was changed, while the passwords were derived is so by a later word than the seed's. */
function changedUser(
  { users, random }: SeedChangeContext,
  { user, known, hash }: JudgedUser,
): UserRecord | undefined {
  const { password: _, named: _named, ...said } = user;
  const now = users.get(said.login);
  if (now === undefined) {
    return known === undefined ? { uuid: recordId(random), ...said, password: hash ?? null } : undefined;
  }
  const fields = Object.fromEntries(Object.entries(said).filter(([name]) => isNamed(user, name)));
  const isJudged = now.uuid === known?.uuid && now.password === known.password;
  const record = { ...now, ...fields, ...isJudged && hash !== undefined && { password: hash } };
  const isSame = Object.entries(record).every(([name, value]) => now[name as keyof UserRecord] === value);
  return isSame ? undefined : record;
}
