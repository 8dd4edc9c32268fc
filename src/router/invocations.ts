import type { Clock } from "../wire/clock.ts";
import { MessageType } from "../wire/message_type.ts";
import { ConstantDict } from "./constant_dict.ts";
import type { Invocation, RoutedCall } from "./invocation.ts";
import { weightOf } from "./request_gate.ts";

const interrupts: { readonly [mode: string]: ConstantDict } = {
  kill: new ConstantDict({ mode: "kill" }),
  killnowait: new ConstantDict({ mode: "killnowait" }),
};

/** The calls of a realm that wait for their answer: begins them, ends each once, keeps their time. */
export class Invocations {
  readonly #clock: Clock;
  readonly #expiry: string;
  #size = 0;

  /**
   * @param clock Where time comes from.
   * @param expiry The URI of the ERROR of a call whose time is over.
   */
  constructor(clock: Clock, expiry: string) {
    this.#clock = clock;
    this.#expiry = expiry;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Enters one with its caller and its callee.
   *
   * @param invocation The invocation.
   */
  begin(invocation: Invocation): void {
    const { id, caller, request, callee } = invocation;
    callee.running++;
    this.#size++;
    callee.session.invocations.set(id, invocation);
    caller.calls.set(request, invocation);
  }

  /**
   * Takes one out, so that nothing more comes of it.
   *
   * @param invocation The invocation; nothing happens when it has ended already.
   */
  settle(invocation: Invocation): void {
    const { caller, callee } = invocation;
    if (!callee.session.invocations.delete(invocation.id)) return;
    callee.running--;
    this.#size--;
    invocation.timer?.cancel();
    caller.calls.delete(invocation.request);
    this.forgetCall(invocation);
  }

  /**
   * Keeps the CALL of one that has begun and not ended, as long as it may still go to another callee.
   *
   * @param invocation The invocation.
   * @param call The CALL.
   */
  keepCall(invocation: Invocation, call: RoutedCall): void {
    if (!invocation.callee.session.invocations.has(invocation.id)) return;
    invocation.rerouting = call;
    invocation.caller.reroutableBytes += weightOf(call.head);
  }

  /**
   * Forgets the CALL of one, since it stays with its callee from now on.
   *
   * @param invocation The invocation.
   */
  forgetCall(invocation: Invocation): void {
    const { rerouting, caller } = invocation;
    if (rerouting === undefined) return;
    invocation.rerouting = undefined;
    caller.reroutableBytes -= weightOf(rerouting.head);
  }

  /**
   * Ends one with an error.
   *
   * @param invocation The invocation.
   * @param uri The error.
   * @param text What to say of it.
   */
  fail(invocation: Invocation, uri: string, text: string): void {
    this.settle(invocation);
    invocation.caller.sendError(MessageType.CALL, invocation.request, uri, text);
  }

  /**
   * Tells the callee that nobody waits for its answer any more, or that it should be quick; once, and not one that has answered or would not understand.
   *
   * @param invocation The invocation.
   * @param mode The mode of the INTERRUPT (default `killnowait`).
   */
  interrupt(invocation: Invocation, mode = "killnowait"): void {
    const { session } = invocation.callee;
    if (invocation.interrupted || !session.takesCanceling || !session.invocations.has(invocation.id)) return;
    invocation.interrupted = true;
    const options = interrupts[mode]!.for(session.connection.serializer);
    session.send([MessageType.INTERRUPT, invocation.id, options]);
  }

  /**
   * Keeps the time of one that has begun and not ended.
   *
   * @param invocation The invocation.
   * @param timeout Milliseconds that its callee has for its answer or its next progressive result.
   * @param remaining Milliseconds that it has this time (default all of them).
   */
  keepTime(invocation: Invocation, timeout: number, remaining: number = timeout): void {
    if (!invocation.callee.session.invocations.has(invocation.id)) return;
    invocation.timeout = timeout;
    invocation.deadline = this.#clock.now() + remaining;
    invocation.timer?.cancel();
    invocation.timer = this.#clock.timer(remaining, () => {
      this.interrupt(invocation);
      this.fail(invocation, this.#expiry, "timeout reached");
    }, { background: true });
  }

  /**
   * Gives the callee its time again, after a progressive result.
   *
   * @param invocation The invocation.
   */
  renewTime(invocation: Invocation): void {
    if (invocation.timer !== undefined) this.keepTime(invocation, invocation.timeout);
  }

  /**
   * Tells how much time is left.
   *
   * @param invocation The invocation.
   * @returns Milliseconds; undefined when its time is not kept here.
   */
  remaining({ timer, timeout, deadline }: Invocation): number | undefined {
    return timer === undefined ? undefined : Math.min(Math.max(deadline - this.#clock.now(), 0), timeout);
  }
}
