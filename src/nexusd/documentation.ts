import type { PermissionAction } from "./permission_language.ts";
import type { Store } from "./store.ts";

const COLLECTION = "uris";

/** What is known of URIs: who answers for them and what they are for. */
export class Documentation {
  readonly #store: Store;

  /** @param store Where it is kept. */
  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Tells whether a URI is documented.
   *
   * @param uri The URI.
   * @param match How it matches.
   * @param action What it is used for.
   * @returns Whether there is a description and somebody to turn to.
   */
  async has(uri: string, match: string, action: PermissionAction): Promise<boolean> {
    const record = await this.#store.get(COLLECTION, `${uri}_${match}_${action}`);
    return isText(record?.["description"]) && isText(record?.["contact"]);
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
