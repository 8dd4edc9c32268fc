import { historyTopics, historyTopicsRule } from "../router/event_history.ts";
import type { HistoryEvent, HistoryStore, HistoryTopic } from "../router/event_history.ts";
import { reportTo } from "../router/report_to.ts";
import { aboveZero, callable, checkOption, checkOptions } from "../wire/option_rules.ts";
import type { Dict } from "../wire/values.ts";
import { put, remove, storeRule } from "./store.ts";
import type { Store, StoreOperation } from "./store.ts";
import { recordToText } from "./store_text.ts";

/** How much is kept, and who is told of failures. */
export interface StoredHistoryOptions {
  /** How large the events of one topic may be together, in bytes; past that the oldest give way (default 64 MiB). */
  readonly bytes?: number;
  /** Told when events could not be kept (default nobody). */
  readonly onError?: (error: unknown) => void;
}

/** An event that is kept, without itself. */
interface Kept {
  readonly key: string;
  readonly size: number;
}

const COLLECTION = "history";
const DEFAULT_BYTES = 64 * 1024 * 1024;

/** Keeps the events of topics in a store, so that they outlive the router. */
class StoredHistory implements HistoryStore, AsyncDisposable {
  readonly #store: Store;
  readonly #bytes: number;
  readonly #onError: (error: unknown) => void;
  readonly #topics: Map<string, { readonly kept: Kept[]; bytes: number }> = new Map();
  #last = 0;
  #pending: StoreOperation[] = [];
  #writing: Promise<void> | undefined;

  constructor(store: Store, { bytes = DEFAULT_BYTES, onError }: StoredHistoryOptions) {
    this.#store = store;
    this.#bytes = bytes;
    this.#onError = reportTo(onError);
  }

  /** Learns what there is; what belongs to topics of which no history is kept any more is removed. */
  async load(topics: readonly Required<HistoryTopic>[]): Promise<void> {
    for (const topic of topics) this.#topics.set(prefixOf(topic), { kept: [], bytes: 0 });
    const stale: StoreOperation[] = [];
    for (const { key, value } of await this.#store.list(COLLECTION)) {
      const at = key.lastIndexOf(" ") + 1;
      const topic = this.#topics.get(key.slice(0, at));
      this.#last = Math.max(this.#last, Number(key.slice(at)));
      if (topic === undefined) {
        stale.push(remove(COLLECTION, key));
      } else {
        const size = Number(value["size"]);
        topic.kept.push({ key, size });
        topic.bytes += size;
      }
    }
    await this.#store.write(stale);
  }

  append(topic: Required<HistoryTopic>, event: HistoryEvent): void {
    const prefix = prefixOf(topic);
    const record = { ...event } as unknown as Dict;
    try {
      // Not every value that a serializer takes can be kept as text.
      recordToText(record);
    } catch (error) {
      return this.#onError(error);
    }
    let known = this.#topics.get(prefix);
    if (known === undefined) this.#topics.set(prefix, known = { kept: [], bytes: 0 });
    const key = prefix + String(++this.#last).padStart(16, "0");
    this.#pending.push(put(COLLECTION, key, record));
    known.kept.push({ key, size: event.size });
    known.bytes += event.size;
    while (known.kept.length > topic.limit || known.bytes > this.#bytes) {
      const oldest = known.kept.shift()!;
      known.bytes -= oldest.size;
      this.#pending.push(remove(COLLECTION, oldest.key));
    }
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  async events(topic: Required<HistoryTopic>): Promise<Iterable<HistoryEvent>> {
    await this.#writing;
    const entries = await this.#store.list(COLLECTION, prefixOf(topic));
    return entries.slice(-topic.limit).map(({ value }) => value as unknown as HistoryEvent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
  }

  /** What came in a turn goes to the store at once. */
  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const operations = this.#pending;
      this.#pending = [];
      await this.#store.write(operations).catch(this.#onError);
    }
    this.#writing = undefined;
  }
}

/**
 * Opens the history of events in a store; what is kept of topics that are not among these is removed.
 *
 * @param store The store.
 * @param topics The topics whose history is kept.
 * @param options How much is kept.
 * @returns Where a realm keeps its events; disposing of it waits for what is to be written, the store stays open.
 * @throws {WampError} `store_damaged` when what is there cannot be read, `invalid_argument` when an option or a topic is wrong, or one is named twice.
 */
export async function openStoredHistory(
  store: Store,
  topics: readonly HistoryTopic[],
  options: StoredHistoryOptions = {},
): Promise<HistoryStore & AsyncDisposable> {
  const cannot = "Cannot open a stored history";
  checkOption(cannot, "store", store, storeRule);
  checkOption(cannot, "topics", topics, historyTopicsRule);
  const rules = { bytes: aboveZero, onError: callable("(error) => void") };
  checkOptions(cannot, options, rules, "{ bytes: 1_000_000 }");
  const history = new StoredHistory(store, options);
  await history.load(historyTopics(topics));
  return history;
}

/** No topic has a blank in it. */
function prefixOf({ uri, match }: Required<HistoryTopic>): string {
  return `${match} ${uri} `;
}
