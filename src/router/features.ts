import type { Roles } from "../wire/features.ts";

/**
 * What WELCOME announces: exactly what broker and dealer do.
 *
 * @see WAMP advanced profile, "Feature Announcement"
 */
export const routerRoles: Roles = {
  broker: {
    features: {
      pattern_based_subscription: true,
      publisher_exclusion: true,
      publisher_identification: true,
      subscriber_blackwhite_listing: true,
    },
  },
  dealer: {
    features: {
      call_canceling: true,
      caller_identification: true,
      pattern_based_registration: true,
      progressive_call_results: true,
      registration_revocation: true,
      shared_registration: true,
    },
  },
};
