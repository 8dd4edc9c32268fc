import codecWasm from "../../codec-wasm/codec.wasm";

// Hands the module on to test/support/wasm_module.ts: only workerd imports such a file as a module to be instantiated.
(globalThis as { codecWasm?: WebAssembly.Module }).codecWasm = codecWasm;
