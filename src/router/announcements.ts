import type { Features, Roles } from "../wire/features.ts";

/** How many different announcements are remembered: one for each kind of client there is. */
const KINDS = 16;
/** The roles that a client can have; nothing is asked about any other. */
const CLIENT_ROLES = ["caller", "callee", "publisher", "subscriber"];
/** A role with more features than this, or with what is no feature, is no library's: nobody is compared with that. */
const MOST_FEATURES = 64;

type Dictionary<T> = { readonly [name: string]: T };

/**
 * What clients announce in HELLO, kept once for all who announce the same, as every client of one library does: half a kilobyte for each session of ours.
 *
 * @see WAMP basic profile, "Feature Announcement"
 */
export class Announcements {
  readonly #known: Roles[] = [];

  /**
   * Finds an announcement that says the same.
   *
   * @param roles What a client announced.
   * @returns An earlier one that says the same, where there was one lately; otherwise this one, without what is none. What is shared is frozen.
   */
  shared(roles: Roles): Roles {
    const at = this.#known.findIndex((one) => areSame(one, roles));
    if (at === 0) return this.#known[0] as Roles;
    if (at < 0 && !isOrdinary(roles)) return useful(roles);
    const found = at < 0 ? frozen(roles) : this.#known.splice(at, 1)[0] as Roles;
    // Those whom most clients resemble stay in front.
    if (this.#known.unshift(found) > KINDS) this.#known.pop();
    return found;
  }
}

function isOrdinary(roles: Roles): boolean {
  return Object.entries(roles).every(([name, role]) => {
    const { features = {}, ...others } = role;
    const values = Object.values(features);
    return CLIENT_ROLES.includes(name) && Object.keys(others).length === 0 && values.length <= MOST_FEATURES &&
      values.every((value) => typeof value === "boolean");
  });
}

/** What may be asked of an announcement: it is kept for as long as the session, and a byte of the rest may take a hundred. */
function useful(roles: Roles): Roles {
  const own = CLIENT_ROLES.filter((role) => Object.hasOwn(roles, role));
  return Object.fromEntries(own.map((role) => {
    const features = Object.entries(roles[role]?.features ?? {}).filter(([, value]) => typeof value === "boolean");
    return [role, { features: Object.fromEntries(features.slice(0, MOST_FEATURES)) }];
  }));
}

function frozen(roles: Roles): Roles {
  for (const role of Object.values(roles)) {
    Object.freeze(role.features);
    Object.freeze(role);
  }
  return Object.freeze(roles);
}

function areSame(one: Roles, other: Roles): boolean {
  return areAlike(one, other, (role, same) => areAlike(role, same, haveSameFeatures));
}

function haveSameFeatures(one: Features | undefined, other: Features | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return areAlike(one, other, Object.is);
}

/** What is known comes first: it is small, so that nothing is asked of the other that takes longer than that. */
function areAlike<T>(one: Dictionary<T>, other: Dictionary<T>, isSame: (one: T, other: T) => boolean): boolean {
  let left = 0;
  for (const name in one) {
    if (!Object.hasOwn(other, name) || !isSame(one[name] as T, other[name] as T)) return false;
    left++;
  }
  for (const _ in other) if (--left < 0) return false;
  return left === 0;
}
