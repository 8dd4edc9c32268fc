import { json } from "../codec/json.ts";
import { parseYaml } from "../izaber/yaml.ts";
import { stringifyYaml } from "../izaber/yaml_text.ts";
import { WampError } from "../wire/errors.ts";
import type { WampValue } from "../wire/values.ts";
import { ServiceError, shown } from "./service_error.ts";

/** The original keeps each value in a file named after its key, whose name can have no more bytes. */
const MAX_KEY_BYTES = 250;

/**
 * Reads the key of a value.
 *
 * @param key What was sent.
 * @returns The key.
 * @throws {ServiceError} When it is no text, empty or too long.
 */
export function checkedKey(key: WampValue): string {
  if (typeof key !== "string" || key === "") {
    throw new ServiceError(`a metadata key has to be a text that is not empty, not ${shown(key)}`);
  }
  const bytes = new TextEncoder().encode(key).length;
  if (bytes > MAX_KEY_BYTES || !key.isWellFormed()) {
    throw new ServiceError(
      `a metadata key may have ${MAX_KEY_BYTES} bytes of well-formed Unicode, this one has ${bytes}`,
    );
  }
  return key;
}

/**
 * Writes a value as YAML.
 *
 * @param value The value.
 * @returns The text.
 * @throws {ServiceError} When YAML has no form for it.
 */
export function toYaml(value: WampValue): string {
  return served(() => stringifyYaml(value));
}

/**
 * Writes a value that is listed with others as YAML: one of which YAML has no form, as bytes, becomes JSON, so that it does not keep the others from being told.
 *
 * @param value The value.
 * @returns The text.
 */
export function toListedYaml(value: WampValue): string {
  try {
    return toYaml(value);
  } catch (error) {
    if (error instanceof ServiceError) return json.encodeValue(value).data as string;
    throw error;
  }
}

/**
 * Reads a value from YAML.
 *
 * @param text The text.
 * @returns The value.
 * @throws {ServiceError} When it is no YAML.
 */
export function fromYaml(text: WampValue): WampValue {
  if (typeof text !== "string") throw new ServiceError("with yaml the value has to be a text in YAML");
  return served(() => parseYaml(text, "value"));
}

/** Runs what may refuse a value, and says so to the caller. */
function served<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof WampError) throw new ServiceError(`${error.message}; or leave out yaml`);
    throw error;
  }
}
