import { WampError } from "../wire/errors.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import type { WampValue } from "../wire/values.ts";
import { given } from "./nexus_call.ts";
import type { NexusCall } from "./nexus_call.ts";

/** What is said of a URI that is to be registered. */
export interface UriDocument {
  /** How the registration matches (default `"exact"`); each match is documented by itself. */
  readonly match?: MatchPolicy | undefined;
  /** What the procedure does. */
  readonly description?: string | undefined;
  /** Whom to ask about it. */
  readonly contact?: string | undefined;
}

/** The documentation of procedures. Where a permission marks `register` with `!`, a URI needs description and contact before it can be registered. */
export class Documents {
  readonly #call: NexusCall;

  /** @param call The way to Nexus. */
  constructor(call: NexusCall) {
    this.#call = call;
  }

  /**
   * Documents a URI; what is left out stays as it was.
   *
   * @param uri The URI, complete.
   * @param document What is to be said of it.
   * @throws {WampError} `refused` when the role may not register the URI.
   */
  async set(uri: string, document: UriDocument): Promise<void> {
    if (await this.#call("system.document.set", ["register", uri, given(document)]) === true) return;
    throw new WampError(
      "refused",
      `Nexus did not take the documentation of "${uri}": only who may register a URI may document it`,
    );
  }

  /**
   * Reads what is said of a URI. Releases up to 3.0 know the procedure and answer nothing.
   *
   * @param uri The URI, complete.
   * @param match How the registration matches (default `"exact"`).
   * @returns What Nexus answers; null for nothing.
   */
  get(uri: string, match: MatchPolicy = "exact"): Promise<WampValue> {
    return this.#call("system.document.get", [match, uri]);
  }
}
