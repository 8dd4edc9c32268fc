import { bytesOfHex } from "../../src/codec/hex.ts";
import { WASM_HEX } from "../../src/codec/wasm_bytes.ts";

/** The core's module: compiled here, or given by the runtime where, as in a request to workerd, nothing may be compiled. */
export function codecWasmModule(): WebAssembly.Module {
  const given = (globalThis as { codecWasm?: WebAssembly.Module }).codecWasm;
  return given ?? new WebAssembly.Module(bytesOfHex(WASM_HEX));
}

/** The core's module, once, or not at all where the runtime has no WASM. */
export function compiledCore(): WebAssembly.Module[] {
  try {
    return [codecWasmModule()];
  } catch {
    return [];
  }
}
