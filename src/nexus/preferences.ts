import type { WampValue } from "../wire/values.ts";
import type { NexusCall } from "./nexus_call.ts";

/** The user's preferences: the values of {@linkcode Metadata} by the names under which older programs have them. */
export class Preferences {
  readonly #call: NexusCall;

  /** @param call The way to Nexus. */
  constructor(call: NexusCall) {
    this.#call = call;
  }

  /**
   * Reads a preference.
   *
   * @param key Its key.
   * @returns The value; null when there is none.
   */
  get<Value = WampValue>(key: string): Promise<Value | null> {
    return this.#call("system.preference.get", [key]);
  }

  /**
   * Sets a preference.
   *
   * @param key Its key.
   * @param value The value.
   * @returns What is kept.
   */
  set<Value = WampValue>(key: string, value: Value): Promise<Value> {
    return this.#call("system.preference.set", [key, value]);
  }
}
