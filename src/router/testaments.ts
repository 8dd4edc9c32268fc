import { direct } from "../codec/direct.ts";
import { Head } from "../codec/head.ts";
import { Payload } from "../codec/payload.ts";
import { MessageType } from "../wire/message_type.ts";
import { validateOptions } from "../wire/options_validation.ts";
import { emptyArgs, emptyDict, isDict } from "../wire/values.ts";
import type { Args, Dict } from "../wire/values.ts";
import { isPromise } from "./authorization.ts";
import type { Broker } from "./broker.ts";
import { decideInTime } from "./decide_in_time.ts";
import type { Rules } from "./decide_in_time.ts";
import { KeptValue } from "./kept_value.ts";
import { invalidArgument } from "./meta_procedure.ts";
import type { MetaCall, MetaProcedure } from "./meta_procedure.ts";
import type { RouterSession } from "./router_session.ts";

/** When a testament is published; without resumption of sessions the two come one after the other. */
type Scope = "detached" | "destroyed";

/** What one session has left for one scope (topic, args, kwargs and options each), and how large the calls were that said so. */
interface Part {
  events: KeptValue[];
  bytes: number;
}

/** An event that is to be published. */
type Left = [topic: string, args: Args, kwargs: Dict, options: Dict];

/** What one session has left. */
type Will = { readonly [scope in Scope]: Part };

/**
 * Publishes for sessions that have left what they asked for.
 *
 * Whether a session may publish it is asked when it is published, so that a right which was lost in the meantime is not used.
 *
 * @see WAMP advanced profile, "Session Testament"
 */
export class Testaments {
  readonly #wills: Map<RouterSession, Will> = new Map();
  readonly #broker: Broker;
  readonly #rules: Rules;

  /**
   * @param broker Publishes.
   * @param rules Who decides, and what sessions may have.
   */
  constructor(broker: Broker, rules: Rules) {
    this.#broker = broker;
    this.#rules = rules;
  }

  /**
   * Makes the procedures by which a session says what it leaves.
   *
   * @returns The procedures, by URI.
   */
  procedures(): [string, MetaProcedure][] {
    return [
      ["wamp.session.add_testament", (call) => this.#add(call)],
      ["wamp.session.flush_testaments", (call) => this.#flush(call)],
    ];
  }

  /**
   * Publishes what a session left, in order; at once where its authorization is at hand.
   *
   * @param session The session, which has left.
   */
  async execute(session: RouterSession): Promise<void> {
    const will = this.#wills.get(session);
    if (will === undefined) return;
    this.#wills.delete(session);
    for (const event of [...will.detached.events, ...will.destroyed.events]) {
      try {
        const head = publication(...event.value as Left);
        const asked = decideInTime(this.#rules, session, "publish", head.uri, head.options);
        const decision = isPromise(asked) ? await asked : asked;
        if (decision.allow === true) this.#broker.publish(session, head, decision.disclose === true);
      } catch (error) {
        session.failed(error);
      }
    }
  }

  /**
   * Forgets what a session left.
   *
   * @param session The session.
   */
  forget(session: RouterSession): void {
    this.#wills.delete(session);
  }

  #add({ caller, args, kwargs, size }: MetaCall): null {
    const [topic, eventArgs = emptyArgs, eventKwargs = emptyDict] = args;
    const { publish_options: options = emptyDict } = kwargs;
    if (typeof topic !== "string") throw invalidArgument("the topic has to be a string");
    if (!Array.isArray(eventArgs)) throw invalidArgument("the args of the event have to be a list");
    if (!isDict(eventKwargs)) throw invalidArgument("the kwargs of the event have to be a dictionary");
    if (!isDict(options)) throw invalidArgument("publish_options has to be a dictionary");
    const event: Left = [topic, eventArgs, eventKwargs, options];
    if (!caller.isSound(publication(...event))) {
      throw invalidArgument("this topic or these options cannot be published");
    }
    const will = this.#wills.get(caller) ?? { detached: emptyPart(), destroyed: emptyPart() };
    const { limits } = this.#rules;
    const kept = new KeptValue(caller.connection.serializer, event);
    const bytes = Math.max(size, kept.memory);
    if (will.detached.bytes + will.destroyed.bytes + bytes > limits.testamentBytes) {
      limits.reached("testamentBytes");
      throw invalidArgument(`the testaments of a session may have ${limits.testamentBytes} bytes together`);
    }
    const part = will[scopeOf(kwargs)];
    part.events.push(kept);
    part.bytes += bytes;
    this.#wills.set(caller, will);
    return null;
  }

  #flush({ caller, kwargs }: MetaCall): null {
    const scope = scopeOf(kwargs);
    const will = this.#wills.get(caller);
    if (will === undefined) return null;
    Object.assign(will[scope], emptyPart());
    if (will.detached.events.length + will.destroyed.events.length === 0) this.#wills.delete(caller);
    return null;
  }
}

function emptyPart(): Part {
  return { events: [], bytes: 0 };
}

/** A PUBLISH as it would have come; nobody is there to acknowledge it to, and it is not retained. */
function publication(topic: string, args: Args, kwargs: Dict, options: Dict): Head {
  const { acknowledge: _, retain: __, ...rest } = options;
  const head = new Head(direct, "", rest);
  head.type = MessageType.PUBLISH;
  head.uri = topic;
  head.payload = Payload.of(args, kwargs);
  validateOptions(head);
  return head;
}

function scopeOf({ scope = "destroyed" }: Dict): Scope {
  if (scope === "detached" || scope === "destroyed") return scope;
  throw invalidArgument("the scope has to be detached or destroyed");
}
