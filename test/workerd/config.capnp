# A worker whose module is evaluated by workerd itself. Under vitest modules are loaded inside of a request, where other rules hold.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [
  (name = "current", worker = (
    compatibilityDate = "2026-10-01",
    modules = [(name = "worker.js", esModule = embed "worker.js")],
  )),
  # Before 2025-06-01 a module may not compile code while it is evaluated.
  (name = "older", worker = (
    compatibilityDate = "2025-05-31",
    modules = [(name = "worker.js", esModule = embed "worker.js")],
  )),
]);
