import type { Frame } from "../codec/serializer.ts";
import type { Clock, Timer } from "../wire/clock.ts";
import { readAll, readStart, takeBody } from "./concat.ts";
import { Delivery } from "./delivery.ts";
import type { CloseInfo, PeerInfo, Transport, TransportHandler } from "./transport.ts";
import { runtime } from "./websocket_like.ts";

/** How soon, in milliseconds, an answer without messages may come before the next request waits as long. */
const HASTE = 500;
/** How many bytes of batches one request carries at most, unless a single batch is larger. */
const REQUEST_SIZE = 1024 * 1024;
const LONGEST_REASON = 200;

/** What a transport over HTTP requests is made with. */
export interface LongPollLink {
  /** What is known of the router. */
  readonly peer: PeerInfo;
  /** Makes a request to one of the session's addresses. */
  readonly post: (
    action: "receive" | "send" | "close",
    body: string | Uint8Array<ArrayBuffer> | undefined,
    signal: AbortSignal,
  ) => Promise<Response>;
  /** Whether messages are text. */
  readonly text: boolean;
  /** Whether frames are batches, which go together. */
  readonly batched: boolean;
  /** The largest answer in bytes that is taken. */
  readonly maxMessageSize: number;
  /** How many milliseconds the router has, at a close, to take what is queued. */
  readonly closeTimeout: number;
  /** How much a frame counts. */
  readonly sizeOf: (frame: Frame) => number;
  /** Where time comes from. */
  readonly clock: Clock;
}

/**
 * Frames over HTTP requests, the client's side: one request waits for messages, one at a time sends them.
 *
 * @see WAMP advanced profile, "HTTP Longpoll Transport"
 */
export class LongPollClientTransport implements Transport {
  readonly peer: PeerInfo;
  readonly #link: LongPollLink;
  readonly #delivery = new Delivery();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #requests = new AbortController();
  #queue: Frame[] = [];
  #queuedBytes = 0;
  #sending = false;
  #paused: PromiseWithResolvers<void> | undefined;
  #closing: Omit<CloseInfo, "local"> | undefined;
  #deadline: Timer | undefined;

  /** @param link The session that the router has opened. */
  constructor(link: LongPollLink) {
    this.#link = link;
    this.peer = link.peer;
    void this.#receive();
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  start(handler: TransportHandler): void {
    this.#delivery.start(handler);
  }

  turn(flush: () => void): void {
    if (!this.#link.batched) return flush();
    const { setImmediate } = runtime();
    if (setImmediate === undefined) queueMicrotask(flush);
    else setImmediate(flush);
  }

  write(frames: readonly Frame[]): void {
    if (this.#closing !== undefined || this.#delivery.ended) return;
    for (const frame of frames) {
      this.#queue.push(frame);
      this.#queuedBytes += this.#link.sizeOf(frame);
    }
    void this.#send();
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  close(code?: number, reason = ""): void {
    if (this.#closing !== undefined || this.#delivery.ended) return;
    this.#closing = { reason, ...code !== undefined && { code } };
    const { clock, closeTimeout } = this.#link;
    this.#deadline = clock.timer(closeTimeout, () => this.#end(true), { background: true });
    void this.#send();
  }

  terminate(): void {
    if (this.#delivery.ended) return;
    this.#closing ??= { reason: "terminated" };
    this.#sayCloseInTime();
    this.#end(true);
  }

  async #receive(): Promise<void> {
    const { post, maxMessageSize, clock } = this.#link;
    const { signal } = this.#requests;
    try {
      while (!signal.aborted) {
        await this.#paused?.promise;
        const asked = clock.now();
        const response = await post("receive", undefined, signal);
        if (!response.ok) return this.#lose(await this.#reasonOf(response, "receive"), response.status);
        const body = response.status === 204 ? new Uint8Array(0) : await readAll(response.body, maxMessageSize);
        if (body === undefined) return this.#lose(`an answer has more than ${maxMessageSize} bytes`);
        if (body.length > 0) this.#delivery.frame(this.#link.text ? this.#decoder.decode(body) : body);
        else if (clock.now() - asked < HASTE) await this.#pass(HASTE);
      }
    } catch (error) {
      this.#lose(messageOf(error));
    }
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    const { signal } = this.#requests;
    try {
      while (this.#queue.length > 0 && !signal.aborted) {
        const { body, bytes } = takeBody(this.#queue, this.#link, REQUEST_SIZE);
        const response = await this.#link.post("send", body as string | Uint8Array<ArrayBuffer>, signal);
        if (!response.ok) return this.#lose(await this.#reasonOf(response, "send"), response.status);
        await response.body?.cancel();
        this.#queuedBytes -= bytes;
        this.#delivery.drained();
      }
      if (this.#closing === undefined || signal.aborted) return;
      await this.#sayClose(signal);
      this.#end(true);
    } catch (error) {
      this.#lose(messageOf(error));
    } finally {
      this.#sending = false;
    }
  }

  // Nothing comes of a close that cannot be said: the router ends the session by itself.
  #sayClose(signal: AbortSignal): Promise<unknown> {
    return this.#link.post("close", undefined, signal).then((response) => response.body?.cancel()).catch(() => {});
  }

  /** A request that nobody answers would keep the process. */
  #sayCloseInTime(): void {
    const { clock, closeTimeout } = this.#link;
    const controller = new AbortController();
    const timer = clock.timer(closeTimeout, () => controller.abort(), { background: true });
    void this.#sayClose(controller.signal).then(() => timer.cancel());
  }

  /** What an answer says of its status, as far as it is there soon and short: it need not end. */
  async #reasonOf({ status, body }: Response, action: string): Promise<string> {
    const said = readStart(body, LONGEST_REASON).then(({ start }) => new TextDecoder().decode(start), () => "");
    const text = (await Promise.race([said, this.#pass(HASTE)]) ?? "").trim();
    return text === "" || status !== 410 ? `${action} was answered with ${status} ${text}`.trim() : text;
  }

  #pass(milliseconds: number): Promise<undefined> {
    return new Promise((resolve) => {
      const { signal } = this.#requests;
      const passed = () => {
        timer.cancel();
        signal.removeEventListener("abort", passed);
        resolve(undefined);
      };
      const timer = this.#link.clock.timer(milliseconds, passed, { background: true });
      signal.addEventListener("abort", passed);
    });
  }

  #lose(reason: string, status?: number): void {
    if (this.#delivery.ended) return;
    const expected = this.#closing !== undefined;
    // The router may well be there, and would keep the session for a while.
    if (status !== 404 && status !== 410) this.#sayCloseInTime();
    this.#closing ??= { reason };
    this.#end(expected);
  }

  #end(local: boolean): void {
    if (this.#delivery.ended) return;
    this.#deadline?.cancel();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#delivery.end({ local, ...this.#closing ?? { reason: "" } });
    this.#requests.abort();
    this.resume();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
