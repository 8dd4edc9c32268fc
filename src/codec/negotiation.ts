import type { OptionRule } from "../wire/option_rules.ts";
import type { Serializer } from "./serializer.ts";

/** The rule of an option that lists serializers. */
export const serializersRule: OptionRule = {
  expected: 'at least one serializer, such as [json] from "@izaber/wamp/codec"',
  allows: (value) =>
    Array.isArray(value) && value.length > 0 &&
    value.every((one: Partial<Serializer> | null | undefined) => typeof one?.subprotocol === "string"),
};

/** What two sides agree on when a connection is made. */
export interface Agreement {
  /** The WebSocket subprotocol. */
  readonly subprotocol: string;
  /** What both speak. */
  readonly serializer: Serializer;
  /** Whether a frame is a batch of messages. */
  readonly batched: boolean;
}

/**
 * Finds what a subprotocol means.
 *
 * @param subprotocol The subprotocol, such as `wamp.2.json.batched`.
 * @param serializers The serializers that there are.
 * @returns What it means; undefined when no serializer is meant.
 */
export function agreementOf(subprotocol: string, serializers: readonly Serializer[]): Agreement | undefined {
  for (const serializer of serializers) {
    if (serializer.subprotocol === subprotocol) return { subprotocol, serializer, batched: false };
    if (serializer.batchedSubprotocol === subprotocol) return { subprotocol, serializer, batched: true };
  }
  return undefined;
}

/**
 * Chooses, on the server's side, among the subprotocols that a client offers: the first that can be had, since clients put their favourite first.
 *
 * @param offered What the client offers, in its order.
 * @param serializers What the server has.
 * @returns What is agreed on; undefined when there is nothing in common.
 */
export function negotiate(offered: readonly string[], serializers: readonly Serializer[]): Agreement | undefined {
  for (const subprotocol of offered) {
    const agreement = agreementOf(subprotocol, serializers);
    if (agreement !== undefined) return agreement;
  }
  return undefined;
}

/**
 * Lists, on the client's side, what to offer: each serializer's subprotocols in the order of preference, its batched one first.
 *
 * @param serializers The serializers, the preferred one first.
 * @param options `batched`: whether to offer the batched variants, too (default for the binary formats: a turn's messages in one frame cost a
 *   tenth of as many frames; servers do not agree on what separates JSON's).
 * @returns The subprotocols.
 */
export function offers(
  serializers: readonly Serializer[],
  options: { readonly batched?: boolean | undefined } = {},
): string[] {
  return serializers.flatMap(({ name, subprotocol, batchedSubprotocol }) =>
    options.batched ?? name !== "json" ? [batchedSubprotocol, subprotocol] : [subprotocol]
  );
}
