import type { Head } from "../codec/head.ts";
import { ownAttributes } from "../wire/attributes.ts";
import { hasFeature } from "../wire/features.ts";
import type { Roles } from "../wire/features.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import { emptyDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";

/** What CALL.Options.timeout is counted in. */
export type TimeoutUnit = "milliseconds" | "seconds";

const passthruKeys = ["ppt_scheme", "ppt_serializer", "ppt_cipher", "ppt_keyid"] as const;

const routerRoles: Roles = {
  broker: {
    features: {
      event_retention: true,
      payload_passthru_mode: true,
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
      payload_passthru_mode: true,
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
 * Tells whether the payload of a message is not for the router to understand.
 *
 * @param options The Options of the message.
 * @returns Whether they name the scheme of its payload.
 *
 * @see WAMP advanced profile, "Payload Passthru Mode"
 */
export function passesThrough({ ppt_scheme: scheme }: Dict): boolean {
  return typeof scheme === "string" && scheme !== "";
}

/**
 * Tells what the receiver gets of what the sender said beyond what this router acts on: how to read a payload that is not for the router to understand,
 * and the attributes of the sender's own, whose names begin with `_`. No name of the router's does, so that they take the place of nothing.
 *
 * @param options The Options of the message.
 * @returns The same keys for the Details of the message that passes it on; the empty dictionary where there are none.
 *
 * @see WAMP advanced profile, "Payload Passthru Mode"
 */
export function passedOn(options: Dict): Dict {
  if (options === emptyDict) return emptyDict;
  const own = ownAttributes(options);
  if (!passesThrough(options)) return own;
  const keys = passthruKeys.filter((key) => typeof options[key] === "string");
  return { ...Object.fromEntries(keys.map((key) => [key, options[key]!])), ...own };
}

/**
 * Tells what WELCOME announces: exactly what broker and dealer do.
 *
 * @param timeoutUnit What CALL.Options.timeout is counted in; seconds are no feature of WAMP's.
 * @param keepsHistory Whether events are kept for those who ask later.
 * @returns The roles and their features.
 *
 * @see WAMP advanced profile, "Feature Announcement"
 */
export function announcedRoles(timeoutUnit: TimeoutUnit, keepsHistory: boolean): Roles {
  const { call_timeout: timeout, ...dealer } = routerRoles.dealer!.features!;
  const broker = routerRoles.broker!.features!;
  return {
    broker: { features: keepsHistory ? { ...broker, event_history: true } : broker },
    dealer: { features: timeoutUnit === "milliseconds" ? { ...dealer, call_timeout: timeout! } : dealer },
  };
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
  return typeof head.options.enc_algo === "string" ? "payload_transparency" : undefined;
}

/** Who sends each message that may carry a payload, and the role in which it announces what it does with that. */
const senders: { readonly [type: number]: string } = {
  [MessageType.CALL]: "caller",
  [MessageType.YIELD]: "callee",
  [MessageType.ERROR]: "callee",
  [MessageType.PUBLISH]: "publisher",
};

/**
 * Finds what a client does without having announced it.
 *
 * @param head A message of the client.
 * @param roles What it announced.
 * @returns The feature that it would have to announce, if there is one.
 *
 * @see WAMP advanced profile, "Progressive Call Invocations", "Payload Passthru Mode"
 */
export function unannouncedFeature(head: Head, roles: Roles): string | undefined {
  const role = senders[head.type];
  if (role === undefined || head.options === emptyDict) return undefined;
  const lacks = (feature: string) => hasFeature(roles, role, feature) ? undefined : feature;
  const isStream = head.type === MessageType.CALL && head.options.progress === true;
  return (isStream ? lacks("progressive_call_invocations") : undefined) ??
    (passesThrough(head.options) ? lacks("payload_passthru_mode") : undefined);
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
