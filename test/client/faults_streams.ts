import type { CallStream, Client } from "../../mod.ts";

/** A signal that knows how many listen to it. */
function countedSignal(listening: (change: number) => void): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  const listeners = new Set<unknown>();
  add("abort", () => {
    // Once it is aborted, nobody has to take off what listened.
    listening(-listeners.size);
    listeners.clear();
  });
  signal.addEventListener = (...[type, listener, options]: Parameters<typeof add>) => {
    if (!listeners.has(listener)) listening(1);
    listeners.add(listener);
    add(type, listener, options);
  };
  signal.removeEventListener = (...[type, listener, options]: Parameters<typeof remove>) => {
    if (listeners.delete(listener)) listening(-1);
    remove(type, listener, options);
  };
  return controller;
}

/** Calls of a history whose arguments and results come step by step, and loops over events. */
export class FaultStreams {
  /** What came that was not to come. */
  readonly wrong: string[] = [];
  readonly #gate: () => Promise<void>;
  readonly #watch: (promise: Promise<unknown>) => void;
  #generators = 0;
  #listeners = 0;
  #controller: AbortController = this.#newController();

  /**
   * @param gate Resolves when a step lets it.
   * @param watch Counts how often a promise settles.
   */
  constructor(gate: () => Promise<void>, watch: (promise: Promise<unknown>) => void) {
    this.#gate = gate;
    this.#watch = watch;
  }

  /** Ends a call by {@linkcode giveUp}. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Serves what answers each part with itself. */
  async serve(client: Client, uri: string): Promise<void> {
    await client.register(uri, async function* (_args, _kwargs, call) {
      for await (const { args } of call.input) yield args[0];
    });
  }

  /** Sends parts and reads what comes of them; every third reader leaves early. */
  stream(client: Client, uri: string, token: number): void {
    const options = { signal: this.signal, ...(token % 2 === 0 ? { timeout: 4_000 } : {}) };
    const stream = client.stream(uri, this.#parts(token), {}, options);
    this.#watch(stream.result);
    this.#watch(this.#read(stream, token));
  }

  /** Listens to a topic with a loop that ends after three events. */
  loop(client: Client, uri: string): void {
    const events = client.events(uri, { buffer: 2 });
    const read = async () => {
      let left = 3;
      for await (const _ of events) if (--left === 0) break;
    };
    this.#watch(read());
    this.#watch(events.ready);
  }

  /** Gives up every call that has the signal. */
  giveUp(): void {
    this.#controller.abort(new Error("given up"));
    this.#controller = this.#newController();
  }

  /** What is left when everything has ended. */
  left(): string[] {
    const left: string[] = [];
    if (this.#generators > 0) left.push(`${this.#generators} sources of arguments were not ended`);
    if (this.#listeners > 0) left.push(`${this.#listeners} listeners of signals left`);
    return left;
  }

  #newController(): AbortController {
    return countedSignal((change) => this.#listeners += change);
  }

  async *#parts(token: number): AsyncGenerator<[string]> {
    this.#generators += 1;
    try {
      yield [`${token}.0`];
      for (let part = 1; part < 4; part++) {
        await this.#gate();
        yield [`${token}.${part}`];
      }
    } finally {
      this.#generators -= 1;
    }
  }

  async #read(stream: CallStream, token: number): Promise<void> {
    let part = 0;
    for await (const { args: [value] } of stream) {
      if (value !== `${token}.${part}`) this.wrong.push(`stream ${token}: ${value} instead of part ${part}`);
      if (++part === 2 && token % 3 === 0) break;
    }
  }
}
