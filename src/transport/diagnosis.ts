import type { Clock } from "../wire/clock.ts";
import { ConnectError } from "../wire/errors.ts";
import type { ErrorCode } from "../wire/errors.ts";
import { shownUrl } from "../wire/shown_url.ts";
import { runtime } from "./websocket_like.ts";
import type { WebSocketEvent } from "./websocket_like.ts";

/** A WebSocket that never opened. */
export interface FailedDial {
  /** What was dialled. */
  readonly url: string;
  /** The subprotocols that were offered. */
  readonly offered: readonly string[];
  /** What the WebSocket's error said. */
  readonly error: WebSocketEvent | undefined;
  /** What the WebSocket's close said. */
  readonly close: WebSocketEvent;
  /** Ends the diagnosis. */
  readonly signal: AbortSignal;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Whether the address may be asked by plain HTTP. */
  readonly probes: boolean;
}

const PROBE_TIMEOUT = 2_000;
const LONGEST_LINE = 200;

/** Why a WebSocket may not have opened. */
interface Reason {
  readonly code: ErrorCode;
  /** How runtimes tell of it. */
  readonly clue: RegExp;
  readonly remedy: string;
}

const reasons: readonly Reason[] = [
  {
    code: "host_unknown",
    clue: /ENOTFOUND|EAI_AGAIN|EAI_NONAME|dns error|getaddrinfo|name resolution/i,
    remedy: "the host is not known; check its name, and the network",
  },
  {
    code: "connection_refused",
    clue: /ECONNREFUSED|connection refused|actively refused/i,
    remedy: "nothing listens there; check the port, and whether the router is running",
  },
  {
    code: "tls_failed",
    clue: /\bTLS\b|\bSSL\b|_SSL_|certificate|_CERT\b|\bCERT_|UNABLE_TO_|EPROTO|InvalidContentType|fatal alert/i,
    remedy:
      "TLS failed; check that the port speaks TLS (wss:) or does not (ws:), and that the certificate is valid for the host and known here",
  },
  {
    code: "not_wamp",
    clue: /HTTPParser|HPE_|invalid HTTP|Malformed_HTTP|InvalidHTTP|not match the HTTP|Missing client protocol/i,
    remedy:
      "what listens there does not speak HTTP or agrees on no subprotocol, so it is no WAMP router on WebSocket; check host, port and path",
  },
];

const unknown: Omit<Reason, "clue"> = {
  code: "connection_failed",
  remedy: "the connection failed; check the URL, and whether the router is running",
};

/**
 * Finds out why a WebSocket did not open.
 *
 * The standard keeps it secret: Bun and Deno say something in the error event, Node nothing at all. So one plain request to the same address
 * follows, whose failure has a reason and whose answer tells a WAMP router from another server. A browser hides even that from other origins; there
 * `connection_failed` is often all that can be said.
 *
 * @param dial What was tried.
 * @returns The error; nothing is left open.
 * @throws The signal's reason, when it is aborted first.
 */
export async function diagnose(dial: FailedDial): Promise<ConnectError> {
  const { url, error, close } = dial;
  const clues = [error?.message, ...cluesOf(error?.error), close.reason].join(" ");
  const told = classify(clues, url);
  if (told !== undefined || !dial.probes) return failure(told, dial, error?.error);
  const { signal, clock } = dial;
  const probing = new AbortController();
  const timer = clock.timer(PROBE_TIMEOUT, () => probing.abort());
  try {
    const answer = await probe(url, AbortSignal.any([signal, probing.signal]));
    if (answer instanceof Response) return await judge(answer, dial);
    return failure(classify(cluesOf(answer).join(" "), url), dial, answer ?? error?.error);
  } finally {
    timer.cancel();
    probing.abort();
    signal.throwIfAborted();
  }
}

function failure(
  { code, remedy }: Omit<Reason, "clue"> = unknown,
  { url, close }: FailedDial,
  cause: unknown,
): ConnectError {
  const clues = reveals(cause, url) ? [] : cluesOf(cause);
  const detail = clues.find((text) => text !== "" && text !== "fetch failed") ?? close.reason ?? "";
  return unreachable(code, url, `${remedy}${detail === "" ? "" : ` (${detail.trim()})`}`, cause);
}

/**
 * Makes the error of an address at which no connection could be made.
 *
 * @param code Why, for programs.
 * @param url The address.
 * @param why Why, in words, and what to do.
 * @param cause What a runtime said of it; left out where it has a secret of the URL in it.
 * @returns The error.
 */
export function unreachable(code: ErrorCode, url: string, why: string, cause?: unknown): ConnectError {
  const shown = shownUrl(url);
  const kept = reveals(cause, url) ? undefined : cause;
  return new ConnectError(code, `Cannot connect to ${shown}: ${why}`, { url: shown, cause: kept });
}

/**
 * Makes the error of an address at which something else than a router answers.
 *
 * @param url The address.
 * @param why What it does.
 * @returns The error.
 */
export function noRouter(url: string, why: string): ConnectError {
  const shown = shownUrl(url);
  return new ConnectError("not_wamp", `No WAMP router at ${shown}: ${why}`, { url: shown });
}

/**
 * Tells whether an error repeats the part of a URL in which secrets are put.
 *
 * @param error What a runtime said of the URL.
 * @param url The URL.
 * @returns Whether user, password or query are in it, or in what caused it.
 */
function reveals(error: unknown, url: string): boolean {
  const { username, password, search } = new URL(url);
  const text = cluesOf(error).join(" ");
  return [`${username}:${password}`, password, search.slice(1)].some((part) =>
    part !== "" && part !== ":" && text.includes(part)
  );
}

/** Asks the address for an answer by plain HTTP; nothing comes of one that takes too long. */
async function probe(url: string, signal: AbortSignal): Promise<Response | unknown> {
  const { fetch } = runtime();
  if (fetch === undefined) return undefined;
  try {
    // No fetch takes a URL with a user in it.
    const address = url.replace(/^ws/i, "http").replace(/^([^/]*\/\/)[^/?#]*@/, "$1");
    return await fetch(address, { redirect: "manual", signal });
  } catch (error) {
    return signal.aborted ? undefined : error;
  }
}

/**
 * Says what it means that a server answers by plain HTTP.
 *
 * @param answer The answer.
 * @param dial What was dialled.
 * @returns The error.
 */
export async function judge(
  answer: Response,
  { url, offered }: Pick<FailedDial, "url" | "offered">,
): Promise<ConnectError> {
  const { status } = answer;
  const refused = status === 426 || status === 400;
  const names = offered.join(", ");
  const available = answer.headers.get("x-wamp-subprotocols")?.split(",").map((name) => name.trim());
  if (available === undefined) {
    const what = refused
      ? `took none of ${names}: another WebSocket service, or a router without these serializers`
      : `opened no WebSocket with one of ${names}`;
    return noRouter(url, `it answers HTTP ${status}, and ${what}; check the path, often /ws`);
  }
  if (!offered.some((name) => available.includes(name))) {
    const shown = shownUrl(url);
    return new ConnectError(
      "no_common_serializer",
      `No serializer in common with ${shown}: offered ${names}, it has ${available.join(", ")}; ` +
        `give one of these in the option serializers`,
      { url: shown },
    );
  }
  if (refused) {
    const why = "a WAMP router is there, but no WebSocket opened; does something between drop the upgrade?";
    return unreachable("connection_failed", url, why);
  }
  const text = await firstLine(answer);
  return noRouter(url, `it answers HTTP ${status}${text === "" ? "" : `, "${text}"`}`);
}

/** The first line of an answer, as far as its first piece comes in time and has it: whose server that is, and what it sends, is unknown. */
async function firstLine({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const piece = await reader?.read().catch(() => undefined);
  void reader?.cancel().catch(() => {});
  const [line = ""] = new TextDecoder().decode(piece?.value?.subarray(0, LONGEST_LINE), { stream: true }).split(
    "\n",
    1,
  );
  return line;
}

function classify(clues: string, url: string): Reason | undefined {
  const text = clues.replaceAll(url, "").replaceAll(url.replace(/^ws/i, "http"), "");
  return reasons.find(({ clue }) => clue.test(text));
}

/** The codes and messages of an error and of what caused it, the deepest first. */
function cluesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [];
  const deeper = [error.cause, ...errors].flatMap((cause) => cluesOf(cause, depth + 1));
  const code = "code" in error && typeof error.code === "string" && !error.message.includes(error.code)
    ? `${error.code} `
    : "";
  return [...deeper, `${code}${error.message}`];
}
