import type { Head } from "../codec/head.ts";
import { hasFeature } from "../wire/features.ts";
import type { Roles } from "../wire/features.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import { emptyDict } from "../wire/values.ts";

/** What CALL.Options.timeout is counted in. */
export type TimeoutUnit = "milliseconds" | "seconds";

const routerRoles: Roles = {
  broker: {
    features: {
      event_retention: true,
      pattern_based_subscription: true,
      publisher_exclusion: true,
      publisher_identification: true,
      session_meta_api: true,
      subscriber_blackwhite_listing: true,
      subscription_meta_api: true,
      subscription_revocation: true,
    },
  },
  dealer: {
    features: {
      call_canceling: true,
      call_reroute: true,
      call_timeout: true,
      caller_identification: true,
      pattern_based_registration: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
      registration_meta_api: true,
      registration_revocation: true,
      session_meta_api: true,
      shared_registration: true,
      testament_meta_api: true,
    },
  },
};

/**
 * Tells what WELCOME announces: exactly what broker and dealer do.
 *
 * @param timeoutUnit What CALL.Options.timeout is counted in; seconds are no feature of WAMP's.
 * @returns The roles and their features.
 *
 * @see WAMP advanced profile, "Feature Announcement"
 */
export function announcedRoles(timeoutUnit: TimeoutUnit): Roles {
  if (timeoutUnit === "milliseconds") return routerRoles;
  const { call_timeout: _, ...features } = routerRoles.dealer!.features!;
  return { ...routerRoles, dealer: { features } };
}

/**
 * Finds what a message asks for beyond {@linkcode announcedRoles}: what would be forwarded without it would be another message.
 *
 * @param head A CALL, PUBLISH, YIELD or ERROR.
 * @returns The feature that the router would have to announce, if there is one.
 *
 * @see WAMP advanced profile, "Payload Passthru Mode"
 */
export function missingFeature(head: Head): string | undefined {
  if (head.payload.isOpaque) return "payload_transparency";
  const { options } = head;
  if (options === emptyDict) return undefined;
  if (typeof options.enc_algo === "string") return "payload_transparency";
  return typeof options.ppt_scheme === "string" ? "payload_passthru_mode" : undefined;
}

/**
 * Finds what a client does without having announced it.
 *
 * @param head A message of the client.
 * @param roles What it announced.
 * @returns The feature that it would have to announce, if there is one.
 *
 * @see WAMP advanced profile, "Progressive Call Invocations"
 */
export function unannouncedFeature(head: Head, roles: Roles): string | undefined {
  const feature = head.type === MessageType.CALL && head.options.progress === true
    ? "progressive_call_invocations"
    : undefined;
  return feature === undefined || hasFeature(roles, "caller", feature) ? undefined : feature;
}

/**
 * Words the refusal of what a client had not announced.
 *
 * @param head The message.
 * @param feature The feature, as {@linkcode unannouncedFeature} found it.
 * @returns The text.
 */
export function unannouncedText(head: Head, feature: string): string {
  return `Cannot take ${messageName(head.type)}: it needs ${feature}, which this session did not announce`;
}

/**
 * Words the refusal of a message that needs a feature.
 *
 * @param head The message.
 * @param feature The feature, as {@linkcode missingFeature} found it.
 * @returns The text.
 */
export function missingText(head: Head, feature: string): string {
  return `Cannot take ${messageName(head.type)}: it needs ${feature}, which this router does not announce`;
}
