import type { Head } from "../codec/head.ts";
import { ProtocolViolation } from "../wire/errors.ts";
import { IdSequence } from "../wire/ids.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import { ownText } from "../wire/own_text.ts";

/** The messages whose ids count up over a session. */
const requests: ReadonlySet<number> = new Set([
  MessageType.CALL,
  MessageType.PUBLISH,
  MessageType.REGISTER,
  MessageType.SUBSCRIBE,
  MessageType.UNREGISTER,
  MessageType.UNSUBSCRIBE,
]);

/** How many calls a session may have more to say to; past that the one that was silent longest is forgotten. */
const MOST_OPEN = 4_096;

/**
 * Knows which of a session's requests are new and which carry an earlier CALL on.
 *
 * @see WAMP advanced profile, "Progressive Call Invocations", "Verification of CALL Request IDs"
 */
export class RequestOrder {
  readonly #longest: number;
  readonly #ids: IdSequence = new IdSequence();
  /** The procedures of the calls that the session has more to say to, by request id; also of those that have ended without its knowing. */
  #open: Map<number, string> | undefined;
  #arrived = 0;
  #passed = 0;

  /** @param longest How many characters the URI of a call may have that the session has more to say to; a longer one is refused anyway. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /**
   * Insists that the ids of new requests go up by one, when a message arrives.
   *
   * @param head The message.
   * @throws {ProtocolViolation} When it is a request whose id is not the next one; a CALL may have an earlier one, which is judged when it passes.
   */
  arrives(head: Head): void {
    if (!requests.has(head.type)) return;
    if (head.type === MessageType.CALL && head.firstId >= 1 && head.firstId <= this.#arrived) return;
    const expected = this.#ids.next();
    if (head.firstId !== expected) throw violation(head, `the next one is ${expected}`);
    this.#arrived = expected;
  }

  /**
   * Insists that a request is new, when its turn has come.
   *
   * @param head The request, which carries nothing on.
   * @throws {ProtocolViolation} When its id is that of an earlier one.
   */
  begins(head: Head): void {
    if (head.firstId <= this.#passed) throw violation(head, "that call has no more to come");
    this.#passed = head.firstId;
  }

  /**
   * Tells whether a CALL carries an earlier one on, and remembers whether there is more to come.
   *
   * @param head The CALL.
   * @returns Whether it does.
   */
  carriesOn(head: Head): boolean {
    const more = head.options.progress === true;
    if (!more && this.#open === undefined) return false;
    const { firstId: request, uri } = head;
    const carriesOn = this.#open?.get(request) === uri;
    if (more) this.expectMore(head);
    else if (carriesOn) this.#open?.delete(request);
    return carriesOn;
  }

  /**
   * Remembers that there is more to come of a call, though it may have ended.
   *
   * @param head Its CALL.
   */
  expectMore({ firstId: request, uri }: Head): void {
    if (uri.length > this.#longest) return;
    const open = this.#open ??= new Map();
    const known = open.get(request);
    open.delete(request);
    open.set(request, known === uri ? known : ownText(uri));
    if (open.size <= MOST_OPEN) return;
    for (const oldest of open.keys()) return void open.delete(oldest);
  }
}

function violation({ type, firstId }: Head, why: string): ProtocolViolation {
  return new ProtocolViolation(`Cannot take ${messageName(type)} with request id ${firstId}: ${why}`);
}
