import { MessageType } from "../wire/message_type.ts";
import { isDict } from "../wire/values.ts";
import type { WampValue } from "../wire/values.ts";
import { shownEntry, wireText } from "./wire_log.ts";
import type { WireEntry, WireMessage } from "./wire_log.ts";

/** What says who speaks, and differs with every release. */
const OWN_WORDS: readonly string[] = ["agent", "roles", "_wamp_version"];

/** What an id is of. */
type IdKind = "session" | "request" | "publication" | "subscription" | "registration" | "invocation";

/** An id that is drawn, and not counted, is above this with all but certainty; below it a number in a payload may be any number. */
const DRAWN = 1e9;

/**
 * Compares messages with recorded ones. What a router draws, ids of sessions, subscriptions, registrations and publications and names of anonymous
 * sessions, may be other than recorded, as long as it is the same each time.
 */
export class WireMatch {
  readonly #ids: Map<string, number> = new Map();
  readonly #drawn: Map<number, number> = new Map();
  readonly #names: Map<string, string> = new Map();

  /**
   * Compares two messages.
   *
   * @param recorded The recorded one.
   * @param actual The one that passed.
   * @returns In what they differ, for people; undefined when they do not.
   */
  difference(recorded: WireEntry, actual: WireEntry): string | undefined {
    if (recorded.direction === actual.direction && this.#same(recorded.message, actual.message)) return undefined;
    return `recorded ${shownEntry(recorded)}\n     got ${shownEntry(actual)}`;
  }

  /**
   * Puts what was drawn today into a recorded message.
   *
   * @param message The message.
   * @returns The message to send.
   */
  renamed(message: WireMessage): WireMessage {
    const kinds = idKindsOf(message);
    return message.map((element, index) => {
      const kind = kinds[index];
      return kind === undefined ? this.#today(element) : this.#ids.get(`${kind} ${element}`) ?? element;
    });
  }

  #same(recorded: WireMessage, actual: WireMessage): boolean {
    const [type] = recorded;
    if (type !== actual[0] || recorded.length !== actual.length) return false;
    // The command records no proof, and the proof of a nonce is another each time.
    if (type === MessageType.AUTHENTICATE) return true;
    const kinds = idKindsOf(recorded);
    const introduces = type === MessageType.HELLO || type === MessageType.WELCOME;
    return recorded.every((element, index) => {
      const kind = kinds[index];
      const other = actual[index];
      if (kind !== undefined) return this.#sameId(kind, element as number, other as number);
      if (type === MessageType.WELCOME) this.#learnName(element, other);
      if (introduces && isDict(element)) return equal(this.#today(withoutOwnWords(element)), withoutOwnWords(other));
      return equal(this.#today(element), other);
    });
  }

  #sameId(kind: IdKind, recorded: number, actual: number): boolean {
    const name = `${kind} ${recorded}`;
    const known = this.#ids.get(name);
    if (known !== undefined) return known === actual;
    if (kind === "request") return recorded === actual;
    this.#ids.set(name, actual);
    if (recorded > DRAWN) this.#drawn.set(recorded, actual);
    return true;
  }

  #learnName(recorded: WampValue, actual: WampValue): void {
    if (!isDict(recorded) || !isDict(actual) || recorded.authmethod !== "anonymous") return;
    if (typeof recorded.authid === "string" && typeof actual.authid === "string") {
      this.#names.set(recorded.authid, actual.authid);
    }
  }

  #today(value: WampValue): WampValue {
    if (typeof value === "number") return this.#drawn.get(value) ?? value;
    if (typeof value === "string") return this.#names.get(value) ?? value;
    if (Array.isArray(value)) return value.map((item) => this.#today(item));
    if (!isDict(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#today(item)]));
  }
}

/** Which ids a message has, by position: a client counts requests, everything else is the router's to choose. */
function idKindsOf([type, requestType]: WireMessage): { readonly [index: number]: IdKind } {
  switch (type) {
    case MessageType.WELCOME:
      return { 1: "session" };
    case MessageType.PUBLISHED:
      return { 1: "request", 2: "publication" };
    case MessageType.SUBSCRIBED:
    case MessageType.UNSUBSCRIBE:
      return { 1: "request", 2: "subscription" };
    case MessageType.REGISTERED:
    case MessageType.UNREGISTER:
      return { 1: "request", 2: "registration" };
    case MessageType.EVENT:
      return { 1: "subscription", 2: "publication" };
    case MessageType.INVOCATION:
      return { 1: "invocation", 2: "registration" };
    case MessageType.INTERRUPT:
    case MessageType.YIELD:
      return { 1: "invocation" };
    case MessageType.ERROR:
      return { 2: requestType === MessageType.INVOCATION ? "invocation" : "request" };
    default:
      return {};
  }
}

function withoutOwnWords(details: WampValue): WampValue {
  if (!isDict(details)) return details;
  return Object.fromEntries(Object.entries(details).filter(([key]) => !OWN_WORDS.includes(key)));
}

function equal(a: WampValue, b: WampValue): boolean {
  return wireText(sorted(a)) === wireText(sorted(b));
}

function sorted(value: WampValue): WampValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
