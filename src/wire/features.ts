/** The features that one role announces, by name. */
export type Features = { readonly [feature: string]: boolean };

/** What HELLO and WELCOME say of a peer: the roles that it plays and the features of each. */
export type Roles = { readonly [role: string]: { readonly features?: Features } };

/**
 * Tells whether a peer announced a feature.
 *
 * @param roles What its HELLO or WELCOME said.
 * @param role The role, such as `"callee"`.
 * @param feature The feature, such as `"call_canceling"`.
 * @returns Whether it did.
 *
 * @see WAMP basic profile, "Feature Announcement"
 */
export function hasFeature(roles: Roles, role: string, feature: string): boolean {
  return roles[role]?.features?.[feature] === true;
}
