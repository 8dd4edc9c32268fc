import type { Roles } from "../wire/features.ts";
import { isDict } from "../wire/values.ts";

/** How many different announcements are remembered: one for each kind of client there is. */
const KINDS = 16;
/** Roles, a role, its features: whatever is in these is not looked into. */
const LEVELS = 3;

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
   * @param roles What a client announced; must not change.
   * @returns An earlier one that says the same, where there was one lately; otherwise this one.
   */
  shared(roles: Roles): Roles {
    const known = this.#known.find((one) => areSame(one, roles, LEVELS));
    if (known !== undefined) return known;
    if (this.#known.length === KINDS) this.#known.shift();
    this.#known.push(roles);
    return roles;
  }
}

function areSame(one: unknown, other: unknown, levels: number): boolean {
  if (Object.is(one, other)) return true;
  if (levels === 0 || !isDict(one) || !isDict(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && areSame(one[name], other[name], levels - 1));
}
