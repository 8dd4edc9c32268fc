import { readAll } from "../transport/concat.ts";
import type { LongPoll } from "./long_poll.ts";
import type { UpgradeRequest } from "./upgrade.ts";

/**
 * Answers a request of long-poll that came as the standard `Request`.
 *
 * @param longPoll Who answers.
 * @param request The request.
 * @param known What is known of it.
 * @returns The answer.
 */
export async function pollOverFetch(longPoll: LongPoll, request: Request, known: UpgradeRequest): Promise<Response> {
  const { status, headers, body } = await longPoll.answer({
    ...known,
    method: request.method,
    body: (limit) => readBody(request, limit),
    onGone: (leave) => request.signal.addEventListener("abort", leave),
  });
  return new Response(status === 204 ? null : body, { status, headers });
}

async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer> | "large" | "gone"> {
  try {
    return await readAll(request.body, limit) ?? "large";
  } catch {
    return "gone";
  }
}
