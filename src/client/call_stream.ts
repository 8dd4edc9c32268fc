import { WampError } from "../wire/errors.ts";
import type { Args } from "../wire/values.ts";
import { whenAborted } from "./aborting.ts";
import { checkDict } from "./arguments.ts";
import type { UriArgument, Usage } from "./arguments.ts";
import { checkSignal } from "./call_terms.ts";
import type { CallOptions } from "./call_terms.ts";
import { ReadBuffer } from "./read_buffer.ts";
import type { BufferOptions, Overflow } from "./read_buffer.ts";
import type { CallResult } from "./result.ts";

/** What can be said of a call whose results are read one by one; `timeout` is from one step to the next, in either direction. */
export interface StreamOptions extends CallOptions, BufferOptions {
  /** What happens to an interim result that comes while the buffer is full (default `"error"`: the call is cancelled). */
  readonly overflow?: Overflow | undefined;
}

/** Makes the call of a stream. */
export type StreamedCall = (options: CallOptions, progress: (step: CallResult) => void) => Promise<CallResult>;

/** The interim results of a call, to be read one by one; leaving the loop cancels the call. It is no promise: `result` is one. */
export class CallStream<Progress extends readonly unknown[] = Args, Results extends readonly unknown[] = Args>
  implements AsyncIterableIterator<CallResult<Progress>> {
  /** The last result. Rejects as `callResult` does; nobody has to listen. */
  readonly result: Promise<CallResult<Results>>;

  readonly #buffer: ReadBuffer<CallResult<Progress>>;
  readonly #cancel = new AbortController();
  #overflow: WampError | undefined;

  /**
   * @internal
   * @param uri The procedure, for error texts.
   * @param options What was said of the call.
   * @param call Makes the call.
   */
  constructor(uri: UriArgument, options: StreamOptions | undefined = {}, call: StreamedCall) {
    const usage: Usage = { method: "stream", uri: String(uri) };
    checkDict(options, usage);
    const { buffer, overflow = "error", signal, ...rest } = options;
    checkSignal(signal, usage);
    this.#buffer = new ReadBuffer(`interim results of "${uri}"`, { buffer, overflow });
    const abort = () => this.#cancel.abort(signal?.reason);
    if (signal?.aborted) abort();
    const unwatch = whenAborted(signal, abort);
    this.result = call({ ...rest, signal: this.#cancel.signal }, (step) => this.#receive(step)).then(
      (result) => {
        this.#buffer.end(undefined);
        return result as CallResult<readonly unknown[]> as CallResult<Results>;
      },
      (error) => {
        const cause = this.#overflow ?? error;
        this.#buffer.end(cause);
        throw cause;
      },
    ).finally(unwatch);
    this.result.catch(() => {});
  }

  /** How many interim results were dropped because the buffer was full. */
  get dropped(): number {
    return this.#buffer.dropped;
  }

  /** How many interim results wait to be read. */
  get buffered(): number {
    return this.#buffer.waiting;
  }

  /**
   * Reads an interim result, waiting for it if none has come.
   *
   * @returns It; the end, when the last result is there and everything before it was read.
   * @throws {WampError} Once, as `result` rejects.
   */
  next(): Promise<IteratorResult<CallResult<Progress>>> {
    return this.#buffer.next();
  }

  /** Cancels the call, if it still runs, and drops what was not read. */
  return(): Promise<IteratorResult<CallResult<Progress>>> {
    const ended = this.#buffer.return();
    this.#cancel.abort(new WampError("aborted", "Nobody reads the interim results any more"));
    return ended;
  }

  /** Reads this very stream: there is one position, however many loops. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Cancels the call, if it still runs, and drops what was not read. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #receive(step: CallResult): void {
    this.#overflow ??= this.#buffer.push(step as CallResult<readonly unknown[]> as CallResult<Progress>);
    if (this.#overflow !== undefined) this.#cancel.abort(this.#overflow);
  }
}
