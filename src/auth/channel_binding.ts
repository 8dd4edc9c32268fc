import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { callable } from "../wire/option_rules.ts";
import type { OptionRule } from "../wire/option_rules.ts";
import type { Dict } from "../wire/values.ts";
import type { JoinRequest } from "./authenticator.ts";
import type { Bytes } from "./crypto.ts";

/**
 * Ties a join to the TLS connection below it, so that nobody in between can use it for one of its own. Only a transport that shows its TLS
 * socket can do this; a standard WebSocket never does.
 */
export interface ChannelBinding {
  /** What identifies the connection, as RFC 5929 and RFC 9266 call it, such as `"tls-exporter"`. */
  readonly type: string;
  /**
   * Gives the id of the connection that is joined on: for `tls-exporter` on Node
   * `socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0))`. `cryptosign` wants 32 bytes.
   */
  readonly id: () => Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** The router's view of {@linkcode ChannelBinding}: the id of a client's connection, undefined where there is none of this type. */
export type ChannelIds = (request: JoinRequest, type: string) => Uint8Array | undefined;

/** What {@linkcode ChannelBinding} has to be. */
export const channelBindingRule: OptionRule = {
  expected: "{ type, id }",
  allows: (value) => {
    const { type, id } = (value ?? {}) as Partial<ChannelBinding>;
    return typeof type === "string" && typeof id === "function";
  },
};

/** What {@linkcode ChannelIds} has to be. */
export const channelIdsRule: OptionRule = callable("(request, type) => id");

/**
 * Throws when HELLO asked for another channel binding than a method was given: it is one for all the methods that are offered, and another of them has said
 * what it is.
 */
export function checkBinding(binding: ChannelBinding | undefined, authextra: Dict): void {
  const asked = authextra.channel_binding ?? undefined;
  if (asked === undefined || asked === binding?.type) return;
  const own = binding === undefined ? "none" : describe(binding.type);
  throw new WampError(
    "invalid_argument",
    `its channel binding is ${own}, but a HELLO asks for one alone, and another method made that ${describe(asked)}; ` +
      "give all methods of the option auth the same",
  );
}

/** The id of the connection, or an error that says why there is none. */
export async function channelId({ type, id }: ChannelBinding): Promise<Bytes> {
  const bytes = await id();
  if (bytes !== undefined && bytes.length > 0) return new Uint8Array(bytes);
  throw new WampError(
    "authentication_failed",
    `there is no channel id for the channel binding "${type}": a standard WebSocket does not show its TLS connection; ` +
      "leave channelBinding out, or use a transport that does",
  );
}
