declare module "*.wasm" {
  /** What workerd makes of an imported file. */
  const module: WebAssembly.Module;
  export default module;
}
