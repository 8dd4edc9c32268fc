import type { Head } from "../codec/head.ts";
import { Payload } from "../codec/payload.ts";
import { ErrorUri } from "../wire/error_uris.ts";
import { RemoteError } from "../wire/errors.ts";
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
}

/** A procedure that the router itself serves: gives the one positional result, or throws the ERROR as a {@linkcode RemoteError}. */
export type MetaProcedure = (call: MetaCall) => WampValue;

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
    const result = procedure({ caller, args, kwargs }) ?? null;
    caller.send([MessageType.RESULT, head.firstId, emptyDict], Payload.of([result]));
  } catch (error) {
    const uri = error instanceof RemoteError ? error.uri : ErrorUri.invalidArgument;
    const [text] = error instanceof RemoteError ? error.args : [(error as Error).message];
    caller.sendError(MessageType.CALL, head.firstId, uri, String(text));
  }
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
