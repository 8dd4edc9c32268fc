import type { Roles } from "../wire/features.ts";

/**
 * The roles and features that a client announces: what it does, and nothing else.
 *
 * @see WAMP basic profile, "Feature Announcement"
 */
export const clientRoles: Roles = {
  caller: {
    features: {
      call_canceling: true,
      call_timeout: true,
      caller_identification: true,
      payload_passthru_mode: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
    },
  },
  callee: {
    features: {
      call_canceling: true,
      caller_identification: true,
      pattern_based_registration: true,
      payload_passthru_mode: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
      registration_revocation: true,
      shared_registration: true,
    },
  },
  publisher: {
    features: {
      payload_passthru_mode: true,
      publisher_exclusion: true,
      publisher_identification: true,
      subscriber_blackwhite_listing: true,
    },
  },
  subscriber: {
    features: {
      pattern_based_subscription: true,
      payload_passthru_mode: true,
      publisher_identification: true,
      subscription_revocation: true,
    },
  },
};
