import type { WampValue } from "../wire/values.ts";
import type { NexusCall } from "./nexus_call.ts";

/** A value that a user has put away. */
export interface MetadataRecord<Value = WampValue> {
  /** The record's id. */
  readonly uuid: string;
  /** The value; with `yaml`, its text. */
  readonly value: Value;
  /** The id of the user's record; not there with `yaml`. */
  readonly owner?: string;
}

/** In which form values go over the wire. */
export interface MetadataOptions {
  /** Whether a value is given and answered as YAML text, which Nexus reads and writes (default false). */
  readonly yaml?: boolean | undefined;
}

/** The same, as YAML text. */
export interface AsYaml extends MetadataOptions {
  readonly yaml: true;
}

/** Values that the session's user puts away under keys of his own. */
export class Metadata {
  readonly #call: NexusCall;

  /** @param call The way to Nexus. */
  constructor(call: NexusCall) {
    this.#call = call;
  }

  /**
   * Reads a value.
   *
   * @param key Its key.
   * @returns The value; null when there is none.
   */
  get(key: string, options: AsYaml): Promise<string | null>;
  get<Value = WampValue>(key: string, options?: MetadataOptions): Promise<Value | null>;
  get(key: string, options?: MetadataOptions): Promise<WampValue> {
    return this.#call("my.metadata.get", [key], { ...options });
  }

  /**
   * Puts a value away, in place of the one that was there.
   *
   * @param key Its key.
   * @param value The value; with `yaml`, a YAML text.
   * @returns What is kept; with `yaml`, as Nexus writes it.
   * @throws {RemoteError} `com.izaber.wamp.error` when the text is not YAML.
   */
  set(key: string, value: string, options: AsYaml): Promise<string>;
  set<Value = WampValue>(key: string, value: Value, options?: MetadataOptions): Promise<Value>;
  set(key: string, value: unknown, options?: MetadataOptions): Promise<WampValue> {
    return this.#call("my.metadata.set", [key, value], { ...options });
  }

  /**
   * Lists everything that the user has put away.
   *
   * @returns The records by their keys.
   */
  list(options: AsYaml): Promise<Readonly<Record<string, MetadataRecord<string>>>>;
  list(options?: MetadataOptions): Promise<Readonly<Record<string, MetadataRecord>>>;
  list(options?: MetadataOptions): Promise<Readonly<Record<string, MetadataRecord>>> {
    return this.#call("my.metadata.list", [], { ...options });
  }

  /**
   * Removes a value; harmless when there is none.
   *
   * @param key Its key.
   */
  async delete(key: string): Promise<void> {
    await this.#call("my.metadata.delete", [key]);
  }
}
