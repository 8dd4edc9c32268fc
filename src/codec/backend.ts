import { WampError } from "../wire/errors.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import { bytesOfHex } from "./hex.ts";
import type { CodecBackend, CodecCore } from "./core.ts";
import type { Head } from "./head.ts";
import { WASM_HEX } from "./wasm_bytes.ts";
import { WasmCore } from "./wasm_core.ts";
import { WasmMemory } from "./wasm_memory.ts";
import { WasmUris } from "./wasm_routing.ts";

/** What decides which half of the codec reads MessagePack and CBOR. */
export interface BackendOptions {
  /** The half (default {@linkcode codecBackend}); `"wasm"` is TypeScript, too, where the runtime refuses WASM. */
  readonly backend?: CodecBackend;
  /** The WASM core, compiled from `codec.wasm` of this package by the runtime or a bundler, for runtimes that refuse to compile bytes. */
  readonly module?: WebAssembly.Module;
}

/** The instance of the WASM core that all share who ask for no other; undefined where the runtime refuses WASM. */
export const ownMemory: WasmMemory | undefined = /* @__PURE__ */ startCore();

// Nothing but this works on every runtime: workerd compiles bytes only while modules are evaluated, and refuses to wait for a promise then;
// a check beforehand tells nothing. Page policies, Hermes and Safari's lockdown refuse WASM altogether.
function startCore(): WasmMemory | undefined {
  try {
    return new WasmMemory(new WebAssembly.Module(bytesOfHex(WASM_HEX)));
  } catch {
    return undefined;
  }
}

const ownUris: WasmUris | undefined = /* @__PURE__ */ startUris();

function startUris(): WasmUris | undefined {
  return ownMemory === undefined ? undefined : new WasmUris(ownMemory);
}

/** Which half of the codec reads MessagePack and CBOR by default: TypeScript where the runtime refuses WASM. */
export const codecBackend: CodecBackend = ownMemory === undefined ? "typescript" : "wasm";

/**
 * Gives the instance of the WASM core that options ask for.
 *
 * @param options The options.
 * @returns The instance; undefined where TypeScript reads.
 * @throws {WampError} `invalid_argument` when the module is not the WASM core of this version.
 */
export function memoryOf(options: BackendOptions): WasmMemory | undefined {
  const { backend, module } = options;
  if (backend === "typescript") return undefined;
  if (module === undefined) return ownMemory;
  try {
    return new WasmMemory(module);
  } catch (cause) {
    const message = "Cannot use the module as the codec's core: hand in codec.wasm of this very version of the package";
    throw new WampError("invalid_argument", message, { cause });
  }
}

/**
 * Gives the half of the codec that reads.
 *
 * @param memory The instance of the WASM core; without it, TypeScript reads.
 * @param twin The TypeScript half.
 * @param maxDepth Its limit of depth.
 * @returns The core.
 */
export function coreOf(memory: WasmMemory | undefined, twin: CodecCore, maxDepth: number): CodecCore {
  return memory === undefined ? twin : new WasmCore(memory, twin, maxDepth);
}

/**
 * Makes scans find a URI or pattern that somebody registers or subscribes to by its bytes; to be forgotten as often as it is noted.
 *
 * There is room for 131,072. A URI that is not noted is decoded, a pattern that is not noted is for its table to match.
 *
 * @param uri The URI or pattern.
 * @param match How it matches (default `exact`).
 * @returns Its slot, by which {@linkcode notedSlot} and {@linkcode matchedPatterns} tell of it; 0 when it was not noted.
 */
export function noteUri(uri: string, match: MatchPolicy = "exact"): number {
  return ownUris?.add(uri, match) ?? 0;
}

/**
 * Forgets a URI or pattern that has been noted.
 *
 * @param uri The URI or pattern.
 * @param match How it matches.
 */
export function forgetUri(uri: string, match: MatchPolicy): void {
  ownUris?.remove(uri, match);
}

/**
 * Tells which slot a URI or pattern has.
 *
 * @param uri The URI or pattern.
 * @param match How it matches.
 * @returns The slot, as {@linkcode noteUri} gave it; 0 when nobody has noted it.
 */
export function slotOf(uri: string, match: MatchPolicy): number {
  return ownUris?.slotOf(uri, match) ?? 0;
}

/**
 * Tells which slot the URI of a message has.
 *
 * @param head What was scanned.
 * @returns The slot, as {@linkcode noteUri} gave it; 0 when the core does not know the URI, or slots may have changed since.
 */
export function notedSlot(head: Head): number {
  return head.version === ownUris?.version ? head.uriSlot : 0;
}

/**
 * Tells which of the patterns that are noted match the URI of a CALL or PUBLISH, whoever noted them.
 *
 * @param head What was scanned.
 * @returns One `Pattern` each; undefined when the core does not know, or did not know all that are noted by now.
 */
export function matchedPatterns(head: Head): readonly number[] | undefined {
  return head.version === ownUris?.version ? head.patterns : undefined;
}
