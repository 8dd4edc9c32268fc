import { WampError } from "../wire/errors.ts";
import { MessageType } from "../wire/message_type.ts";
import type { SentArgs, SentKwargs } from "../wire/values.ts";
import { toPayload, wireOptions } from "./arguments.ts";
import type { UriArgument, Usage } from "./arguments.ts";
import { asked } from "./aborting.ts";
import type { SessionCore } from "./core.ts";
import { passthru } from "./passthru.ts";
import type { PassthruOptions } from "./passthru.ts";

/** What can be said of a publication. */
export interface PublishOptions extends PassthruOptions {
  /** Whether to wait until the router has it, and to learn of its refusal (default false). */
  readonly acknowledge?: boolean | undefined;
  /** Whether this session, if it subscribes, does not get its own event (default true, as the router has it). */
  readonly exclude_me?: boolean | undefined;
  /** Session ids that do not get it. */
  readonly exclude?: readonly number[] | undefined;
  /** Identities that do not get it. */
  readonly exclude_authid?: readonly string[] | undefined;
  /** Roles that do not get it. */
  readonly exclude_authrole?: readonly string[] | undefined;
  /** Session ids that alone may get it. */
  readonly eligible?: readonly number[] | undefined;
  /** Identities that alone may get it. */
  readonly eligible_authid?: readonly string[] | undefined;
  /** Roles that alone may get it. */
  readonly eligible_authrole?: readonly string[] | undefined;
  /** Whether subscribers may learn who publishes. */
  readonly disclose_me?: boolean | undefined;
  /** Whether the router keeps it for later subscribers. */
  readonly retain?: boolean | undefined;
  /**
   * Gives it up when it is aborted before the router has acknowledged it, or while it waits for a session: the promise rejects with a `WampError` with
   * code `aborted`, whose cause is the signal's reason. What was sent by then is published all the same.
   */
  readonly signal?: AbortSignal | undefined;
}

/** The publisher's role in a session. */
export class Publisher {
  readonly #core: SessionCore;

  /** @param core What the roles share. */
  constructor(core: SessionCore) {
    this.#core = core;
  }

  /**
   * Publishes an event.
   *
   * @returns The publication's id if it was to be acknowledged, else undefined as soon as it is on its way and the connection takes more.
   */
  publish(
    uri: UriArgument,
    args: SentArgs | undefined,
    kwargs: SentKwargs | undefined,
    options: PublishOptions | undefined,
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const core = this.#core;
      const topic = core.resolve(uri, "publish");
      const usage: Usage = { method: "publish", uri: topic };
      const payload = toPayload(args, kwargs, usage);
      const wire = wireOptions(options, usage);
      passthru(wire, "broker", core, usage);
      const frame = core.encodeNext(MessageType.PUBLISH, core.encode(wire), topic, payload);
      if (core.over !== undefined) throw ended(core.over, `nothing was published to "${topic}"`);
      if (options?.acknowledge === true) {
        const asking = asked(resolve, reject, options.signal, usage);
        if (asking.over) return;
        return core.requestFrame(MessageType.PUBLISH, frame, (head) => asking.resolve(head.secondId), (error) => {
          asking.reject(
            core.over === undefined
              ? error
              : ended(error, `"${topic}" was not acknowledged before; the event may have been published`),
          );
        });
      }
      const id = core.ids.next();
      try {
        core.sendFrame(frame);
      } catch (error) {
        core.ids.giveBack(id);
        throw error;
      }
      resolve(core.room() as Promise<undefined> | undefined);
    });
  }
}

function ended(error: WampError, text: string): WampError {
  return new WampError(error.code, `${error.message}: ${text}`, { cause: error });
}
