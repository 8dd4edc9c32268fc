import { readAll } from "../transport/concat.ts";
import type { LongPoll } from "./long_poll.ts";
import type { Sending } from "./long_poll_transport.ts";
import type { UpgradeRequest } from "./upgrade.ts";

/** How many bytes of an answer the runtime is given at a time. */
const PIECE = 64 * 1024;
/** For how many seconds Bun lets a connection be silent, unless it is told otherwise, and at most. */
const USUAL_SILENCE = 10;
const LONGEST_SILENCE = 255;
const SLACK = 10_000;

/**
 * Answers a request of long-poll that came as the standard `Request`.
 *
 * @param longPoll Who answers.
 * @param request The request.
 * @param known What is known of it.
 * @param letBeSilent Tells the server for how many seconds the request's connection may be silent before it is dropped (default none does).
 * @returns The answer.
 */
export async function pollOverFetch(
  longPoll: LongPoll,
  request: Request,
  known: UpgradeRequest,
  letBeSilent: (seconds: number) => void = () => {},
): Promise<Response> {
  let held = false;
  const { status, headers, body, sending } = await longPoll.answer({
    ...known,
    method: request.method,
    body: (limit) => readBody(request, limit),
    onGone: (leave) => request.signal.addEventListener("abort", leave),
    hold: (milliseconds) => {
      held = true;
      letBeSilent(Math.min(LONGEST_SILENCE, Math.ceil((milliseconds + SLACK) / 1000)));
    },
  });
  // What is said of a request goes for its connection, also after the answer.
  const answered = () => held && letBeSilent(USUAL_SILENCE);
  if (sending === undefined) {
    answered();
    return new Response(status === 204 ? null : body, { status, headers });
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const over = (whole: boolean) => {
    if (whole) answered();
    sending.over(whole);
  };
  sending.dropped.addEventListener("abort", () => letBeSilent(1));
  return new Response(inPieces(bytes, { dropped: sending.dropped, over }), {
    status,
    headers: { ...headers, "content-length": String(bytes.length) },
  });
}

/** A body of which the runtime takes a piece when those before have left: so it is known when all have, or that the client is gone. */
function inPieces(
  bytes: Uint8Array<ArrayBuffer>,
  { dropped, over }: Sending,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let rest = dropped.aborted ? undefined : bytes;
  dropped.addEventListener("abort", () => rest = undefined);
  return new ReadableStream({
    pull(controller) {
      if (rest === undefined) {
        over(false);
        return fail(controller);
      }
      if (rest.length === 0) {
        over(true);
        return controller.close();
      }
      controller.enqueue(rest.subarray(0, PIECE));
      rest = rest.subarray(PIECE);
    },
    cancel: () => over(false),
  }, { highWaterMark: 0 });
}

/** Ends an answer in its midst, without a word on the console: Deno has an error printed, Bun one that is something. */
function fail(controller: ReadableStreamDefaultController): void {
  // It has announced more bytes, and so drops the connection.
  if ("Deno" in globalThis) controller.close();
  else controller.error();
}

async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer> | "large" | "gone" | "read"> {
  if (request.bodyUsed) return "read";
  try {
    return await readAll(request.body, limit) ?? "large";
  } catch {
    return "gone";
  }
}
