import type { Head } from "../codec/head.ts";
import { Payload } from "../codec/payload.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import { MessageType } from "../wire/message_type.ts";
import type { Args, Dict, WampValue } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import type { RouterSession } from "./router_session.ts";

/** A call of a procedure that the router itself serves. */
export interface MetaCall {
  /** Who calls. */
  readonly caller: RouterSession;
  /** Its positional arguments. */
  readonly args: Args;
  /** Its keyword arguments. */
  readonly kwargs: Dict;
  /** How large the CALL was, in bytes. */
  readonly size: number;
}

/** The result of a procedure that is more than one value. */
export class MetaResult {
  /** The positional results. */
  readonly args: Args;

  /** @param args The positional results. */
  constructor(args: Args) {
    this.args = args;
  }
}

type Answer = WampValue | MetaResult | void;

/** A procedure that the router itself serves: gives the one positional result, or throws the ERROR as a {@linkcode RemoteError}. */
export type MetaProcedure = (call: MetaCall) => Answer | Promise<Answer>;

/**
 * Answers a call by a procedure of the router's own.
 *
 * @param procedure The procedure.
 * @param caller Who calls.
 * @param head The CALL.
 */
export function answerByRouter(procedure: MetaProcedure, caller: RouterSession, head: Head): void {
  try {
    const { args, kwargs } = head.payload;
    const answer = procedure({ caller, args, kwargs, size: head.size });
    if (!(answer instanceof Promise)) return send(caller, head, answer);
    caller.awaited++;
    answer.finally(() => caller.awaited--).then((answer) => send(caller, head, answer)).catch((error) => {
      if (error instanceof WampError) return sayError(caller, head, error);
      caller.failed(error);
      caller.sendError(MessageType.CALL, head.firstId, ErrorUri.runtimeError, "internal error of the router");
    });
  } catch (error) {
    sayError(caller, head, error);
  }
}

function send(caller: RouterSession, { firstId }: Head, answer: Answer): void {
  const payload = Payload.of(answer instanceof MetaResult ? answer.args : [answer ?? null]);
  caller.send([MessageType.RESULT, firstId, emptyDict], payload);
}

function sayError(caller: RouterSession, { firstId }: Head, error: unknown): void {
  if (!(error instanceof WampError)) throw error;
  const tooLarge = error.code === "payload_size_exceeded";
  const [uri, text] = error instanceof RemoteError
    ? [error.uri, String(error.args[0])]
    : [tooLarge ? ErrorUri.payloadSizeExceeded : ErrorUri.invalidArgument, error.message];
  caller.sendError(MessageType.CALL, firstId, uri, text);
}

/**
 * Makes the error of an argument that is not what it has to be.
 *
 * @param text What is wrong, and what it has to be.
 * @returns What to throw.
 */
export function invalidArgument(text: string): RemoteError {
  return new RemoteError(ErrorUri.invalidArgument, [text]);
}

/**
 * Shows an argument in the text of an error.
 *
 * @param value The argument.
 * @returns What to say of it.
 */
export function shown(value: WampValue): string {
  return typeof value === "object" ? "of this kind" : String(value).slice(0, 200).toWellFormed();
}
